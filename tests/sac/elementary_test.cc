// SPDX-License-Identifier: Apache-2.0
// The float functions against <cmath> in double, over floats of every size.
#include "sac/fused/elementary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>

namespace softfleet::fused {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// |got - exact| in units of the last place that a float has at `exact`.
double Ulps(float got, double exact) {
  const float rounded = static_cast<float>(exact);
  if (got == rounded) return 0;
  if (std::isinf(rounded) || std::isinf(got)) {
    // Beside the border of overflow either is right.
    return std::abs(exact) > 3.4028230e38 && std::abs(exact) < 3.4028243e38
               ? 1
               : 1e9;
  }
  int exponent;
  std::frexp(exact, &exponent);
  return std::abs(got - exact) / std::ldexp(1.0, std::max(exponent, -125) - 24);
}

// Every kStep-th float, of both signs, where `wanted`.
template <typename Got, typename Exact, typename Wanted>
void ExpectWithin(double most, Got got, Exact exact, Wanted wanted) {
  constexpr uint64_t kStep = 1009;
  double worst = 0;
  float worst_at = 0;
  for (uint64_t bits = 0; bits < (uint64_t{1} << 32); bits += kStep) {
    const float x = FromBits(static_cast<uint32_t>(bits));
    if (std::isnan(x) || !wanted(x)) continue;
    const double ulps = Ulps(got(x), exact(static_cast<double>(x)));
    if (!(ulps <= worst)) worst = ulps, worst_at = x;
  }
  EXPECT_LE(worst, most) << "at " << worst_at << ": " << got(worst_at)
                         << " instead of "
                         << exact(static_cast<double>(worst_at));
  std::printf("worst: %.3f units in the last place, at %.9g\n", worst,
              worst_at);
}

bool Any(float) { return true; }

TEST(ElementaryTest, ExpIsWithinTwoUlps) {
  ExpectWithin(
      2, [](float x) { return Exp(x); }, [](double x) { return std::exp(x); },
      Any);
}

TEST(ElementaryTest, Expm1IsWithinTwoUlps) {
  ExpectWithin(
      2, [](float x) { return Expm1(x); },
      [](double x) { return std::expm1(x); }, Any);
}

TEST(ElementaryTest, Log1pIsWithinTwoUlps) {
  ExpectWithin(
      2, [](float x) { return Log1p(x); },
      [](double x) { return std::log1p(x); }, [](float x) { return x > -1; });
}

TEST(ElementaryTest, TanhIsWithinTwoAndAHalfUlps) {
  ExpectWithin(
      2.5, [](float x) { return Tanh(x); },
      [](double x) { return std::tanh(x); }, Any);
}

TEST(ElementaryTest, EndsOfTheRangeAreThoseOfTheStandardLibrary) {
  EXPECT_EQ(Exp(0.f), 1);
  EXPECT_EQ(Exp(-kInfinity), 0);
  EXPECT_EQ(Exp(kInfinity), kInfinity);
  EXPECT_EQ(Exp(1000.f), kInfinity);
  EXPECT_EQ(Exp(-1000.f), 0);
  EXPECT_EQ(Expm1(0.f), 0);
  EXPECT_EQ(Expm1(-kInfinity), -1);
  EXPECT_EQ(Expm1(kInfinity), kInfinity);
  EXPECT_EQ(Log1p(0.f), 0);
  EXPECT_EQ(Log1p(-1.f), -kInfinity);
  EXPECT_EQ(Log1p(kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(Log1p(-1.5f)));
  EXPECT_EQ(Tanh(kInfinity), 1);
  EXPECT_EQ(Tanh(-kInfinity), -1);
  EXPECT_TRUE(std::signbit(Tanh(-0.f)));
  for (const float y : {Exp(kNan), Expm1(kNan), Log1p(kNan), Tanh(kNan)}) {
    EXPECT_TRUE(std::isnan(y));
  }
}

}  // namespace
}  // namespace softfleet::fused
