// SPDX-License-Identifier: Apache-2.0
#include "learner/parameter_board.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>

#include "absl/strings/str_cat.h"
#include "core/crc32c.h"

namespace softfleet {
namespace {

constexpr absl::Duration kLong = absl::Seconds(30);

std::shared_ptr<const Snapshot> Version(uint64_t version) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->version = version;
  return snapshot;
}

std::string Encode(const Snapshot& snapshot) {
  return absl::StrCat("version ", snapshot.version);
}

// A question whose answer can be waited for; taken back if none has come.
class Question {
 public:
  Question(ParameterBoard& board, uint64_t have, bool for_evaluation,
           absl::Duration wait)
      : board_(&board),
        number_(board.Ask(have, for_evaluation, wait,
                          [this](const ParameterBoard::Answer& answer) {
                            answered_.set_value(answer);
                          })) {}
  ~Question() {
    if (!answered() && !board_->Forget(number_)) future_.wait();
  }
  bool answered() const {
    return future_.wait_for(std::chrono::seconds(0)) ==
           std::future_status::ready;
  }
  ParameterBoard::Answer answer() const { return future_.get(); }

 private:
  std::promise<ParameterBoard::Answer> answered_;
  std::shared_future<ParameterBoard::Answer> future_ = answered_.get_future();
  ParameterBoard* board_;
  uint64_t number_;
};

TEST(ParameterBoardTest, WhatIsThereIsAnsweredAtOnce) {
  ParameterBoard board(Encode);
  ASSERT_EQ(*board.Publish(Version(3)), 9);
  board.SetProgress(RunState::kRunning, 17);
  Question question(board, 2, false, kLong);
  ASSERT_TRUE(question.answered());
  const ParameterBoard::Answer answer = question.answer();
  EXPECT_EQ(answer.parameters->bytes, "version 3");
  EXPECT_EQ(answer.parameters->crc32c, Crc32c("version 3"));
  EXPECT_EQ(answer.state, RunState::kRunning);
  EXPECT_EQ(answer.updates, 17);
}

TEST(ParameterBoardTest, WhoHasTheNewestWaitsForTheNext) {
  ParameterBoard board(Encode);
  ASSERT_TRUE(board.Publish(Version(3)).ok());
  Question first(board, 3, false, kLong), second(board, 3, false, kLong);
  EXPECT_FALSE(first.answered());
  ASSERT_TRUE(board.Publish(Version(4)).ok());
  const auto answer = first.answer();
  EXPECT_EQ(answer.parameters->bytes, "version 4");
  // Serialised once.
  EXPECT_EQ(second.answer().parameters, answer.parameters);
}

TEST(ParameterBoardTest, WhenTheTimeIsUpNothingHasChanged) {
  ParameterBoard board(Encode);
  ASSERT_TRUE(board.Publish(Version(3)).ok());
  Question later(board, 3, false, kLong);
  Question question(board, 3, false, absl::Milliseconds(20));
  EXPECT_EQ(question.answer().parameters, nullptr);
  EXPECT_FALSE(later.answered());
  Question now(board, 3, false, absl::Seconds(-1));
  EXPECT_TRUE(now.answered());
}

TEST(ParameterBoardTest, VersionsNeverFall) {
  ParameterBoard board(Encode);
  ASSERT_TRUE(board.Publish(Version(3)).ok());
  EXPECT_EQ(board.Publish(Version(3)).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(ParameterBoardTest, TheEndOfTheRunIsToldToWhoeverWaits) {
  ParameterBoard board(Encode);
  Question question(board, 0, true, kLong);
  board.SetProgress(RunState::kRunning, 1);
  EXPECT_FALSE(question.answered());
  board.SetProgress(RunState::kFailed, 2);
  EXPECT_EQ(question.answer().state, RunState::kFailed);
  // Who asks afterwards is told soon.
  const absl::Time asked = absl::Now();
  Question late(board, 0, false, kLong);
  EXPECT_EQ(late.answer().state, RunState::kFailed);
  EXPECT_LT(absl::Now() - asked, kLong);
}

TEST(ParameterBoardTest, OnlyRequestedSnapshotsAreForEvaluation) {
  ParameterBoard board(Encode);
  ASSERT_TRUE(board.Publish(Version(1)).ok());
  Question evaluator(board, 0, true, kLong);
  EXPECT_FALSE(evaluator.answered());
  board.RequestEvaluation(false);
  EXPECT_EQ(evaluator.answer().parameters->snapshot->version, 1);
  ASSERT_TRUE(board.Publish(Version(2)).ok());
  Question next(board, 1, true, kLong);
  EXPECT_FALSE(next.answered());
  EXPECT_EQ(board.FinishEvaluation(2), nullptr);
  EXPECT_EQ(board.FinishEvaluation(1)->version, 1);
  EXPECT_EQ(board.skipped_evaluations(), 0);
}

TEST(ParameterBoardTest, AForgottenQuestionIsNeverAnswered) {
  ParameterBoard board(Encode);
  std::atomic<int> calls = 0;
  const uint64_t number =
      board.Ask(0, false, kLong, [&](const auto&) { ++calls; });
  EXPECT_TRUE(board.Forget(number));
  EXPECT_FALSE(board.Forget(number));
  ASSERT_TRUE(board.Publish(Version(1)).ok());
  EXPECT_EQ(calls, 0);
}

TEST(ParameterBoardTest, WhoWaitsAtTheEndIsAnswered) {
  std::optional<ParameterBoard> board(std::in_place, Encode);
  Question question(*board, 0, false, kLong);
  board.reset();
  EXPECT_EQ(question.answer().parameters, nullptr);
}

// Every question is answered once, whatever happens at the same time.
TEST(ParameterBoardTest, ManyAskWhileManyArePublished) {
  std::atomic<int> answers = 0;
  int asked = 0;
  {
    ParameterBoard board(Encode);
    Thread publisher("publisher", [&board] {
      for (uint64_t version = 1; version <= 300; ++version) {
        EXPECT_TRUE(board.Publish(Version(version)).ok());
        if (version % 10 == 0) board.RequestEvaluation(false);
      }
    });
    for (; asked < 3000; ++asked) {
      const uint64_t number = board.Ask(asked % 290, asked % 7 == 0,
                                        absl::Microseconds(asked % 5 * 300),
                                        [&answers](const auto&) { ++answers; });
      if (asked % 11 == 0 && board.Forget(number)) ++answers;
    }
  }
  EXPECT_EQ(answers, asked);
}

}  // namespace
}  // namespace softfleet
