// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/thread.h"
#include "experience/run_phase.h"
#include "tests/transport/random_values.h"
#include "tests/transport/scripted_learner.h"
#include "transport/channel.h"
#include "transport/codec.h"
#include "transport/learner_client.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Seconds(10);

// A random snapshot of run "r" with that version, and a tensor of `bytes`.
Snapshot MakeSnapshot(uint64_t version, size_t bytes = 100) {
  RandomValues random(version);
  Snapshot snapshot = random.MakeSnapshot();
  snapshot.run_id = "r";
  snapshot.version = version;
  const std::string data = random.Bytes(bytes);
  Tensor& tensor = snapshot.tensors["large"];
  tensor = {DType::kU8, {static_cast<int64_t>(bytes)}, {}};
  for (const char byte : data) {
    tensor.bytes.push_back(static_cast<std::byte>(byte));
  }
  return snapshot;
}

class ParameterClientTest : public testing::Test {
 protected:
  ParameterClientTest() : learner_(std::in_place) {}

  // A client of run "r" that loses no time between tries.
  static ParameterClient::Options Impatient() {
    ParameterClient::Options options;
    options.run_id = "r";
    options.backoff = {.initial = absl::Milliseconds(1),
                       .max = absl::Milliseconds(5)};
    return options;
  }

  std::unique_ptr<ParameterClient> Connect(
      const ParameterClient::Options& options = Impatient()) {
    auto channel = MakeChannel(learner_->address(), {});
    EXPECT_TRUE(channel.ok()) << channel.status();
    return std::make_unique<ParameterClient>(*channel, options);
  }

  // Gives `bad`, waits until it was taken and another question came, and
  // expects that the client still has what it had.
  void ExpectDropped(ParameterClient& client, ScriptedAnswer bad) {
    const auto before = *client.Latest(0);
    learner_->Give(std::move(bad));
    learner_->WaitUntilAllIsTaken();
    const auto after = client.Latest(0);
    ASSERT_TRUE(after.ok()) << after.status();
    EXPECT_EQ(*after, before);
  }

  // Gives a snapshot and waits until the client has it.
  void ExpectTaken(ParameterClient& client, const Snapshot& snapshot) {
    learner_->Give(WholeSnapshot(snapshot));
    const auto latest = client.WaitForNewer(snapshot.version - 1, kPatience);
    ASSERT_TRUE(latest.ok()) << latest.status();
    ASSERT_NE(*latest, nullptr);
    EXPECT_TRUE(SameBits(**latest, snapshot));
  }

  std::optional<ScriptedLearner> learner_;
};

TEST_F(ParameterClientTest, LatestNeverWaits) {
  const auto client = Connect();
  EXPECT_EQ(*client->Latest(0), nullptr);
  EXPECT_EQ(client->phase(), RunState::kWaiting);
}

TEST_F(ParameterClientTest, ASnapshotOfManyChunksArrivesBitForBit) {
  const auto client = Connect();
  const Snapshot snapshot = MakeSnapshot(1, 5 << 20);
  ASSERT_GE(WholeSnapshot(snapshot).chunks.size(), 6u);
  ExpectTaken(*client, snapshot);
  EXPECT_EQ(*client->Latest(1), nullptr);
}

TEST_F(ParameterClientTest, SaysWhatItHasAndWhatItWants) {
  ParameterClient::Options options = Impatient();
  options.for_evaluation = true;
  options.max_wait = absl::Seconds(7);
  const auto client = Connect(options);
  ExpectTaken(*client, MakeSnapshot(41));
  learner_->WaitUntilAllIsTaken();
  const auto questions = learner_->questions();
  EXPECT_EQ(questions[0].have_version(), 0u);
  EXPECT_EQ(questions[1].have_version(), 41u);
  EXPECT_EQ(questions[1].max_wait_seconds(), 7);
  EXPECT_TRUE(questions[1].for_evaluation());
}

TEST_F(ParameterClientTest, UnchangedKeepsTheSnapshotAndTellsHowFarTheRunIs) {
  const auto client = Connect();
  ExpectTaken(*client, MakeSnapshot(1));
  ExpectDropped(*client, Unchanged(v1::RUN_PHASE_WARMING, 17));
  EXPECT_EQ(client->phase(), RunState::kWarming);
  EXPECT_EQ(client->learner_updates(), 17u);
}

