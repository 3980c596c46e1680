// SPDX-License-Identifier: Apache-2.0
#include "environments/action_scaling.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/philox.h"
#include "gtest/gtest.h"

namespace softfleet {
namespace {

EnvironmentSpec SpecWithBounds(std::vector<double> low,
                               std::vector<double> high) {
  EnvironmentSpec spec;
  spec.action = {ActionSpec::Kind::kContinuous,
                 static_cast<int64_t>(low.size()), 0};
  spec.action_low = std::move(low);
  spec.action_high = std::move(high);
  return spec;
}

TEST(ActionScaling, MapsTheEndsAndTheMiddleOfPolicySpaceOntoTheBounds) {
  const ActionScaling scaling(SpecWithBounds({-2, 1, 0}, {2, 4, 0.5}));
  std::array<float, 3> scaled;
  scaling.ToEnvironment(std::array{-1.0f, -1.0f, -1.0f}, scaled);
  EXPECT_EQ(scaled, (std::array{-2.0f, 1.0f, 0.0f}));
  scaling.ToEnvironment(std::array{1.0f, 1.0f, 1.0f}, scaled);
  EXPECT_EQ(scaled, (std::array{2.0f, 4.0f, 0.5f}));
  scaling.ToEnvironment(std::array{0.0f, 0.0f, 0.0f}, scaled);
  EXPECT_EQ(scaled, (std::array{0.0f, 2.5f, 0.25f}));
}

TEST(ActionScaling, DoesNotClip) {
  const ActionScaling scaling(SpecWithBounds({-2}, {2}));
  std::array<float, 1> scaled;
  scaling.ToEnvironment(std::array{1.5f}, scaled);
  EXPECT_EQ(scaled[0], 3.0f);
}

TEST(ActionScaling, IsRoundedOnceFromTheExactValue) {
  Philox random(1, Purpose::kTest);
  for (int i = 0; i < 1000; ++i) {
    const double low = -10 * random.NextUniform();
    const double high = 10 * random.NextUniform();
    const auto action = static_cast<float>(2 * random.NextUniform() - 1);
    const ActionScaling scaling(SpecWithBounds({low}, {high}));
    std::array<float, 1> scaled;
    scaling.ToEnvironment(std::array{action}, scaled);
    const long double exact = low + (static_cast<long double>(action) + 1) *
                                        (static_cast<long double>(high) - low) /
                                        2;
    const float size = std::abs(scaled[0]);
    const double ulp = std::nextafter(size, 100.0f) - size;
    // Half a float32 ulp, and a little for the doubles.
    EXPECT_NEAR(scaled[0], static_cast<double>(exact), 0.5 * ulp + 1e-14);
  }
}

TEST(ActionScaling, TheWayBackLeadsToWhereItCameFrom) {
  Philox random(2, Purpose::kTest);
  for (int i = 0; i < 1000; ++i) {
    const double low = -10 * random.NextUniform() - 1e-3;
    const double high = 10 * random.NextUniform() + 1e-3;
    const ActionScaling scaling(SpecWithBounds({low}, {high}));
    const auto action = static_cast<float>(2 * random.NextUniform() - 1);
    std::array<float, 1> scaled, back;
    scaling.ToEnvironment(std::array{action}, scaled);
    scaling.ToPolicy(scaled, back);
    // A float32 ulp of the scaled action, in policy space.
    const double ulp = 1.2e-7 * std::max(-low, high) / (high - low) * 2;
    EXPECT_NEAR(back[0], action, ulp + 1e-7);
  }
}

TEST(ActionScaling, TheWayBackEndsAtTheBounds) {
  const ActionScaling scaling(SpecWithBounds({-2, 0, 0}, {2, 1, 1}));
  std::array<float, 3> action;
  scaling.ToPolicy(std::array{-5.0f, 7.0f, std::nanf("")}, action);
  EXPECT_EQ(action[0], -1.0f);
  EXPECT_EQ(action[1], 1.0f);
  EXPECT_TRUE(std::isnan(action[2]));
}

}  // namespace
}  // namespace softfleet
