// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/philox.h"
#include "tests/transport/insert_fixture.h"
#include "tests/transport/scripted_shard.h"
#include "transport/insert_client.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Seen = ScriptedShard::Seen;
using Script = ScriptedShard::Script;

TEST(InsertFault, AfterACutUnacknowledgedBatchesComeAgainWithTheirNumbers) {
  ScriptedShard shard;
  shard.Change([](Script& script) { script.acknowledge = false; });
  InsertingActor actor(shard.address());
  actor.Append(0, 5);
  ASSERT_TRUE(shard.WaitUntil(
      [](const Seen& seen) { return seen.Stored().size() == 5; }));
  // The shard has lost what it never acknowledged: no loss for anybody.
  shard.Lose(0);
  ASSERT_TRUE(shard.WaitUntil([](const Seen& seen) {
    return seen.hellos.size() >= 2 && seen.Stored().size() == 5;
  }));
  shard.Change([](Script& script) { script.acknowledge = true; });
  actor.Append(5, 8);
  actor.Finish();
  const Seen seen = shard.seen();
  EXPECT_EQ(seen.Stored(), FirstNumbers(8));
  EXPECT_EQ(seen.sessions.size(), 1u);
  EXPECT_EQ(seen.gaps, 0);
  EXPECT_EQ(actor.client->counts().lost, 0u);
  EXPECT_GE(actor.metrics.retries.value(), 1);
}

TEST(InsertFault, ACutAtAnyBatchLosesAndRepeatsNothing) {
  for (int cut = 1; cut <= 8; ++cut) {
    SCOPED_TRACE(cut);
    ScriptedShard shard;
    shard.Change([cut](Script& script) { script.cut_after = cut; });
    InsertClient::Options options;
    options.batch_rows = 1;
    InsertingActor actor(shard.address(), options);
    actor.Append(0, 30);
    actor.Finish();
    EXPECT_EQ(shard.seen().Stored(), FirstNumbers(30));
    EXPECT_EQ(shard.seen().gaps, 0);
    EXPECT_EQ(actor.client->counts().acknowledged, 30u);
  }
}

TEST(InsertFault, AShardThatRestartedWithLessCostsThoseRowsAndNoMore) {
  ScriptedShard shard;
  InsertClient::Options options;
  options.batch_rows = 1;
  InsertingActor actor(shard.address(), options);
  actor.Append(0, 10);
  // All acknowledged at the client.
  while (actor.client->counts().acknowledged < 10) {
    ASSERT_TRUE(shard.WaitUntil(
        [](const Seen& seen) { return seen.Stored().size() == 10; }));
  }
  shard.Lose(6);
  actor.Append(10, 15);
  actor.Finish();
  const Seen seen = shard.seen();
  ASSERT_EQ(seen.sessions.size(), 2u);
  std::vector<uint64_t> expected = FirstNumbers(6);
  const std::vector<uint64_t> later = FirstNumbers(5, 10);
  expected.insert(expected.end(), later.begin(), later.end());
  EXPECT_EQ(seen.Stored(), expected);
  EXPECT_EQ(actor.client->counts().lost, 4u);
  EXPECT_EQ(actor.metrics.lost_shard_restart.value(), 4);
}

TEST(InsertFault, AShardThatKnowsNothingAnyMoreBeginsANewSession) {
  auto shard = std::make_unique<ScriptedShard>();
  const int port = shard->port();
  InsertingActor actor(shard->address());
  actor.Append(0, 10);
  while (actor.client->counts().acknowledged < 10) {
    ASSERT_TRUE(shard->WaitUntil(
        [](const Seen& seen) { return seen.Stored().size() == 10; }));
  }
  const std::string first_session = shard->seen().hellos.at(0).session();
  shard.reset();
  actor.Append(10, 20);
  shard = std::make_unique<ScriptedShard>(port);
  actor.Finish();
  const Seen seen = shard->seen();
  EXPECT_EQ(seen.Stored(), FirstNumbers(10, 10));
  EXPECT_EQ(seen.hellos.at(0).session(), first_session);
  EXPECT_NE(seen.hellos.back().session(), first_session);
  EXPECT_EQ(actor.client->counts().lost, 10u);
}

TEST(InsertFault, RowsWaitForAShardThatStartsLater) {
  int port = 0;
  { port = ScriptedShard().port(); }
  InsertingActor actor(absl::StrCat("127.0.0.1:", port));
  actor.Append(0, 5);
  EXPECT_FALSE(actor.client->connected());
  EXPECT_EQ(actor.client->waiting_for(), "connection");
  ScriptedShard shard(port);
  actor.Finish();
  EXPECT_EQ(shard.seen().Stored(), FirstNumbers(5));
}

TEST(InsertFault, FinishGoesOnOverACut) {
  ScriptedShard shard;
  shard.Change([](Script& script) { script.acknowledge = false; });
  InsertingActor actor(shard.address());
  actor.Append(0, 7);
  EXPECT_FALSE(actor.client->Finish(absl::ZeroDuration()).ok());
  ASSERT_TRUE(shard.WaitUntil(
      [](const Seen& seen) { return seen.Stored().size() == 7; }));
  shard.Change([](Script& script) { script.acknowledge = true; });
  shard.CutStreams();
  actor.Finish();
  EXPECT_EQ(shard.seen().Stored(), FirstNumbers(7));
}