TEST_F(ParameterClientTest, AByteFlippedInFlightIsNeverSeen) {
  const auto client = Connect();
  RandomValues random(7);
  uint64_t version = 0;
  for (int i = 0; i < 12; ++i) {
    const Snapshot snapshot = MakeSnapshot(++version, 3 << 20);
    ScriptedAnswer bad = WholeSnapshot(snapshot);
    const int64_t last = std::ssize(bad.chunks) - 1;
    std::string& data = *bad.chunks[random.Integer(0, last)].mutable_data();
    const size_t at = random.Integer(0, std::ssize(data) - 1);
    data[at] = static_cast<char>(data[at] ^ (1 << random.Integer(0, 7)));
    SCOPED_TRACE(absl::StrCat("case ", i, ", byte ", at));
    ExpectDropped(*client, std::move(bad));
    if (i % 4 == 0) ExpectTaken(*client, snapshot);
  }
}

TEST_F(ParameterClientTest, DamagedAnswersAreDroppedAndAskedForAgain) {
  const auto client = Connect();
  ExpectTaken(*client, MakeSnapshot(1));
  const ScriptedAnswer good = WholeSnapshot(MakeSnapshot(2, 3 << 20));
  const auto damage = [&](auto change) {
    ScriptedAnswer bad = good;
    change(bad.chunks);
    ExpectDropped(*client, std::move(bad));
  };
  using Chunks = std::vector<v1::ParameterChunk>;
  damage([](Chunks& c) { c.pop_back(); });                  // cut short
  damage([](Chunks& c) { c.erase(c.begin()); });            // head missing
  damage([](Chunks& c) { std::swap(c[0], c[1]); });         // reordered
  damage([](Chunks& c) { c.insert(c.begin(), c[0]); });     // repeated
  damage([](Chunks& c) { c.push_back(c[0]); });             // too much
  damage([](Chunks& c) { c.back().set_total_bytes(1); });   // wrong length
  damage([](Chunks& c) { c.back().clear_crc32c(); });       // no checksum
  damage([](Chunks& c) { c.back().set_unchanged(true); });  // both
  damage([](Chunks& c) { c.clear(); });                     // nothing
  damage([](Chunks& c) { c.back().clear_last(); });         // no end
  ExpectTaken(*client, MakeSnapshot(3));
}

TEST_F(ParameterClientTest, AStreamThatBreaksIsDroppedAndAskedForAgain) {
  const auto client = Connect();
  ScriptedAnswer broken = WholeSnapshot(MakeSnapshot(1));
  broken.status = grpc::Status(grpc::StatusCode::INTERNAL, "broke");
  ExpectDropped(*client, std::move(broken));
  ExpectTaken(*client, MakeSnapshot(2));
}

TEST_F(ParameterClientTest, GarbageWithARightChecksumIsDropped) {
  const auto client = Connect();
  ExpectDropped(*client, WholeBytes("garbage"));
  ExpectDropped(*client, WholeBytes(""));
  RandomValues random(3);
  ExpectDropped(*client, WholeBytes(random.Bytes(2 << 20)));
  ExpectTaken(*client, MakeSnapshot(1));
}

TEST_F(ParameterClientTest, VersionsNeverFallOrRepeat) {
  const auto client = Connect();
  ExpectTaken(*client, MakeSnapshot(uint64_t{2} << 32));
  ExpectDropped(*client, WholeSnapshot(MakeSnapshot(uint64_t{2} << 32)));
  ExpectDropped(*client, WholeSnapshot(MakeSnapshot((uint64_t{1} << 32) + 9)));
  ExpectDropped(*client, WholeSnapshot(MakeSnapshot(0)));
  ExpectTaken(*client, MakeSnapshot((uint64_t{2} << 32) + 1));
}

TEST_F(ParameterClientTest, AnotherRunsSnapshotEndsTheClientWithBothIds) {
  const auto client = Connect();
  ExpectTaken(*client, MakeSnapshot(1));
  Snapshot other = MakeSnapshot(2);
  other.run_id = "another-run";
  learner_->Give(WholeSnapshot(other));
  const auto waited = client->WaitForNewer(1, kPatience);
  ASSERT_EQ(waited.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(waited.status().message()),
              AllOf(HasSubstr("run another-run"), HasSubstr("run r"),
                    HasSubstr("start it again")));
  EXPECT_EQ(client->Latest(0).status(), waited.status());
}

TEST_F(ParameterClientTest, WithoutARunAnyRunsSnapshotIsTaken) {
  const auto client = Connect({});
  ExpectTaken(*client, MakeSnapshot(1));
}

TEST_F(ParameterClientTest, WaitingEndsWithNothingWhenTheTimeIsUp) {
  const auto client = Connect();
  EXPECT_EQ(*client->WaitForNewer(0, absl::Milliseconds(20)), nullptr);
}

TEST_F(ParameterClientTest, TheRunsEndWakesWhoWaits) {
  for (const v1::RunPhase phase :
       {v1::RUN_PHASE_FINISHED, v1::RUN_PHASE_FAILED}) {
    learner_.emplace();
    const auto client = Connect();
    learner_->Give(Unchanged(phase));
    const auto waited = client->WaitForNewer(0, absl::Hours(1));
    ASSERT_TRUE(waited.ok()) << waited.status();
    EXPECT_EQ(*waited, nullptr);
    EXPECT_EQ(client->phase(), DecodePhase(phase));
  }
}

