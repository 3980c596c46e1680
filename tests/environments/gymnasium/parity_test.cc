// SPDX-License-Identifier: Apache-2.0
// Environments that exist twice, built in and in Gymnasium, side by side: the
// bridge adds and loses nothing.
#include <chrono>
#include <cmath>
#include <string>

#include "core/philox.h"
#include "environments/conformance/conformance.h"
#include "gmock/gmock.h"
#include "tests/environments/gymnasium/gymnasium_fixture.h"

namespace softfleet {
namespace {

class GymnasiumParity : public GymnasiumTest,
                        public ::testing::WithParamInterface<const char*> {};

absl::StatusOr<StepResult> RandomStep(Environment& environment,
                                      Environment& twin, Philox random,
                                      absl::StatusOr<StepResult>* twins) {
  const EnvironmentSpec& spec = environment.spec();
  if (!spec.action.continuous()) {
    const auto action =
        static_cast<int32_t>(random.NextBelow(spec.action.num_actions));
    *twins = twin.Step(action);
    return environment.Step(action);
  }
  std::vector<float> action;
  for (const double bound : spec.action_high) {
    action.push_back(
        static_cast<float>(bound * (3 * random.NextUniform() - 1.5)));
  }
  *twins = twin.Step(action);
  return environment.Step(action);
}

// Classic control in double precision but for what NumPy rounds: golden_test.cc
// says by how much each may differ.
TEST_P(GymnasiumParity, TheSameStateAndActionsGiveTheSameEpisode) {
  EnvironmentOptions options;
  options.name = GetParam();
  const auto built_in = Make(options);
  const auto bridged = Make(Gymnasium(GetParam()));
  EXPECT_EQ(MakeSchema(bridged->spec(), 1), MakeSchema(built_in->spec(), 1));
  EXPECT_EQ(bridged->spec().action_low, built_in->spec().action_low);
  EXPECT_EQ(bridged->spec().action_high, built_in->spec().action_high);
  EXPECT_EQ(bridged->spec().max_episode_steps,
            built_in->spec().max_episode_steps);
  EXPECT_NEAR(bridged->spec().control_frequency,
              built_in->spec().control_frequency, 1e-9);

  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto seed = static_cast<uint64_t>(now.count());
  RecordProperty("seed", std::to_string(seed));
  for (uint64_t episode = 0; episode < 3; ++episode) {
    SCOPED_TRACE(testing::Message()
                 << "seed " << seed << " episode " << episode);
    ASSERT_TRUE(built_in->Reset(seed + episode).ok());
    ASSERT_TRUE(bridged->ResetTo(built_in->state()).ok());
    EXPECT_EQ(bridged->state(), built_in->state());
    for (uint64_t step = 0;; ++step) {
      const std::vector<float> wanted = Floats(*built_in);
      const std::vector<float> got = Floats(*bridged);
      for (size_t i = 0; i < wanted.size(); ++i) {
        ASSERT_EQ(std::nextafter(wanted[i], got[i]), got[i]) << "step " << step;
      }
      absl::StatusOr<StepResult> theirs;
      const auto ours =
          RandomStep(*built_in, *bridged,
                     Philox(seed, Purpose::kTest, episode, step), &theirs);
      ASSERT_TRUE(ours.ok()) << ours.status();
      ASSERT_TRUE(theirs.ok()) << theirs.status();
      ASSERT_NEAR(theirs->reward, ours->reward, 1e-9);
      ASSERT_EQ(theirs->terminated, ours->terminated);
      ASSERT_EQ(theirs->truncated, ours->truncated);
      if (ours->terminated || ours->truncated) break;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(ClassicControl, GymnasiumParity,
                         ::testing::Values("Pendulum-v1", "CartPole-v1"),
                         [](const auto& info) {
                           return std::string(info.param).substr(0, 4);
                         });

using GymnasiumRuns = GymnasiumTest;

TEST_F(GymnasiumRuns, ASeedAndItsActionsDecideTheEpisode) {
  const auto lander = MakeEnvironment(Gymnasium("LunarLanderContinuous-v3"));
  if (absl::IsFailedPrecondition(lander.status())) {
    GTEST_SKIP() << "Box2D is not installed: " << lander.status().message();
  }
  ASSERT_TRUE(lander.ok()) << lander.status();
  const auto twin = Make(Gymnasium("LunarLanderContinuous-v3"));
  Environment& first = **lander;
  EXPECT_EQ(MakeSchema(first.spec(), 1).Describe(),
            "state:F32[8] action:continuous[2] stack:1");
  std::vector<std::vector<float>> starts;
  for (const uint64_t seed : {uint64_t{3}, uint64_t{4}, ~uint64_t{0}}) {
    ASSERT_TRUE(first.Reset(seed).ok());
    ASSERT_TRUE(twin->Reset(seed).ok());
    starts.push_back(Floats(first));
    for (uint64_t step = 0; step < 1000; ++step) {
      absl::StatusOr<StepResult> other;
      const auto result = RandomStep(
          first, *twin, Philox(seed, Purpose::kTest, 0, step), &other);
      ASSERT_TRUE(result.ok() && other.ok());
      ASSERT_EQ(result->reward, other->reward);
      ASSERT_EQ(Floats(first), Floats(*twin));
      if (result->terminated || result->truncated) break;
    }
  }
  EXPECT_NE(starts[0], starts[1]);
  EXPECT_NE(starts[1], starts[2]);
}

TEST_F(GymnasiumRuns, ItKeepsWhatAnEnvironmentPromises) {
  for (const char* const id : {"CartPole-v1", "softfleet/Frames-v0"}) {
    EnvironmentOptions options = Gymnasium(id);
    const auto findings = CheckConformance(
        [&](std::optional<int64_t> max_episode_steps) {
          options.max_episode_steps = max_episode_steps;
          return MakeEnvironment(options);
        },
        ConformanceOptions());
    ASSERT_TRUE(findings.ok()) << findings.status();
    for (const ConformanceFinding& finding : *findings) {
      EXPECT_NE(finding.outcome, ConformanceFinding::Outcome::kFail)
          << id << ": " << finding.rule << ": " << finding.seen;
    }
  }
}

TEST_F(GymnasiumRuns, AStateIsSetOnlyWhereThereIsOne) {
  const auto telling = Make(Gymnasium("softfleet/Telling-v0"));
  ASSERT_TRUE(telling->Reset(1).ok());
  EXPECT_TRUE(telling->state().empty());
  ExpectError(telling->ResetTo(std::vector<double>{1}),
              absl::StatusCode::kUnimplemented,
              "softfleet/Telling-v0 has no physical state that can be set");
  const auto pendulum = Make(Gymnasium("Pendulum-v1"));
  ExpectError(pendulum->ResetTo(std::vector<double>{1}),
              absl::StatusCode::kInvalidArgument,
              "Pendulum-v1: state has 1 values, expected 2");
}

TEST_F(GymnasiumRuns, WrappersSeeTheStateThatWasSet) {
  const auto plain = Make(Gymnasium("Pendulum-v1"));
  const auto doubled = Make(Gymnasium("softfleet/DoubledPendulum-v0"));
  const std::vector<double> state = {0.4, -0.7};
  ASSERT_TRUE(plain->ResetTo(state).ok());
  ASSERT_TRUE(doubled->ResetTo(state).ok());
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(Floats(*doubled)[i], 2 * Floats(*plain)[i]);
  }
}

TEST_F(GymnasiumRuns, ItSaysThatItCannotBeSaved) {
  const auto pendulum = Make(Gymnasium("Pendulum-v1"));
  ASSERT_TRUE(pendulum->Reset(1).ok());
  ExpectError(pendulum->Save().status(), absl::StatusCode::kUnimplemented,
              "Pendulum-v1: Gymnasium environments cannot be saved");
}

}  // namespace
}  // namespace softfleet
