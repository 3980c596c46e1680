// SPDX-License-Identifier: Apache-2.0
#include "learner/evaluation_requests.h"

#include <gtest/gtest.h>

#include "learner/parameter_board.h"

namespace softfleet {
namespace {

std::shared_ptr<const Parameters> Some() {
  return std::make_shared<const Parameters>();
}

TEST(EvaluationRequestsTest, ANewerRequestReplacesOneThatWasNotFetched) {
  EvaluationRequests requests;
  const auto first = Some(), second = Some();
  requests.Request(first, 1, false);
  requests.Request(second, 2, false);
  EXPECT_EQ(requests.skipped(), 1);
  EXPECT_EQ(requests.Finish(1), nullptr);
  EXPECT_EQ(requests.Fetch(0), second);
}

TEST(EvaluationRequestsTest, OneThatWasFetchedIsKeptUntilItsReport) {
  EvaluationRequests requests;
  const auto first = Some(), second = Some();
  requests.Request(first, 1, false);
  EXPECT_EQ(requests.Fetch(0), first);
  requests.Request(second, 2, false);
  EXPECT_EQ(requests.skipped(), 0);
  EXPECT_EQ(requests.Finish(1), first);
  EXPECT_EQ(requests.Finish(1), nullptr);
  EXPECT_EQ(requests.Fetch(1), second);
  // Another evaluator gets it too, whoever has it does not.
  EXPECT_EQ(requests.Fetch(0), second);
  EXPECT_EQ(requests.Fetch(2), nullptr);
}

TEST(EvaluationRequestsTest, ANewerReportEndsTheOlderRequests) {
  EvaluationRequests requests;
  for (uint64_t version = 1; version <= 3; ++version) {
    requests.Request(Some(), version, false);
    requests.Fetch(0);
  }
  EXPECT_NE(requests.Finish(2), nullptr);
  EXPECT_EQ(requests.skipped(), 1);
  EXPECT_EQ(requests.Finish(1), nullptr);
  EXPECT_NE(requests.Finish(3), nullptr);
  EXPECT_TRUE(requests.empty());
}

TEST(EvaluationRequestsTest, TheFinalOneIsNeverReplaced) {
  EvaluationRequests requests;
  const auto final = Some();
  requests.Request(Some(), 1, false);
  requests.Request(final, 2, true);
  requests.Request(Some(), 3, false);
  requests.Request(Some(), 4, true);
  EXPECT_EQ(requests.Fetch(0), final);
  EXPECT_EQ(requests.Finish(2), final);
}

TEST(EvaluationRequestsTest, EvaluatorsThatNeverReportLeaveFewBehind) {
  EvaluationRequests requests;
  for (uint64_t version = 1; version <= 100; ++version) {
    requests.Request(Some(), version, false);
    requests.Fetch(version - 1);
  }
  EXPECT_EQ(requests.skipped(), 100 - EvaluationRequests::kFetched);
  EXPECT_NE(requests.Finish(97), nullptr);
}

}  // namespace
}  // namespace softfleet
