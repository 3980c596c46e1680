// SPDX-License-Identifier: Apache-2.0
#include "environments/registry.h"

#include <algorithm>
#include <array>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

EnvironmentOptions Named(std::string name) {
  EnvironmentOptions options;
  options.name = std::move(name);
  return options;
}

EnvironmentOptions PendulumWithin(std::vector<double> low,
                                  std::vector<double> high) {
  EnvironmentOptions options = Named("Pendulum-v1");
  options.action_low = std::move(low);
  options.action_high = std::move(high);
  return options;
}

EnvironmentOptions Limited(std::string name, int64_t steps) {
  EnvironmentOptions options = Named(std::move(name));
  options.max_episode_steps = steps;
  return options;
}

std::string ErrorOf(const EnvironmentOptions& options, absl::StatusCode code) {
  const absl::Status status = MakeEnvironment(options).status();
  EXPECT_EQ(status.code(), code);
  return std::string(status.message());
}

TEST(Registry, KnowsItsEnvironmentsInAlphabeticalOrder) {
  const std::vector<std::string> names = EnvironmentNames();
  EXPECT_THAT(names, ::testing::IsSupersetOf({"CartPole-v1", "Pendulum-v1"}));
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
}

TEST(Registry, AMisspeltNameGetsTheNearestOne) {
  EXPECT_THAT(ErrorOf(Named("pendulum-v2"), absl::StatusCode::kNotFound),
              AllOf(HasSubstr("\"pendulum-v2\""),
                    HasSubstr("did you mean \"Pendulum-v1\"?")));
}

TEST(Registry, AnUnknownNameGetsTheKnownOnes) {
  EXPECT_THAT(
      ErrorOf(Named("Doom"), absl::StatusCode::kNotFound),
      AllOf(HasSubstr("Acrobot-v1, Ant-v5"), Not(HasSubstr("did you mean"))));
}

TEST(Registry, BoundsThatCannotBeAScaleNameTheirDimension) {
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(ErrorOf(PendulumWithin({-kInfinity}, {}), kInvalid),
              HasSubstr("action_low of action dimension 0 is -inf"));
  EXPECT_THAT(ErrorOf(PendulumWithin({}, {kInfinity}), kInvalid),
              HasSubstr("action_high of action dimension 0 is inf"));
  EXPECT_THAT(ErrorOf(PendulumWithin({}, {1.1e6}), kInvalid),
              HasSubstr("action_high of action dimension 0 is 1.1e+06"));
  EXPECT_THAT(ErrorOf(PendulumWithin({}, {std::nan("")}), kInvalid),
              HasSubstr("action_high of action dimension 0 is nan"));
  EXPECT_THAT(
      ErrorOf(PendulumWithin({1}, {-1}), kInvalid),
      HasSubstr("dimension 0: action_low 1 is not below action_high -1"));
  EXPECT_THAT(ErrorOf(PendulumWithin({1}, {1}), kInvalid),
              HasSubstr("is not below"));
  EXPECT_THAT(ErrorOf(PendulumWithin({-1, -1}, {}), kInvalid),
              HasSubstr("action_low has 2 values for 1"));
}

TEST(Registry, AnIndexHasNoBoundsToReplace) {
  EnvironmentOptions options = Named("CartPole-v1");
  options.action_high = {1};
  EXPECT_THAT(ErrorOf(options, absl::StatusCode::kInvalidArgument),
              HasSubstr("action_high has 1 values for 0"));
}

TEST(Registry, SettingsAreKnownWithTheirDefaults) {
  EXPECT_THAT(EnvironmentSettings("Pendulum-v1").value(),
              ::testing::ElementsAre(EnvironmentSetting{"g", {10}, {}, {}}));
  EXPECT_THAT(EnvironmentSettings("Acrobot-v1").value(),
              ::testing::ElementsAre(
                  EnvironmentSetting{"book_or_nips", {}, {}, "book"}));
  EXPECT_EQ(EnvironmentSettings("Doom").status().code(),
            absl::StatusCode::kNotFound);
}

TEST(Registry, ANegativeLimitIsRefused) {
  EXPECT_THAT(
      ErrorOf(Limited("Pendulum-v1", -1), absl::StatusCode::kInvalidArgument),
      HasSubstr("max_episode_steps is -1"));
}

TEST(Registry, TheLimitReplacesTheEnvironmentsOwn) {
  const auto environment = MakeEnvironment(Limited("Pendulum-v1", 3)).value();
  ASSERT_TRUE(environment->Reset(1).ok());
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(environment->Step(std::array{0.0f})->truncated, i == 3);
  }
}

TEST(Registry, ALimitOfZeroNeverTruncates) {
  const auto environment = MakeEnvironment(Limited("Pendulum-v1", 0)).value();
  ASSERT_TRUE(environment->Reset(1).ok());
  for (int i = 0; i < 1000; ++i) {
    ASSERT_FALSE(environment->Step(std::array{0.0f})->truncated);
  }
}

TEST(Registry, OptionsThatMakeEqualEnvironmentsDescribeThemselvesEqually) {
  const EnvironmentOptions plain = Named("Pendulum-v1");
  EnvironmentOptions spelt_out = PendulumWithin({-2}, {2});
  spelt_out.max_episode_steps = 200;
  EXPECT_EQ(DescribeEnvironment(plain), DescribeEnvironment(spelt_out));
  EXPECT_EQ(EnvironmentHash(plain), EnvironmentHash(spelt_out));
  EXPECT_EQ(DescribeEnvironment(PendulumWithin({}, {0.0})),
            DescribeEnvironment(PendulumWithin({}, {-0.0})));
}

TEST(Registry, EveryOptionIsPartOfTheDescription) {
  const EnvironmentOptions different[] = {
      Named("Pendulum-v1"),
      Named("CartPole-v1"),
      Limited("Pendulum-v1", 0),
      Limited("Pendulum-v1", 201),
      PendulumWithin({-1}, {}),
      PendulumWithin({}, {1}),
      PendulumWithin({}, {std::nextafter(2.0, 3.0)}),
  };
  for (const EnvironmentOptions& a : different) {
    for (const EnvironmentOptions& b : different) {
      EXPECT_EQ(&a == &b, EnvironmentHash(a) == EnvironmentHash(b))
          << DescribeEnvironment(a) << " / " << DescribeEnvironment(b);
    }
  }
}

// Panels store this number: it may never change. Computed with another
// implementation of FNV-1a.
TEST(Registry, TheHashOfPendulumIsWhatItAlwaysWas) {
  EXPECT_EQ(DescribeEnvironment(Named("Pendulum-v1")),
            "Pendulum-v1 max_episode_steps:200 action_low:[-2] "
            "action_high:[2]");
  EXPECT_EQ(EnvironmentHash(Named("Pendulum-v1")), 0x1831252b419f25f0u);
}

}  // namespace
}  // namespace softfleet
