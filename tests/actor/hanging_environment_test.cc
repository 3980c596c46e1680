// SPDX-License-Identifier: Apache-2.0
// An environment that hangs costs its episode; a slow one delays nobody's
// blocks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/philox.h"
#include "tests/actor/actor_fixture.h"
#include "tests/actor/gate.h"
#include "tests/actor/scripted_environment.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

constexpr absl::Duration kDeadline = absl::Seconds(60);

enum class Place { kStep, kReset, kObserve };

// Two environments on two threads; the one with number 1 comes to `gate` at
// its 6th step, the reset or observation of its second episode.
class HangingEnvironment : public testing::Test {
 protected:
  HangingEnvironment() {
    options_.step_threads = 2;
    options_.lock_step = false;
    options_.block_rows = 2;
    options_.clock = &clock_;
    options_.step_deadline = kDeadline;
  }

  EnvironmentScript Script(Place place) {
    struct State {
      bool second = false;  // the environment with number 1, not made anew
      int steps = 0, episodes = 0;
    };
    auto state = std::make_shared<State>();
    auto gate = gate_;
    const uint64_t first = ResetSeed(0);
    EnvironmentScript script;
    script.reset = [state, gate, place, first](Environment& inner,
                                               uint64_t seed) {
      state->second = state->second || seed == first;
      ++state->episodes;
      if (state->second && place == Place::kReset && state->episodes == 2) {
        gate->Pass();
      }
      return inner.Reset(seed);
    };
    script.step = [state, gate, place](Environment& inner,
                                       std::span<const float> action) {
      if (state->second && place == Place::kStep && ++state->steps == 6) {
        gate->Pass();
      }
      return inner.Step(action);
    };
    script.observe = [state, gate, place](const Environment& inner,
                                          ObservationPlaces groups) {
      if (state->second && place == Place::kObserve && state->episodes == 2) {
        gate->Pass();
      }
      inner.Observe(groups);
    };
    script.destroy = [state, gate] {
      if (state->second) gate->Count();
    };
    return script;
  }

  uint64_t ResetSeed(uint64_t episode) const {
    return Philox(options_.seed, Purpose::kEnvironmentReset, 1, episode)
        .NextU64();
  }

  void Create(Place place) {
    options_.make_environment =
        Scripted(options_.environment, [this, place] { return Script(place); });
    policies_.newest = RandomPolicy("Pendulum-v1", 1);
    auto made = ActorLoop::Create(options_, sink_, policies_);
    ASSERT_TRUE(made.ok()) << made.status();
    loop_ = *std::move(made);
  }

  // Until the other environment has taken so many steps more, and waits for
  // its next action.
  void StepTheOther(uint64_t steps) {
    const uint64_t end = loop_->counts().steps + steps;
    while (loop_->counts().steps < end) {
      const absl::Status status = loop_->RunOnce();
      ASSERT_TRUE(status.ok()) << status;
    }
  }
  void RunUntilItHangs() {
    // Where it hangs at its reset, 45 steps of both come before.
    while (!hung_) {
      StepTheOther(1);
      if (HasFatalFailure()) return;
      hung_ = loop_->counts().steps > 200;
    }
    ASSERT_TRUE(gate_->AwaitWaiting(1));
    StepTheOther(2);
  }

  std::vector<Row> Rows(uint64_t number) {
    return RowsOf(sink_.blocks, loop_->schema(), number);
  }
  uint64_t Hangs() const {
    return loop_->counts().failures[static_cast<size_t>(FailureReason::kHang)];
  }

  FakeClock clock_;
  const std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  ActorOptions options_ = Options("Pendulum-v1", 2);
  RecordingSink sink_;
  FakePolicies policies_;
  std::unique_ptr<ActorLoop> loop_;
  bool hung_ = false;
};

class HangingEnvironmentTest : public HangingEnvironment,
                               public testing::WithParamInterface<Place> {};

