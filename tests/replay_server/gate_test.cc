// SPDX-License-Identifier: Apache-2.0
#include "replay_server/gate.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/philox.h"

namespace softfleet {
namespace {

using State = Gate::State;

class GateTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kNoLimit = uint64_t{1} << 40;

  void Attach(uint64_t slack, uint64_t capacity = kNoLimit) {
    gate_.Attach(slack, capacity);
  }

  FakeClock clock_;
  Gate gate_{clock_};
};

TEST_F(GateTest, UnattachedItAdmitsNothing) {
  EXPECT_EQ(gate_.Update(0), State::kUnattached);
  gate_.SetPacing({.received = 0, .allowed = kNoLimit, .slack = kNoLimit});
  EXPECT_EQ(gate_.Update(0), State::kUnattached);
}

TEST_F(GateTest, WithoutALearnerItHoldsAtTheSlack) {
  Attach(100);
  EXPECT_EQ(gate_.Update(99), State::kOpen);
  EXPECT_EQ(gate_.Update(100), State::kNoLearner);
}

TEST_F(GateTest, ALearnerThatLeavesIsHeldAgainstWhatItSaidLast) {
  Attach(100);
  gate_.SetPacing(
      {.received = 500, .allowed = 501, .slack = 200, .position = 300});
  EXPECT_EQ(gate_.Update(301), State::kPacing);
  gate_.LearnerLeft();
  EXPECT_EQ(gate_.Update(499), State::kOpen);
  EXPECT_EQ(gate_.Update(500), State::kNoLearner);
}

TEST_F(GateTest, ItSaysWhetherTheSlackOrThePaceHoldsRowsBack) {
  Attach(1);
  gate_.SetPacing(
      {.received = 1000, .allowed = 1050, .slack = 100, .position = 7});
  EXPECT_EQ(gate_.Update(7 + 49), State::kOpen);
  EXPECT_EQ(gate_.Update(7 + 50), State::kPacing);
  gate_.SetPacing(
      {.received = 1000, .allowed = 2000, .slack = 100, .position = 7});
  EXPECT_EQ(gate_.Update(7 + 99), State::kOpen);
  EXPECT_EQ(gate_.Update(7 + 100), State::kSlack);
}

TEST_F(GateTest, AFinishedRunAdmitsEverythingEvenWithoutItsLearner) {
  Attach(1);
  gate_.SetPacing({.finished = true});
  EXPECT_EQ(gate_.Update(1'000'000), State::kOpen);
  gate_.LearnerLeft();
  EXPECT_EQ(gate_.Update(2'000'000), State::kOpen);
}

TEST_F(GateTest, ALearnerThatReceivedMoreThanAllowedStopsEverybody) {
  Attach(100);
  gate_.SetPacing({.received = 10, .allowed = 9, .slack = 100});
  EXPECT_EQ(gate_.Update(0), State::kPacing);
}

TEST_F(GateTest, ThePacedRowsAlwaysFitIntoHalfTheTable) {
  Attach(1000, 300);
  EXPECT_EQ(gate_.Update(149), State::kOpen);
  EXPECT_EQ(gate_.Update(150), State::kNoLearner);
  gate_.SetPacing({.received = 0, .allowed = kNoLimit, .slack = 1000});
  EXPECT_EQ(gate_.Update(150), State::kSlack);
}

TEST_F(GateTest, APositionBeyondTheRowsThereAreHoldsNothing) {
  Attach(10);
  gate_.SetPacing({.allowed = kNoLimit, .slack = 10, .position = 500});
  EXPECT_EQ(gate_.held(20), 0u);
  EXPECT_EQ(gate_.Update(20), State::kOpen);
}

TEST_F(GateTest, ItAdmitsExactlyWhenTheRuleOfTheDesignDoes) {
  Philox random(3, Purpose::kTest);
  Attach(1);
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t position = random.NextBelow(20);
    const uint64_t held = random.NextBelow(20);
    const int64_t received = static_cast<int64_t>(random.NextBelow(20));
    const int64_t allowed = static_cast<int64_t>(random.NextBelow(40));
    const int64_t slack = static_cast<int64_t>(random.NextBelow(20));
    gate_.SetPacing({static_cast<uint64_t>(received),
                     static_cast<uint64_t>(allowed),
                     static_cast<uint64_t>(slack), position});
    const bool admits =
        static_cast<int64_t>(held) < std::min(slack, allowed - received);
    EXPECT_EQ(gate_.Update(position + held) == State::kOpen, admits)
        << position << " " << held << " " << received << " " << allowed << " "
        << slack;
  }
}

TEST_F(GateTest, ItTellsPeopleWhatItCompares) {
  Attach(100);
  gate_.SetPacing(
      {.received = 500, .allowed = 501, .slack = 200, .position = 300});
  EXPECT_EQ(gate_.Describe(310),
            "10 rows are held at or beyond the learner's position 300, the "
            "slack is 200; the learner has received 500 rows of 501 allowed");
}

TEST_F(GateTest, TimeIsCountedForTheStateThatWasInForceAlsoWhileItLasts) {
  clock_.Advance(absl::Seconds(3));
  gate_.Update(0);
  EXPECT_EQ(gate_.time_in(State::kUnattached), absl::Seconds(3));
  Attach(10);
  clock_.Advance(absl::Seconds(2));
  gate_.Update(10);
  EXPECT_EQ(gate_.time_in(State::kUnattached), absl::Seconds(5));
  clock_.Advance(absl::Seconds(4));
  gate_.Update(10);
  EXPECT_EQ(gate_.time_in(State::kNoLearner), absl::Seconds(4));
  clock_.Advance(absl::Seconds(4));
  gate_.Update(10);
  EXPECT_EQ(gate_.time_in(State::kNoLearner), absl::Seconds(8));
  gate_.SetPacing({.allowed = kNoLimit, .slack = 100});
  gate_.Update(10);
  clock_.Advance(absl::Seconds(1));
  gate_.Update(10);
  EXPECT_EQ(gate_.time_in(State::kOpen), absl::Seconds(1));
  EXPECT_EQ(gate_.time_in(State::kNoLearner), absl::Seconds(8));
}

}  // namespace
}  // namespace softfleet
