// SPDX-License-Identifier: Apache-2.0
// What environment.h promises, of every environment in the registry.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/philox.h"
#include "environments/observation_buffer.h"
#include "environments/registry.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace softfleet {
namespace {

using ::testing::HasSubstr;

// Ends of the uniform start distribution of every state element.
using Range = std::pair<double, double>;
const std::map<std::string, std::vector<Range>>& StartRanges() {
  static const auto* const ranges =
      new std::map<std::string, std::vector<Range>>{
          {"Acrobot-v1", std::vector<Range>(4, {-0.1, 0.1})},
          {"CartPole-v1", std::vector<Range>(4, {-0.05, 0.05})},
          {"MountainCar-v0", {{-0.6, -0.4}, {0, 0}}},
          {"MountainCarContinuous-v0", {{-0.6, -0.4}, {0, 0}}},
          {"Pendulum-v1", {{-M_PI, M_PI}, {-1, 1}}},
      };
  return *ranges;
}

std::unique_ptr<Environment> Make(const std::string& name) {
  EnvironmentOptions options;
  options.name = name;
  return MakeEnvironment(options).value();
}

// Uniform over one and a half times the bounds, or over the indices.
absl::StatusOr<StepResult> RandomStep(Environment& environment,
                                      Philox& random) {
  const EnvironmentSpec& spec = environment.spec();
  if (!spec.action.continuous()) {
    const auto actions = static_cast<uint64_t>(spec.action.num_actions);
    return environment.Step(static_cast<int32_t>(random.NextBelow(actions)));
  }
  std::vector<float> action;
  for (size_t i = 0; i < spec.action_low.size(); ++i) {
    const double u = 1.5 * random.NextUniform() - 0.25;
    action.push_back(static_cast<float>(
        spec.action_low[i] + u * (spec.action_high[i] - spec.action_low[i])));
  }
  return environment.Step(action);
}

// Everything that a step shows.
struct Seen {
  double reward = 0;
  bool terminated = false;
  bool truncated = false;
  std::vector<double> components;
  std::vector<double> state;
  std::vector<std::vector<std::byte>> observation;
  bool operator==(const Seen&) const = default;
};

Seen See(const Environment& environment, const StepResult& result) {
  Seen seen{result.reward,
            result.terminated,
            result.truncated,
            {result.reward_components.begin(), result.reward_components.end()},
            environment.state(),
            {}};
  ObservationBuffer observation(environment.spec());
  observation.Read(environment);
  for (const auto group : observation.groups()) {
    seen.observation.emplace_back(group.begin(), group.end());
  }
  return seen;
}

// At most `steps` steps with the actions of `random`, to the episode's end.
std::vector<Seen> Roll(Environment& environment, Philox& random,
                       size_t steps = 100000) {
  std::vector<Seen> all;
  while (all.size() < steps) {
    const StepResult result = RandomStep(environment, random).value();
    all.push_back(See(environment, result));
    if (result.terminated || result.truncated) break;
  }
  return all;
}

std::vector<Seen> Episode(Environment& environment, uint64_t seed) {
  EXPECT_TRUE(environment.Reset(seed).ok());
  std::vector<Seen> all = {See(environment, StepResult())};
  Philox random(seed, Purpose::kTest);
  const std::vector<Seen> rest = Roll(environment, random);
  all.insert(all.end(), rest.begin(), rest.end());
  return all;
}

// The status of one step with a valid action.
absl::Status StepOnce(Environment& environment) {
  Philox random(1, Purpose::kTest);
  return RandomStep(environment, random).status();
}

class Conformance : public ::testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<Environment> environment_ = Make(GetParam());
};

TEST_P(Conformance, TheSpecIsComplete) {
  const EnvironmentSpec& spec = environment_->spec();
  EXPECT_EQ(spec.name, GetParam());
  EXPECT_TRUE(Schema({spec.observations, spec.action, 1}).Validate().ok());
  EXPECT_EQ(spec.action_low.size(), static_cast<size_t>(spec.action.columns()));
  EXPECT_EQ(spec.action_high.size(), spec.action_low.size());
  EXPECT_GT(spec.max_episode_steps, 0);
  EXPECT_GE(spec.control_frequency, 0);
}