TEST_P(HangingEnvironmentTest, IsGivenUpAfterItsDeadlineAndNotBefore) {
  Create(GetParam());
  RunUntilItHangs();
  clock_.Advance(kDeadline);
  StepTheOther(50);
  EXPECT_EQ(Hangs(), 0u);

  clock_.Advance(absl::Milliseconds(1));
  testing::internal::CaptureStderr();
  StepTheOther(10);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("hang, has not come back in 1m"));
  EXPECT_EQ(Hangs(), 1u);
  EXPECT_EQ(gate_->count(), 0);  // the one that hangs still exists

  // Its successor goes on in an episode of its own, to the end.
  const size_t before = Rows(1).size();
  while (Rows(1).size() < before + 100) StepTheOther(1);
  std::map<uint64_t, uint64_t> lengths;
  uint64_t newest = 0;
  for (const Row& row : Rows(1)) {
    EXPECT_GE(row.episode, newest);
    newest = row.episode;
    EXPECT_EQ(row.step, lengths[row.episode]++);
  }
  if (GetParam() == Place::kStep) {
    EXPECT_EQ(lengths[0], 4u);  // of the five steps before, in whole blocks
  } else {
    EXPECT_EQ(lengths[0], 45u);
  }
  EXPECT_GE(lengths.size(), 3u);

  // Should it come back it is destroyed, and nothing of it is seen.
  const ActorCounts counts = loop_->counts();
  gate_->Open();
  EXPECT_TRUE(gate_->AwaitCount(1));
  StepTheOther(100);
  EXPECT_EQ(loop_->counts().failures, counts.failures);
  EXPECT_EQ(loop_->counts().dropped_rows, counts.dropped_rows);
}

TEST_P(HangingEnvironmentTest, TheEndDoesNotWaitForIt) {
  Create(GetParam());
  RunUntilItHangs();
  loop_->Stop(absl::Milliseconds(1));
  EXPECT_TRUE(loop_->CutAllBlocks().ok());
  loop_.reset();
  EXPECT_EQ(gate_->count(), 0);
  gate_->Open();
  EXPECT_TRUE(gate_->AwaitCount(1));
}

std::string PlaceName(const testing::TestParamInfo<Place>& info) {
  const char* const names[] = {"Step", "Reset", "Observe"};
  return names[static_cast<size_t>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Places, HangingEnvironmentTest,
                         testing::Values(Place::kStep, Place::kReset,
                                         Place::kObserve),
                         PlaceName);

// With its only thread gone there is another one.
TEST_F(HangingEnvironment, InLockStepTheRoundEndsAfterTheDeadline) {
  options_.num_environments = 1;
  options_.first_environment = 1;
  options_.step_threads = 1;
  options_.lock_step = true;
  Create(Place::kStep);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(loop_->RunOnce().ok());
  Thread clock("clock", [this] {
    EXPECT_TRUE(gate_->AwaitWaiting(1));
    clock_.Advance(2 * kDeadline);
  });
  ASSERT_TRUE(loop_->RunOnce().ok());
  EXPECT_EQ(Hangs(), 1u);
  EXPECT_EQ(loop_->counts().steps, 5u);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(loop_->RunOnce().ok());
  EXPECT_EQ(loop_->counts().steps, 105u);
  gate_->Open();
}

TEST_F(HangingEnvironment, BlocksOfTheOthersAreCutMeanwhile) {
  options_.block_rows = 4096;
  options_.block_time = absl::Milliseconds(250);
  options_.environment.max_episode_steps = 0;
  Create(Place::kStep);
  RunUntilItHangs();
  const uint64_t steps = loop_->counts().steps;
  EXPECT_TRUE(sink_.blocks.empty());
  clock_.Advance(absl::Milliseconds(250));
  ASSERT_TRUE(loop_->CutBlocks().ok());
  EXPECT_EQ(Rows(0).size(), steps - 5);
  EXPECT_TRUE(Rows(1).empty());
  // Slow, not hung: nothing is lost.
  gate_->Open();
  StepTheOther(20);
  loop_->Stop(absl::Seconds(20));
  ASSERT_TRUE(loop_->CutAllBlocks().ok());
  EXPECT_GT(Rows(1).size(), 5u);
  EXPECT_EQ(Hangs(), 0u);
}

}  // namespace
}  // namespace softfleet
