// SPDX-License-Identifier: Apache-2.0
// Random clients, cuts, repetitions and gates against the promise of
// sessions: acknowledged is a part of stored, stored of sent, nothing twice,
// in order; and everything that was sent is stored after Bye.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/log.h"
#include "core/philox.h"
#include "tests/replay_server/sequencer_fixture.h"

namespace softfleet {
namespace {

using testing::ScriptedPeer;
using testing::SequencerFixture;
using testing::TestBatch;
using testing::TestBlock;

class SequencerPropertyTest : public SequencerFixture {
 protected:
  // A client that obeys the rules, on connections that do not.
  struct Client {
    uint64_t number = 0;
    std::vector<v1::Batch> batches;         // all it has, seq = index + 1
    std::vector<std::set<uint64_t>> steps;  // of each; empty if invalid
    uint64_t sent = 0;                      // seq
    uint64_t most_sent = 0;
    uint64_t acknowledged = 0;
    bool said_bye = false;
    bool done = false;
    uint64_t stream = 0;
    std::unique_ptr<ScriptedPeer> peer;
    size_t heard = 0;  // replies
  };

  SequencerPropertyTest() { SetLogLevel(LogLevel::kError); }
  ~SequencerPropertyTest() override { SetLogLevel(LogLevel::kInfo); }

  Client MakeClient(uint64_t number, Philox& random) {
    Client client;
    client.number = number;
    uint64_t step = 0;
    const uint64_t batches = random.NextBelow(12);
    for (uint64_t seq = 1; seq <= batches; ++seq) {
      const bool valid = random.NextBelow(6) > 0;
      std::vector<StepBlock> blocks;
      std::set<uint64_t> steps;
      for (uint64_t i = 0; i <= random.NextBelow(3); ++i) {
        const uint64_t rows = 1 + random.NextBelow(9);
        blocks.push_back(TestBlock(number, step, static_cast<int64_t>(rows)));
        for (uint64_t row = 0; row < rows; ++row) steps.insert(step++);
      }
      if (!valid) {
        blocks.back().rewards[0] = std::nanf("");
        steps.clear();
      }
      client.batches.push_back(TestBatch(seq, blocks));
      client.steps.push_back(std::move(steps));
    }
    return client;
  }

  // A stream that is still there is superseded; its last write is lost.
  void Connect(Client& client) {
    const std::unique_ptr<ScriptedPeer> older = std::move(client.peer);
    const uint64_t older_stream = client.stream;
    client.peer = std::make_unique<ScriptedPeer>();
    client.heard = 0;
    client.said_bye = false;
    client.stream = Begin(*client.peer, std::to_string(client.number));
    if (older != nullptr) {
      EndWrite(older_stream, *older, false);
      EXPECT_TRUE(older->end.has_value());
    }
    Hear(client);
  }

  void Hear(Client& client) {
    for (; client.heard < client.peer->replies.size(); ++client.heard) {
      const v1::InsertReply& reply = client.peer->replies[client.heard];
      if (reply.has_welcome()) {
        ASSERT_GE(reply.welcome().last_seq(), client.acknowledged);
        client.sent = client.acknowledged = reply.welcome().last_seq();
      } else {
        ASSERT_GE(reply.acknowledgement().durable(), client.acknowledged);
        client.acknowledged = reply.acknowledgement().durable();
      }
      ASSERT_LE(client.acknowledged, client.most_sent);
    }
    if (client.peer->end.has_value() && client.peer->end->ok()) {
      client.done = true;
    }
  }

  void Act(Client& client, Philox& random) {
    if (client.peer == nullptr || client.peer->end.has_value() ||
        random.NextBelow(15) == 0) {
      Connect(client);  // perhaps beside an older stream
      return;
    }
    switch (random.NextBelow(5)) {
      case 0:  // the connection breaks; a write on the way is lost
        if (random.NextBelow(4) > 0) return;
        sequencer_->Failed(client.stream, absl::CancelledError(""),
                           "cancelled");
        EndWrite(client.stream, *client.peer, false);
        return;
      case 1:  // the network repeats itself
        if (client.sent > 0) {
          Send(client.stream, *client.peer,
               client.batches[random.NextBelow(client.sent)]);
        }
        return;
      case 2:
        EndWrite(client.stream, *client.peer);
        Hear(client);
        return;
      default:
        SendNext(client);
    }
  }

  void SendNext(Client& client) {
    if (client.said_bye) return;
    if (client.sent < client.batches.size()) {
      Send(client.stream, *client.peer, client.batches[client.sent++]);
      client.most_sent = std::max(client.most_sent, client.sent);
    } else if (client.acknowledged == client.sent) {
      client.said_bye = true;
      sequencer_->SaidBye(client.stream);
    }
  }

  void Check(const Client& client) const {
    std::vector<uint64_t> steps;
    for (const StepBlock& block : stored()) {
      if (block.environment != client.number) continue;
      for (int64_t i = 0; i < block.rows; ++i) {
        steps.push_back(block.first_step + static_cast<uint64_t>(i));
      }
    }
    std::vector<uint64_t> expected;  // after the newest that may be there
    std::vector<uint64_t> least;     // what was acknowledged
    for (uint64_t seq = 1; seq <= client.most_sent; ++seq) {
      const auto& of_batch = client.steps[seq - 1];
      expected.insert(expected.end(), of_batch.begin(), of_batch.end());
      if (seq == client.acknowledged) least = expected;
    }
    EXPECT_GE(steps.size(), least.size());
    ASSERT_LE(steps.size(), expected.size());
    expected.resize(client.done ? expected.size() : steps.size());
    EXPECT_EQ(steps, expected);
  }

  void Run(uint64_t seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Philox random(seed, Purpose::kTest);
    std::vector<Client> clients;
    for (uint64_t i = 0; i < 5; ++i) clients.push_back(MakeClient(i, random));
    for (int i = 0; i < 400; ++i) {
      Client& client = clients[random.NextBelow(clients.size())];
      if (!client.done) Act(client, random);
      if (random.NextBelow(8) == 0) SetSlack(rows() + random.NextBelow(20));
      if (random.NextBelow(2) == 0) sequencer_->ApplyOne();
      if (random.NextBelow(40) == 0) {
        for (const Client& each : clients) Check(each);
      }
      if (HasFatalFailure()) return;
    }
    SetSlack(uint64_t{1} << 40);
    for (Client& client : clients) {
      while (!client.done && !HasFatalFailure()) {
        if (client.peer == nullptr || client.peer->end.has_value()) {
          Connect(client);
        }
        SendNext(client);
        Settle(client.stream, *client.peer);
        Hear(client);
      }
      Check(client);
    }
    EXPECT_EQ(sequencer_->live_sessions(), 0u);
    EXPECT_EQ(sequencer_->queued_bytes(), 0u);
  }
};

class Seeded : public SequencerPropertyTest,
               public ::testing::WithParamInterface<int> {};

TEST_P(Seeded, EveryBatchIsStoredOnceWhateverTheConnectionsDo) {
  Attach();
  Run(static_cast<uint64_t>(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Seeds, Seeded, ::testing::Range(0, 40));

}  // namespace
}  // namespace softfleet