TEST_P(Conformance, ASeedAndItsActionsDecideTheWholeEpisode) {
  const auto twin = Make(GetParam());
  for (uint64_t seed = 0; seed < 5; ++seed) {
    EXPECT_EQ(Episode(*environment_, seed), Episode(*twin, seed));
  }
  EXPECT_EQ(Episode(*environment_, 2), Episode(*twin, 2));  // any order
}

TEST_P(Conformance, DifferentSeedsStartDifferently) {
  std::vector<std::vector<double>> starts;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    ASSERT_TRUE(environment_->Reset(seed).ok());
    starts.push_back(environment_->state());
  }
  std::sort(starts.begin(), starts.end());
  EXPECT_NE(starts.front(), starts.back());
}

TEST_P(Conformance, EverythingSeenIsFinite) {
  const auto& groups = environment_->spec().observations;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    for (const Seen& seen : Episode(*environment_, seed)) {
      ASSERT_TRUE(std::isfinite(seen.reward));
      for (const double x : seen.state) ASSERT_TRUE(std::isfinite(x));
      for (size_t g = 0; g < groups.size(); ++g) {
        if (groups[g].dtype != DType::kF32) continue;
        std::vector<float> values(static_cast<size_t>(groups[g].elements()));
        std::memcpy(values.data(), seen.observation[g].data(),
                    seen.observation[g].size());
        for (const float x : values) ASSERT_TRUE(std::isfinite(x));
      }
    }
  }
}

TEST_P(Conformance, EveryEpisodeEndsWithinTheLimit) {
  const auto limit =
      static_cast<size_t>(environment_->spec().max_episode_steps);
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<Seen> episode = Episode(*environment_, seed);
    EXPECT_TRUE(episode.back().terminated || episode.back().truncated);
    EXPECT_LE(episode.size() - 1, limit);
    EXPECT_EQ(episode.back().truncated, episode.size() - 1 == limit);
  }
}

TEST_P(Conformance, RewardComponentsHaveTheirNames) {
  ASSERT_TRUE(environment_->Reset(1).ok());
  Philox random(1, Purpose::kTest);
  for (const Seen& seen : Roll(*environment_, random)) {
    EXPECT_EQ(seen.components.size(),
              environment_->spec().reward_components.size());
  }
}

