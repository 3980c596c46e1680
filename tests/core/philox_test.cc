// SPDX-License-Identifier: Apache-2.0
#include "core/philox.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "core/normal_pair.h"

namespace softfleet {
namespace {

using Block = std::array<uint32_t, 4>;

constexpr uint64_t kSeed = 20240711;
// Statistics may miss their expectation by this many standard errors. Seeds
// are fixed: a test that passes once passes always.
constexpr double kStandardErrors = 4;

// Pearson's statistic of counts that should all be equal, in standard
// deviations above its expectation.
double ChiSquareScore(const std::vector<int64_t>& counts) {
  double total = 0;
  for (const int64_t count : counts) total += static_cast<double>(count);
  const double expected = total / static_cast<double>(counts.size());
  double statistic = 0;
  for (const int64_t count : counts) {
    const double difference = static_cast<double>(count) - expected;
    statistic += difference * difference / expected;
  }
  const double freedom = static_cast<double>(counts.size() - 1);
  return (statistic - freedom) / std::sqrt(2 * freedom);
}

// Counts `draws` calls of `draw`, which gives a bin below `bins`.
std::vector<int64_t> Count(int bins, int draws,
                           const std::function<int()>& draw) {
  std::vector<int64_t> counts(bins);
  for (int i = 0; i < draws; ++i) ++counts[draw()];
  return counts;
}

double NormalCdf(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }

// Bounds on the first four moments of standard normals; their variances are
// 1, 2, 15 and 96 over n.
void ExpectNormalMoments(const std::vector<double>& values) {
  const double n = static_cast<double>(values.size());
  const double expected[] = {0, 1, 0, 3};
  const double variance[] = {1, 2, 15, 96};
  for (int power = 1; power <= 4; ++power) {
    double sum = 0;
    for (const double value : values) sum += std::pow(value, power);
    EXPECT_NEAR(sum / n, expected[power - 1],
                kStandardErrors * std::sqrt(variance[power - 1] / n))
        << "moment " << power;
  }
}

// Random123 tests/kat_vectors, philox4x32 with 10 rounds.
TEST(PhiloxTest, TheKnownAnswersOfRandom123ComeOut) {
  EXPECT_EQ(Philox4x32({0, 0, 0, 0}, {0, 0}),
            (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const uint32_t f = 0xffffffff;
  EXPECT_EQ(Philox4x32({f, f, f, f}, {f, f}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                       {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(PhiloxTest, AStreamIsTheBlocksOfItsCounter) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 1000; ++i) {
    const uint64_t seed = random();
    const uint64_t step = random() >> 16;
    const uint32_t index = static_cast<uint32_t>(random());
    Philox stream(seed, Purpose::kReplayDraw, index, step);
    for (uint32_t block = 0; block < 3; ++block) {
      const Block expected =
          Philox4x32({block, static_cast<uint32_t>(step & 0xffffffff),
                      static_cast<uint32_t>((step >> 32) * 65536 + 4), index},
                     {static_cast<uint32_t>(seed & 0xffffffff),
                      static_cast<uint32_t>(seed >> 32)});
      for (const uint32_t word : expected) ASSERT_EQ(stream.NextU32(), word);
    }
  }
}

TEST(PhiloxTest, SixtyFourBitsAreTwoNumbersLowWordFirst) {
  Philox words(kSeed, Purpose::kTest), pairs(kSeed, Purpose::kTest);
  for (int i = 0; i < 10; ++i) {
    const uint64_t low = words.NextU32();
    const uint64_t high = words.NextU32();
    EXPECT_EQ(pairs.NextU64(), low + (high << 32));
  }
}

TEST(PhiloxTest, StreamsThatDifferInAnyPartDiffer) {
  const uint64_t far = uint64_t{1} << 32;
  std::set<std::tuple<uint32_t, uint32_t, uint32_t, uint32_t>> first;
  int streams = 0;
  for (const uint64_t seed : {uint64_t{0}, uint64_t{1}, far}) {
    for (int purpose = 1; purpose <= 14; ++purpose) {
      for (const uint32_t index : {0u, 1u, 2u, 65536u, 0xffffffffu}) {
        for (const uint64_t step : {uint64_t{0}, uint64_t{1}, uint64_t{65536},
                                    far, 2 * far, (far << 16) - 1}) {
          Philox stream(seed, static_cast<Purpose>(purpose), index, step);
          first.insert({stream.NextU32(), stream.NextU32(), stream.NextU32(),
                        stream.NextU32()});
          ++streams;
        }
      }
    }
  }
  EXPECT_EQ(first.size(), static_cast<size_t>(streams));
}

TEST(PhiloxTest, NeighbouringStreamsAreUncorrelated) {
  constexpr int kDraws = 200'000;
  const std::vector<std::pair<uint32_t, uint64_t>> neighbours = {
      {1, 0}, {0, 1}, {1, 1}};
  for (const auto& [index, step] : neighbours) {
    std::vector<float> a(kDraws), b(kDraws);
    FillNormal(kSeed, Purpose::kTest, 0, 0, a);
    FillNormal(kSeed, Purpose::kTest, index, step, b);
    double sum = 0;
    for (int i = 0; i < kDraws; ++i) sum += a[i] * b[i];
    EXPECT_NEAR(sum / kDraws, 0, kStandardErrors / std::sqrt(kDraws));
  }
}

TEST(PhiloxTest, UniformsAreUniform) {
  constexpr int kDraws = 1'000'000;
  constexpr int kBins = 1000;
  Philox doubles(kSeed, Purpose::kTest, 1), floats(kSeed, Purpose::kTest, 2);
  const auto bin = [](double u) { return static_cast<int>(u * kBins); };
  EXPECT_LT(ChiSquareScore(Count(kBins, kDraws,
                                 [&] { return bin(doubles.NextUniform()); })),
            kStandardErrors);
  EXPECT_LT(ChiSquareScore(Count(
                kBins, kDraws, [&] { return bin(floats.NextUniformFloat()); })),
            kStandardErrors);
}

TEST(PhiloxTest, UniformsHaveMeanAHalfAndVarianceATwelfth) {
  constexpr int kDraws = 1'000'000;
  Philox stream(kSeed, Purpose::kTest, 3);
  double sum = 0, squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double centred = stream.NextUniform() - 0.5;
    sum += centred;
    squares += centred * centred;
  }
  EXPECT_NEAR(sum / kDraws, 0, kStandardErrors * std::sqrt(1 / 12. / kDraws));
  EXPECT_NEAR(squares / kDraws, 1 / 12.,
              kStandardErrors * std::sqrt(1 / 180. / kDraws));
}

TEST(PhiloxTest, UniformsAreMultiplesOfTheirResolutionBelowOne) {
  Philox stream(kSeed, Purpose::kTest, 4);
  for (int i = 0; i < 100'000; ++i) {
    const double u = std::ldexp(stream.NextUniform(), 53);
    const float v = std::ldexp(stream.NextUniformFloat(), 24);
    ASSERT_EQ(u, std::floor(u));
    ASSERT_EQ(v, std::floor(v));
    ASSERT_GE(u, 0);
    ASSERT_GE(v, 0);
    ASSERT_LT(u, 0x1p53);
    ASSERT_LT(v, 0x1p24f);
  }
}

TEST(PhiloxTest, NormalsHaveTheMomentsOfANormal) {
  std::vector<double> values(1'000'000);
  Philox stream(kSeed, Purpose::kTest, 5);
  for (double& value : values) value = stream.NextNormal();
  ExpectNormalMoments(values);
}

TEST(PhiloxTest, NormalsFollowTheNormalDistribution) {
  constexpr int kBins = 200;
  Philox stream(kSeed, Purpose::kTest, 6);
  const auto counts = Count(kBins, 1'000'000, [&] {
    const double u = NormalCdf(stream.NextNormal());
    return std::min(static_cast<int>(u * kBins), kBins - 1);
  });
  EXPECT_LT(ChiSquareScore(counts), kStandardErrors);
}

TEST(PhiloxTest, ANormalAndItsTwinAreUncorrelated) {
  constexpr int kPairs = 500'000;
  Philox stream(kSeed, Purpose::kTest, 7);
  double products = 0, squares = 0;
  for (int i = 0; i < kPairs; ++i) {
    const double a = stream.NextNormal(), b = stream.NextNormal();
    products += a * b;
    squares += (a * a - 1) * (b * b - 1);
  }
  EXPECT_NEAR(products / kPairs, 0, kStandardErrors * std::sqrt(1. / kPairs));
  EXPECT_NEAR(squares / kPairs, 0, kStandardErrors * std::sqrt(4. / kPairs));
}

TEST(PhiloxTest, NumbersBelowNAreUniform) {
  for (const int n : {2, 3, 6, 7, 100, 1000}) {
    Philox stream(kSeed, Purpose::kTest, static_cast<uint32_t>(n));
    const auto counts = Count(n, 500'000, [&] {
      const uint64_t value = stream.NextBelow(static_cast<uint64_t>(n));
      EXPECT_LT(value, static_cast<uint64_t>(n));
      return static_cast<int>(value);
    });
    EXPECT_LT(ChiSquareScore(counts), kStandardErrors) << n;
  }
}

TEST(PhiloxTest, OnlyZeroIsBelowOne) {
  Philox stream(kSeed, Purpose::kTest);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(stream.NextBelow(1), 0u);
}

// At n = 3/4 of 2^64 multiply-and-shift alone gives every third value twice
// as often as the others.
TEST(PhiloxTest, NumbersBelowAHugeNHaveNoBias) {
  const uint64_t n = uint64_t{3} << 62;
  Philox stream(kSeed, Purpose::kTest, 8);
  const auto counts = Count(3, 300'000, [&] {
    const uint64_t value = stream.NextBelow(n);
    EXPECT_LT(value, n);
    return static_cast<int>(value % 3);
  });
  EXPECT_LT(ChiSquareScore(counts), kStandardErrors);
}

TEST(PhiloxTest, FillingGivesTheStreamsNumbersRoundedToFloat) {
  // Whole vectors of numbers, and what is left over.
  for (const size_t size : {0u, 1u, 2u, 3u, 4u, 5u, 63u, 64u, 65u, 4099u}) {
    std::vector<float> normals(size), uniforms(size);
    FillNormal(kSeed, Purpose::kUpdateNoise, 3, 9, normals);
    FillUniform(kSeed, Purpose::kUpdateNoise, 3, 9, uniforms);
    Philox a(kSeed, Purpose::kUpdateNoise, 3, 9);
    Philox b(kSeed, Purpose::kUpdateNoise, 3, 9);
    for (size_t i = 0; i < size; ++i) {
      ASSERT_EQ(normals[i], static_cast<float>(a.NextNormal()));
      ASSERT_EQ(uniforms[i], b.NextUniformFloat());
    }
  }
}

TEST(PhiloxTest, NormalPairsAreBoxMullerAtTheEdgesOfTheirArguments) {
  constexpr uint32_t kQuarter = 1U << 30, kEighth = 1U << 29;
  constexpr uint32_t kLast = std::numeric_limits<uint32_t>::max();
  for (const uint32_t a :
       {0U, 1U, 0x5A827999U, 0x80000000U, 0xB504F333U, kLast - 1, kLast}) {
    for (const uint32_t corner :
         {0U, kEighth, kQuarter, 3 * kEighth, 2 * kQuarter, 5 * kEighth,
          3 * kQuarter, 7 * kEighth}) {
      for (const uint32_t b : {corner - 1, corner, corner + 1}) {
        double first = 0, second = 0;
        NormalPair(a, b, &first, &second);
        const long double radius =
            std::sqrt(-2 * std::log((a + 0.5L) / 4294967296.0L));
        const long double angle = 2 * std::acos(-1.0L) * b / 4294967296.0L;
        EXPECT_NEAR(first, radius * std::cos(angle), 4e-15) << a << " " << b;
        EXPECT_NEAR(second, radius * std::sin(angle), 4e-15) << a << " " << b;
      }
    }
  }
}

TEST(PhiloxTest, NormalsAreBoxMullerOfTwoNumbers) {
  Philox words(kSeed, Purpose::kTest, 10), normals(kSeed, Purpose::kTest, 10);
  for (int i = 0; i < 1000; ++i) {
    const double a = words.NextU32(), b = words.NextU32();
    const double radius = std::sqrt(-2 * std::log((a + 0.5) / 4294967296.0));
    const double angle = 2 * std::acos(-1.0) * b / 4294967296.0;
    ASSERT_NEAR(normals.NextNormal(), radius * std::cos(angle), 1e-12);
    ASSERT_NEAR(normals.NextNormal(), radius * std::sin(angle), 1e-12);
  }
}

}  // namespace
}  // namespace softfleet