TEST_F(ParameterClientTest, OtherPhasesDoNotWakeWhoWaits) {
  const auto client = Connect();
  std::atomic<bool> woken = false;
  Thread waiter("waiter", [&] {
    EXPECT_NE(*client->WaitForNewer(0, kPatience), nullptr);
    woken = true;
  });
  learner_->Give(Unchanged(v1::RUN_PHASE_WARMING));
  learner_->Give(Unchanged(v1::RUN_PHASE_RUNNING));
  learner_->WaitUntilAllIsTaken();
  EXPECT_FALSE(woken);
  learner_->Give(WholeSnapshot(MakeSnapshot(1)));
}

TEST_F(ParameterClientTest, TheEndIsNotSeenBeforeTheSnapshotItCameWith) {
  const auto client = Connect();
  learner_->Give(
      WholeSnapshot(MakeSnapshot(1, 5 << 20), v1::RUN_PHASE_FINISHED));
  const auto waited = client->WaitForNewer(0, kPatience);
  ASSERT_TRUE(waited.ok()) << waited.status();
  ASSERT_NE(*waited, nullptr);
  EXPECT_EQ(client->phase(), RunState::kFinished);
}

TEST_F(ParameterClientTest, AnEndInADamagedAnswerIsNotBelieved) {
  const auto client = Connect();
  ScriptedAnswer bad =
      WholeSnapshot(MakeSnapshot(1, 2 << 20), v1::RUN_PHASE_FAILED);
  (*bad.chunks[0].mutable_data())[5] ^= 1;
  ExpectDropped(*client, std::move(bad));
  EXPECT_EQ(client->phase(), RunState::kWaiting);
}

TEST_F(ParameterClientTest, ALearnerThatDiesAndComesBackIsFoundAgain) {
  const auto client = Connect();
  const std::string address = learner_->address();
  ExpectTaken(*client, MakeSnapshot(1));
  for (uint64_t life = 1; life < 4; ++life) {
    const uint64_t version = (*client->Latest(0))->version;
    learner_.reset();
    EXPECT_EQ((*client->Latest(0))->version, version);
    learner_.emplace(address);
    ExpectTaken(*client, MakeSnapshot(life << 32));
    if (HasFatalFailure()) return;
  }
}

TEST_F(ParameterClientTest, EndingTheClientEndsItsLongPoll) {
  ParameterClient::Options options = Impatient();
  options.max_wait = absl::Minutes(1);
  auto client = Connect(options);
  learner_->WaitForQuestions(1);
  const absl::Time began = absl::Now();
  client.reset();
  EXPECT_LT(absl::Now() - began, absl::Seconds(10));
}

TEST_F(ParameterClientTest, EndsWhileItsLearnerIsAway) {
  auto client = Connect();
  learner_.reset();
  EXPECT_EQ(*client->WaitForNewer(0, absl::Milliseconds(50)), nullptr);
  const absl::Time began = absl::Now();
  client.reset();
  EXPECT_LT(absl::Now() - began, absl::Seconds(10));
}

TEST_F(ParameterClientTest, ALearnerThatAnswersAtOnceIsNotAskedInALoop) {
  const auto client = Connect({});
  for (int i = 0; i < 1000; ++i) {
    learner_->Give(Unchanged(v1::RUN_PHASE_RUNNING));
  }
  EXPECT_EQ(*client->WaitForNewer(0, absl::Milliseconds(500)), nullptr);
  EXPECT_LT(learner_->questions().size(), 20u);
}

TEST_F(ParameterClientTest, ReadersSeeRisingVersionsOnly) {
  const auto client = Connect();
  std::atomic<bool> done = false;
  const auto read = [&] {
    uint64_t have = 0;
    while (!done) {
      const auto latest = client->WaitForNewer(have, absl::Milliseconds(50));
      ASSERT_TRUE(latest.ok()) << latest.status();
      if (*latest == nullptr) continue;
      ASSERT_GT((*latest)->version, have);
      have = (*latest)->version;
    }
  };
  Thread readers[] = {{"reader 1", read}, {"reader 2", read}};
  RandomValues random(11);
  for (uint64_t version = 1; version <= 60; ++version) {
    learner_->Give(WholeSnapshot(MakeSnapshot(version)));
    if (version % 20 == 0) {
      learner_->Give(WholeSnapshot(MakeSnapshot(random.Integer(0, version))));
    }
  }
  EXPECT_NE(*client->WaitForNewer(59, kPatience), nullptr);
  done = true;
}

}  // namespace
}  // namespace softfleet