TEST_P(Conformance, SteppingBeforeAResetIsAnError) {
  EXPECT_EQ(StepOnce(*environment_).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_P(Conformance, SteppingAnEndedEpisodeIsAnErrorAndChangesNothing) {
  const Seen last = Episode(*environment_, 1).back();
  EXPECT_EQ(StepOnce(*environment_).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(See(*environment_, StepResult()).observation, last.observation);
  EXPECT_TRUE(environment_->Reset(1).ok());
  EXPECT_TRUE(StepOnce(*environment_).ok());
}

TEST_P(Conformance, TheWrongKindOfActionIsRefused) {
  ASSERT_TRUE(environment_->Reset(1).ok());
  const absl::Status status =
      environment_->spec().action.continuous()
          ? environment_->Step(0).status()
          : environment_->Step(std::vector<float>(1)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(Conformance, AnActionThatIsNoneIsRefusedAndChangesNothing) {
  ASSERT_TRUE(environment_->Reset(1).ok());
  const Seen before = See(*environment_, StepResult());
  const ActionSpec& action = environment_->spec().action;
  std::vector<absl::Status> refused;
  if (action.continuous()) {
    const auto size = static_cast<size_t>(action.dimension);
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                            std::numeric_limits<float>::infinity()}) {
      std::vector<float> values(size);
      values.back() = bad;
      refused.push_back(environment_->Step(values).status());
    }
    refused.push_back(
        environment_->Step(std::vector<float>(size + 1)).status());
    refused.push_back(
        environment_->Step(std::vector<float>(size - 1)).status());
  } else {
    const auto past = static_cast<int32_t>(action.num_actions);
    refused.push_back(environment_->Step(past).status());
    refused.push_back(environment_->Step(-1).status());
  }
  for (const absl::Status& status : refused) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  }
  EXPECT_EQ(See(*environment_, StepResult()), before);
}

TEST_P(Conformance, AStateThatIsNoneIsRefused) {
  ASSERT_TRUE(environment_->Reset(1).ok());
  std::vector<double> state = environment_->state();
  state.push_back(0);
  EXPECT_EQ(environment_->ResetTo(state).code(),
            absl::StatusCode::kInvalidArgument);
  state.pop_back();
  state.back() = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(std::string(environment_->ResetTo(state).message()),
              HasSubstr("nan"));
}

TEST_P(Conformance, AnEpisodeCanBeBegunAtTheStateOfAnother) {
  ASSERT_TRUE(environment_->Reset(7).ok());
  const auto twin = Make(GetParam());
  ASSERT_TRUE(twin->ResetTo(environment_->state()).ok());
  Philox random(7, Purpose::kTest);
  Philox same(7, Purpose::kTest);
  EXPECT_EQ(Roll(*environment_, random), Roll(*twin, same));
}

TEST_P(Conformance, ASavedEpisodeContinuesBitByBit) {
  for (size_t steps = 0; steps < 8; ++steps) {
    ASSERT_TRUE(environment_->Reset(steps).ok());
    Philox random(steps, Purpose::kTest);
    const std::vector<Seen> begun = Roll(*environment_, random, steps);
    if (steps > 0 && (begun.back().terminated || begun.back().truncated)) break;
    const auto twin = Make(GetParam());
    ASSERT_TRUE(twin->Restore(environment_->Save().value()).ok());
    EXPECT_EQ(See(*twin, StepResult()), See(*environment_, StepResult()));
    Philox same = random;
    EXPECT_EQ(Roll(*twin, same), Roll(*environment_, random));
  }
}

TEST_P(Conformance, AnEndedEpisodeIsRestoredAsEnded) {
  const Seen last = Episode(*environment_, 1).back();
  const auto twin = Make(GetParam());
  ASSERT_TRUE(twin->Restore(environment_->Save().value()).ok());
  EXPECT_EQ(See(*twin, StepResult()).observation, last.observation);
  EXPECT_EQ(StepOnce(*twin).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_P(Conformance, RestoreRefusesWhatItDidNotSaveAndChangesNothing) {
  ASSERT_TRUE(environment_->Reset(1).ok());
  const std::string saved = environment_->Save().value();
  std::string newer = saved;
  ++newer[0];  // the format's version
  std::vector<std::string> wrong = {newer, saved + "x"};
  for (size_t size = 0; size < saved.size(); ++size) {
    wrong.push_back(saved.substr(0, size));
  }
  for (const std::string& name : EnvironmentNames()) {
    if (name == GetParam()) continue;
    const auto other = Make(name);
    ASSERT_TRUE(other->Reset(1).ok());
    wrong.push_back(other->Save().value());
  }
  for (const std::string& bytes : wrong) {
    EXPECT_EQ(environment_->Restore(bytes).code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(environment_->Save().value(), saved);
}

// Of a uniform distribution on [-1, 1): mean 0 with variance 1/3, mean square
// 1/3 with variance 4/45.
void ExpectUniformStarts(const std::string& name,
                         const std::vector<Range>& ranges) {
  constexpr int kStarts = 10000;
  constexpr double kRounding = 1e-7;  // Acrobot's starts are float32
  const auto environment = Make(name);
  std::vector<double> sum(ranges.size());
  std::vector<double> squares(ranges.size());
  for (uint64_t seed = 0; seed < kStarts; ++seed) {
    ASSERT_TRUE(environment->Reset(seed).ok());
    const std::vector<double> state = environment->state();
    ASSERT_EQ(state.size(), ranges.size());
    for (size_t i = 0; i < state.size(); ++i) {
      const auto [low, high] = ranges[i];
      const double u = (2 * state[i] - low - high) / std::max(high - low, 1e-9);
      ASSERT_LE(std::abs(u), 1 + kRounding);
      sum[i] += u;
      squares[i] += u * u;
    }
  }
  for (size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].first == ranges[i].second) continue;  // always the same
    EXPECT_NEAR(sum[i] / kStarts, 0, 4 * std::sqrt(1.0 / 3 / kStarts));
    EXPECT_NEAR(squares[i] / kStarts, 1.0 / 3,
                4 * std::sqrt(4.0 / 45 / kStarts));
  }
}

TEST(Starts, AreUniformWithinTheirRanges) {
  for (const auto& [name, ranges] : StartRanges()) {
    SCOPED_TRACE(name);
    ExpectUniformStarts(name, ranges);
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, Conformance,
                         ::testing::ValuesIn(EnvironmentNames()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase_if(name, [](char c) {
                             return c == '-' || c == '/';
                           });
                           return name;
                         });

}  // namespace
}  // namespace softfleet