TEST(InsertFault, AnotherRunsShardEndsTheClientAndSaysWhy) {
  ScriptedShard shard;
  shard.Change([](Script& script) {
    script.refuse_hello = absl::FailedPreconditionError(
        "this shard belongs to run run-1, not to run-7");
  });
  InsertingActor actor(shard.address());
  while (actor.client->status().ok())
    actor.client->Finish(kPatience).IgnoreError();
  const absl::Status status = actor.client->status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("belongs to run run-1"), HasSubstr("refuses")));
  EXPECT_EQ(actor.client->Append(TestBlock(0)), status);
  EXPECT_TRUE(actor.client->WaitForRoom(absl::ZeroDuration()));
  EXPECT_EQ(actor.client->Finish(kPatience), status);
}

TEST(InsertFault, AShardThatIsNotAttachedYetIsTriedAgain) {
  ScriptedShard shard;
  shard.Change([](Script& script) {
    script.refuse_hello = absl::UnavailableError("no learner has attached me");
  });
  InsertingActor actor(shard.address());
  actor.Append(0, 3);
  ASSERT_TRUE(shard.WaitUntil(
      [](const Seen& seen) { return seen.hellos.size() >= 2; }));
  shard.Change([](Script& script) { script.refuse_hello = absl::OkStatus(); });
  actor.Finish();
  EXPECT_EQ(shard.seen().Stored(), FirstNumbers(3));
}

TEST(InsertFault, AHelloThatIsNeverAnsweredIsTriedAgain) {
  ScriptedShard shard;
  shard.Change([](Script& script) { script.answer_hello = false; });
  InsertClient::Options options;
  options.welcome_timeout = absl::Milliseconds(20);
  InsertingActor actor(shard.address(), options);
  actor.Append(0, 3);
  ASSERT_TRUE(shard.WaitUntil(
      [](const Seen& seen) { return seen.hellos.size() >= 3; }));
  shard.Change([](Script& script) { script.answer_hello = true; });
  actor.Finish();
  EXPECT_EQ(shard.seen().Stored(), FirstNumbers(3));
}

struct SilentListener {
  SilentListener() : socket(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket, generic, size), 0);
    EXPECT_EQ(::listen(socket, 8), 0);
    EXPECT_EQ(::getsockname(socket, generic, &size), 0);
    port = ntohs(address.sin_port);
  }
  ~SilentListener() { ::close(socket); }
  int socket;
  int port = 0;
};

TEST(InsertFault, ItsEndInMidConnectIsPrompt) {
  const SilentListener listener;
  const absl::Time begin = absl::Now();
  {
    InsertingActor actor(absl::StrCat("127.0.0.1:", listener.port));
    actor.Append(0, 3);
  }
  {
    ScriptedShard shard;
    shard.Change([](Script& script) { script.answer_hello = false; });
    InsertingActor actor(shard.address());
    ASSERT_TRUE(
        shard.WaitUntil([](const Seen& seen) { return !seen.hellos.empty(); }));
    actor.client.reset();
  }
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
}

TEST(InsertFault, ItsEndBehindAByeThatIsNotAnsweredIsPrompt) {
  ScriptedShard shard;
  shard.Change([](Script& script) { script.ignore_bye = true; });
  const absl::Time begin = absl::Now();
  InsertingActor actor(shard.address());
  actor.Append(0, 3);
  EXPECT_EQ(actor.client->Finish(absl::Milliseconds(100)).code(),
            absl::StatusCode::kDeadlineExceeded);
  actor.client.reset();
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
}

TEST(InsertFault, RandomFaultsLoseOnlyWhatIsCounted) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    Philox random(seed, Purpose::kTest);
    ScriptedShard shard;
    InsertClient::Options options;
    options.batch_rows = 4;
    options.pending_rows = 64;
    InsertingActor actor(shard.address(), options);
    uint64_t appended = 0;
    for (int round = 0; round < 12; ++round) {
      const uint64_t more = random.NextBelow(60);
      actor.Append(appended, appended + more);
      appended += more;
      if (random.NextBelow(3) == 0) {
        shard.Lose(random.NextBelow(20));
      } else {
        shard.CutStreams();
      }
    }
    actor.Finish();
    const Seen seen = shard.seen();
    const std::vector<uint64_t> stored = seen.Stored();
    EXPECT_TRUE(std::is_sorted(stored.begin(), stored.end()));
    EXPECT_EQ(std::adjacent_find(stored.begin(), stored.end()), stored.end());
    const InsertCounts counts = actor.client->counts();
    EXPECT_EQ(counts.acknowledged, appended);
    EXPECT_EQ(stored.size(), appended - counts.lost);
    EXPECT_EQ(seen.gaps, 0);
  }
}

}  // namespace
}  // namespace softfleet
