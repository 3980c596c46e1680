// SPDX-License-Identifier: Apache-2.0
// Delays, against a queue that keeps everything.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/environments/perturbation/recorder.h"
#include "tests/environments/perturbation/trajectory.h"

namespace softfleet {
namespace {

PerturbationOptions ActionDelay(int64_t delay, StepRange steps = {}) {
  PerturbationOptions options;
  options.steps = steps;
  options.action_delay = delay;
  return options;
}

PerturbationOptions ObservationDelay(int64_t delay, StepRange steps = {}) {
  PerturbationOptions options;
  options.steps = steps;
  options.observation_delay = delay;
  return options;
}

std::vector<float> VectorOf(int64_t step) {
  return {static_cast<float>(step + 1), static_cast<float>(-2 * step - 1)};
}

// What is executed at `step` by the definition; -1 = before the first.
int64_t ExecutedAt(int64_t step, int64_t delay, const StepRange& steps) {
  return steps.contains(step) ? std::max<int64_t>(step - delay, -1) : step;
}

const std::vector<StepRange>& Schedules() {
  static const auto* const schedules =
      new std::vector<StepRange>{{}, {5, 11}, {0, 3}, {3, 1000}};
  return *schedules;
}

TEST(ActionDelay, ExecutesTheVectorGivenThatManyStepsBefore) {
  for (const StepRange& steps : Schedules()) {
    for (const int64_t delay : {1, 2, 5, 40}) {
      SCOPED_TRACE(delay);
      const auto [recorder, environment] =
          PerturbRecorder({ActionDelay(delay, steps)});
      for (uint64_t episode = 0; episode < 2; ++episode) {
        ASSERT_TRUE(environment->Reset(episode).ok());
        for (int64_t t = 0; t < 30; ++t) {
          ASSERT_TRUE(environment->Step(VectorOf(t)).ok());
          const int64_t given = ExecutedAt(t, delay, steps);
          EXPECT_EQ(recorder->taken().back().action,
                    given < 0 ? std::vector<float>(2) : VectorOf(given))
              << t;
        }
      }
    }
  }
}

TEST(ActionDelay, ExecutesTheIndexGivenThatManyStepsBefore) {
  const auto index = [](int64_t t) { return static_cast<int32_t>(1 + t % 4); };
  for (const StepRange& steps : Schedules()) {
    for (const int64_t delay : {1, 3, 40}) {
      SCOPED_TRACE(delay);
      const auto [recorder, environment] =
          PerturbRecorder({ActionDelay(delay, steps)}, 0);
      ASSERT_TRUE(environment->Reset(1).ok());
      for (int64_t t = 0; t < 30; ++t) {
        ASSERT_TRUE(environment->Step(index(t)).ok());
        const int64_t given = ExecutedAt(t, delay, steps);
        EXPECT_EQ(recorder->taken().back().index, given < 0 ? 0 : index(given))
            << t;
      }
    }
  }
}

TEST(ActionDelay, TwoDelaysAddUp) {
  const auto [recorder, environment] =
      PerturbRecorder({ActionDelay(2), ActionDelay(3)});
  ASSERT_TRUE(environment->Reset(1).ok());
  for (int64_t t = 0; t < 20; ++t) {
    ASSERT_TRUE(environment->Step(VectorOf(t)).ok());
  }
  for (int64_t t = 5; t < 20; ++t) {
    EXPECT_EQ(recorder->taken()[static_cast<size_t>(t)].action,
              VectorOf(t - 5));
  }
}

TEST(ActionDelay, RefusesAnActionWhenItIsGivenAndForgetsIt) {
  const auto [recorder, environment] = PerturbRecorder({ActionDelay(2)});
  ASSERT_TRUE(environment->Reset(1).ok());
  const std::string before = environment->Save().value();
  const std::vector<std::vector<float>> wrong = {
      {NAN, 0}, {0}, {0, 0, 0}, {0, INFINITY}};
  for (const std::vector<float>& action : wrong) {
    EXPECT_EQ(environment->Step(action).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(environment->Step(1).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(environment->Save().value(), before);
  EXPECT_TRUE(recorder->taken().empty());
}

TEST(ObservationDelay, ShowsTheObservationOfThatManyStepsBefore) {
  for (const StepRange& steps : Schedules()) {
    for (const int64_t delay : {1, 2, 5, 40}) {
      SCOPED_TRACE(delay);
      const auto bare = PerturbRecorder({}, 2, true);
      const std::vector<Seen> all = Episode(*bare.environment, 1, 30);
      const auto late =
          PerturbRecorder({ObservationDelay(delay, steps)}, 2, true);
      for (int episode = 0; episode < 2; ++episode) {
        const std::vector<Seen> shown = Episode(*late.environment, 1, 30);
        for (int64_t t = 0; t <= 30; ++t) {
          const int64_t from =
              steps.contains(t) ? std::max<int64_t>(t - delay, 0) : t;
          EXPECT_EQ(shown[static_cast<size_t>(t)].observation,
                    all[static_cast<size_t>(from)].observation)
              << t;
          EXPECT_EQ(shown[static_cast<size_t>(t)].state,
                    all[static_cast<size_t>(t)].state);
        }
      }
    }
  }
}

// Where the episode ends, too: it is what a policy would be shown there.
TEST(ObservationDelay, TheFinalObservationIsLateAsWell) {
  const auto late = MakePerturbed("CartPole-v1", {ObservationDelay(3)});
  const auto bare = MakePerturbed("CartPole-v1", {});
  const std::vector<Seen> shown = Episode(*late, 1, 1000);
  const std::vector<Seen> all = Episode(*bare, 1, 1000);
  ASSERT_EQ(shown.size(), all.size());
  ASSERT_TRUE(shown.back().terminated);
  EXPECT_EQ(shown.back().observation, all[all.size() - 4].observation);
  EXPECT_EQ(shown.back().reward, all.back().reward);
}

}  // namespace
}  // namespace softfleet
