// SPDX-License-Identifier: Apache-2.0
#include "replay_server/session_registry.h"

#include <gtest/gtest.h>

#include <string>

#include "replay_server/stream_credit.h"

namespace softfleet {
namespace {

using Verdict = SessionRegistry::Verdict;

std::string Id(int number) {
  std::string id = std::to_string(number);
  id.resize(SessionRegistry::kIdBytes, '.');
  return id;
}

v1::Rejection Rejection(uint64_t seq) {
  v1::Rejection rejection;
  rejection.set_seq(seq);
  return rejection;
}

TEST(SessionRegistryTest, ASessionIsSixteenBytes) {
  EXPECT_TRUE(SessionRegistry::CheckId(Id(1)).ok());
  EXPECT_EQ(SessionRegistry::CheckId("short").message(),
            "session has 5 bytes, expected 16");
}

TEST(SessionRegistryTest, OnlyTheNextNumberIsNext) {
  EXPECT_EQ(SessionRegistry::Judge(0, 1), Verdict::kNext);
  EXPECT_EQ(SessionRegistry::Judge(5, 5), Verdict::kDuplicate);
  EXPECT_EQ(SessionRegistry::Judge(5, 1), Verdict::kDuplicate);
  EXPECT_EQ(SessionRegistry::Judge(5, 7), Verdict::kGap);
  EXPECT_EQ(SessionRegistry::Judge(5, ~uint64_t{0}), Verdict::kGap);
}

TEST(SessionRegistryTest, ASessionGoesOnWhereItWasOnItsNextStream) {
  SessionRegistry registry;
  Session* const session = registry.Claim(Id(1), 10).session;
  SessionRegistry::Stored(session, 1, 32);
  SessionRegistry::Refused(session, Rejection(2));
  registry.Release(session, 10);
  EXPECT_EQ(registry.live(), 0u);
  const auto again = registry.Claim(Id(1), 11);
  EXPECT_EQ(again.superseded, 0u);
  EXPECT_EQ(again.session->last_seq, 2u);
  EXPECT_EQ(again.session->rows, 32u);
  ASSERT_EQ(again.session->rejected.size(), 1u);
  EXPECT_EQ(again.session->rejected[0].seq(), 2u);
}

TEST(SessionRegistryTest, ANewerStreamTakesTheSessionOver) {
  SessionRegistry registry;
  Session* const session = registry.Claim(Id(1), 10).session;
  const auto taken = registry.Claim(Id(1), 11);
  EXPECT_EQ(taken.superseded, 10u);
  EXPECT_EQ(taken.session, session);
  EXPECT_EQ(registry.live(), 1u);
  registry.Release(session, 10);  // speaks for nobody any more
  EXPECT_EQ(session->stream, 11u);
  EXPECT_EQ(registry.live(), 1u);
}

TEST(SessionRegistryTest, TheLongestIdleSessionIsForgottenNeverALiveOne) {
  SessionRegistry registry(3);
  uint64_t stream = 1;
  Session* const live = registry.Claim(Id(0), stream++).session;
  SessionRegistry::Stored(live, 7, 1);
  for (int number = 1; number <= 3; ++number) {
    Session* const session = registry.Claim(Id(number), stream).session;
    SessionRegistry::Stored(session, 9, 1);
    registry.Release(session, stream++);
  }
  EXPECT_EQ(registry.size(), 3u);
  EXPECT_EQ(registry.Claim(Id(2), stream++).session->last_seq, 9u);
  EXPECT_EQ(registry.Claim(Id(0), stream++).session->last_seq, 7u);
  EXPECT_EQ(registry.Claim(Id(1), stream++).session->last_seq, 0u);
}

TEST(SessionRegistryTest, KeepsTheNewestRefusals) {
  SessionRegistry registry;
  Session* const session = registry.Claim(Id(1), 1).session;
  for (uint64_t seq = 1; seq <= 100; ++seq) {
    SessionRegistry::Refused(session, Rejection(seq));
  }
  EXPECT_EQ(session->rejected.size(), SessionRegistry::kKeptRejections);
  EXPECT_EQ(session->rejected.back().seq(), 100u);
}

TEST(StreamCreditTest, ReadingStopsWhileTheQueueIsFullAndGoesOnOnce) {
  StreamCredit credit(100);
  EXPECT_EQ(credit.Take(60), StreamCredit::Taken::kReadOn);
  EXPECT_EQ(credit.Take(40), StreamCredit::Taken::kPause);
  EXPECT_TRUE(credit.Return(60));
  EXPECT_FALSE(credit.Return(40));
  EXPECT_EQ(credit.used(), 0u);
}

TEST(StreamCreditTest, MoreThanTheCreditIsNotTaken) {
  StreamCredit credit(100);
  EXPECT_EQ(credit.Take(60), StreamCredit::Taken::kReadOn);
  EXPECT_EQ(credit.Take(41), StreamCredit::Taken::kExceeded);
  EXPECT_EQ(credit.Take(~uint64_t{0}), StreamCredit::Taken::kExceeded);
  EXPECT_EQ(credit.used(), 60u);
}

TEST(StreamCreditTest, ManySmallBatchesFillTheQueueToo) {
  StreamCredit credit(1 << 20);
  for (uint64_t i = 1; i < StreamCredit::kMostBatches; ++i) {
    ASSERT_EQ(credit.Take(1), StreamCredit::Taken::kReadOn);
  }
  EXPECT_EQ(credit.Take(1), StreamCredit::Taken::kPause);
  EXPECT_TRUE(credit.Return(1));
}

}  // namespace
}  // namespace softfleet
