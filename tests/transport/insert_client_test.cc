// SPDX-License-Identifier: Apache-2.0
#include "transport/insert_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/transport/insert_fixture.h"
#include "tests/transport/scripted_shard.h"

namespace softfleet {
namespace {

using ::testing::HasSubstr;
using Seen = ScriptedShard::Seen;
using Script = ScriptedShard::Script;

TEST(InsertClient, WhatIsAppendedIsStoredOnceAndInOrder) {
  ScriptedShard shard;
  InsertingActor actor(shard.address());
  actor.Append(0, 200);
  actor.Finish();
  const Seen seen = shard.seen();
  EXPECT_EQ(seen.Stored(), FirstNumbers(200));
  ASSERT_EQ(seen.sessions.size(), 1u);
  EXPECT_TRUE(seen.sessions.begin()->second.said_bye);
  EXPECT_EQ(seen.repeated_batches, 0);
  const v1::Hello& hello = seen.hellos.at(0);
  EXPECT_EQ(hello.session().size(), 16u);
  EXPECT_EQ(hello.run_id(), "run-7");
  EXPECT_EQ(hello.client(), "test");
  EXPECT_EQ(hello.protocol(), v1::PROTOCOL_CURRENT);
  EXPECT_EQ(actor.client->counts().acknowledged, 200u);
  EXPECT_EQ(actor.metrics.acknowledged_rows.value(), 200);
  EXPECT_EQ(actor.metrics.buffer_rows.value(), 0);
  EXPECT_EQ(actor.metrics.buffer_bytes.value(), 0);
}

TEST(InsertClient, AFinishedSessionTakesNoMoreRows) {
  ScriptedShard shard;
  InsertingActor actor(shard.address());
  actor.Append(0, 1);
  actor.Finish();
  EXPECT_EQ(actor.client->Append(TestBlock(1)).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(InsertClient, TwoClientsHaveTwoSessions) {
  ScriptedShard shard;
  InsertingActor one(shard.address());
  InsertingActor two(shard.address());
  one.Append(0, 1);
  two.Append(1, 2);
  one.Finish();
  two.Finish();
  EXPECT_EQ(shard.seen().sessions.size(), 2u);
}

TEST(InsertClient, RepeatedAcknowledgementsCountOnce) {
  ScriptedShard shard;
  shard.Change([](Script& script) { script.acknowledge_twice = true; });
  InsertingActor actor(shard.address());
  actor.Append(0, 50);
  actor.Finish();
  EXPECT_EQ(actor.client->counts().acknowledged, 50u);
  EXPECT_EQ(shard.seen().Stored(), FirstNumbers(50));
}

TEST(InsertClient, ARejectedBatchIsCountedAndTheRestGoesOn) {
  ScriptedShard shard;
  shard.Change([](Script& script) { script.refused = {3}; });
  InsertClient::Options options;
  options.batch_rows = 1;
  InsertingActor actor(shard.address(), options);
  ::testing::internal::CaptureStderr();
  actor.Append(0, 10);
  actor.Finish();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("rewards[0] is nan"));
  EXPECT_EQ(actor.client->counts().rejected, 1u);
  EXPECT_EQ(actor.client->counts().acknowledged, 9u);
  EXPECT_EQ(actor.metrics.rejected_rows.value(), 1);
  EXPECT_EQ(shard.seen().Stored().size(), 9u);
  EXPECT_TRUE(actor.client->status().ok());
}

TEST(InsertClient, NeverMoreBytesAreOnTheWayThanTheCredit) {
  ScriptedShard shard;
  shard.Change([](Script& script) {
    script.acknowledge = false;
    script.credit_bytes = 1000;
    script.max_batch_bytes = 500;
    script.waiting_for = "slack";
  });
  InsertingActor actor(shard.address());
  actor.Append(0, 100);
  ASSERT_TRUE(shard.WaitUntil(
      [](const Seen& seen) { return seen.most_unacknowledged_bytes > 500; }));
  EXPECT_LT(shard.seen().Stored().size(), 100u);
  shard.Change([](Script& script) { script.acknowledge = true; });
  actor.Finish();
  EXPECT_EQ(shard.seen().Stored(), FirstNumbers(100));
  EXPECT_LE(shard.seen().most_unacknowledged_bytes, 1000u);
}

TEST(InsertClient, SaysWhyTheShardAdmitsNothing) {
  ScriptedShard shard;
  shard.Change([](Script& script) {
    script.acknowledge = false;
    script.waiting_for = "pacing";
  });
  InsertClient::Options options;
  options.pending_rows = 4;
  InsertingActor actor(shard.address(), options);
  actor.Append(0, 4);
  while (actor.client->waiting_for() != "pacing") {
    ASSERT_FALSE(actor.client->WaitForRoom(absl::Milliseconds(1)));
  }
  shard.Change([](Script& script) {
    script.acknowledge = true;
    script.waiting_for = "";
  });
  EXPECT_TRUE(actor.client->WaitForRoom(kPatience));
  EXPECT_EQ(actor.client->waiting_for(), "");
}

TEST(InsertClient, WhenFullItWaitsAndTakesNothing) {
  ScriptedShard shard;
  shard.Change([](Script& script) { script.acknowledge = false; });
  InsertClient::Options options;
  options.pending_rows = 10;
  InsertingActor actor(shard.address(), options);
  actor.Append(0, 10);
  EXPECT_FALSE(actor.client->WaitForRoom(absl::ZeroDuration()));
  const absl::Status full = actor.client->Append(TestBlock(10));
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(full.message(), HasSubstr("10 rows"));
  EXPECT_EQ(actor.client->counts().appended, 10u);
  shard.Change([](Script& script) { script.acknowledge = true; });
  actor.Append(10, 30);
  actor.Finish();
  EXPECT_EQ(shard.seen().Stored(), FirstNumbers(30));
}

TEST(InsertClient, WhenFullItDropsTheNewBlockIfToldSo) {
  ScriptedShard shard;
  shard.Change([](Script& script) { script.acknowledge = false; });
  InsertClient::Options options;
  options.pending_rows = 10;
  options.overflow = InsertClient::Overflow::kDrop;
  InsertingActor actor(shard.address(), options);
  actor.Append(0, 25);
  EXPECT_EQ(actor.client->counts().appended, 10u);
  EXPECT_EQ(actor.client->counts().dropped, 15u);
  EXPECT_EQ(actor.metrics.lost_overflow.value(), 15);
  shard.Change([](Script& script) { script.acknowledge = true; });
  actor.Finish();
  EXPECT_EQ(shard.seen().Stored(), FirstNumbers(10));
}

TEST(InsertClient, FinishWaitsUntilEverythingIsDurable) {
  ScriptedShard shard;
  shard.Change([](Script& script) { script.acknowledge = false; });
  InsertingActor actor(shard.address());
  actor.Append(0, 7);
  const absl::Status late = actor.client->Finish(absl::Milliseconds(50));
  EXPECT_EQ(late.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(late.message(), HasSubstr("7 rows"));
  shard.Change([](Script& script) { script.acknowledge = true; });
  actor.Finish();
  EXPECT_EQ(actor.client->counts().acknowledged, 7u);
}

TEST(InsertClient, FinishWithoutRowsNeedsNoShard) {
  int port = 0;
  { port = ScriptedShard().port(); }
  InsertingActor actor(absl::StrCat("127.0.0.1:", port));
  actor.Finish();
}

// Accepts connections and never says a word.
// Streams are cut, and the shard forgets its newest batches, at random.
}  // namespace
}  // namespace softfleet
