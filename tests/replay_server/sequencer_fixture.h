// SPDX-License-Identifier: Apache-2.0
// A sequencer without sockets, threads or time of its own, and scripted peers.
#ifndef SOFTFLEET_TESTS_REPLAY_SERVER_SEQUENCER_FIXTURE_H_
#define SOFTFLEET_TESTS_REPLAY_SERVER_SEQUENCER_FIXTURE_H_

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "replay_server/sequencer.h"
#include "tests/replay_server/testing.h"

namespace softfleet::testing {

// What the sequencer tells a stream, kept. Writes end when the test says so.
class ScriptedPeer : public InsertPeer {
 public:
  void Accept(std::shared_ptr<const Binding> new_binding,
              std::shared_ptr<StreamCredit> new_credit) override {
    binding = std::move(new_binding);
    credit = std::move(new_credit);
  }
  void ReadOn() override { ++read_on; }
  void Write(v1::InsertReply reply) override {
    EXPECT_FALSE(writing) << "two writes at a time";
    EXPECT_FALSE(end.has_value());
    writing = true;
    replies.push_back(std::move(reply));
  }
  void Finish(const absl::Status& status) override {
    EXPECT_FALSE(writing) << "finished during a write";
    EXPECT_FALSE(end.has_value()) << "finished twice";
    end = status;
  }
  void Cancel() override { cancelled = true; }

  const v1::Acknowledgement& last() const {
    return replies.back().acknowledgement();
  }

  std::shared_ptr<const Binding> binding;
  std::shared_ptr<StreamCredit> credit;
  int read_on = 0;
  bool writing = false;
  bool cancelled = false;
  std::vector<v1::InsertReply> replies;
  std::optional<absl::Status> end;
};

class SequencerFixture : public ::testing::Test {
 protected:
  explicit SequencerFixture(Sequencer::Options options = {})
      : options_(std::move(options)) {
    options_.clock = &clock_;
    shard_ = std::make_unique<Shard>(
        Shard::Options{.incarnation = 3,
                       .table_bytes = 0,
                       .max_batch_bytes = options_.max_batch_bytes,
                       .clock = &clock_},
        metrics_);
    sequencer_ = std::make_unique<Sequencer>(options_, *shard_, metrics_);
  }

  void Attach() {
    const absl::Status attached = shard_->Attach(TestAttach());
    ASSERT_TRUE(attached.ok()) << attached;
    SetSlack(uint64_t{1} << 40);
  }
  // Admits while fewer rows than this are held.
  void SetSlack(uint64_t slack) {
    shard_->gate().SetPacing(
        {.received = 0, .allowed = uint64_t{1} << 41, .slack = slack});
  }

  uint64_t Open(ScriptedPeer& peer) {
    sequencer_->Opened(++last_stream_, &peer);
    return last_stream_;
  }
  // Opened, Hello said and welcomed.
  uint64_t Begin(ScriptedPeer& peer, const std::string& session) {
    const uint64_t stream = Open(peer);
    sequencer_->SaidHello(stream, TestHello(session));
    EndWrite(stream, peer);
    return stream;
  }
  // As the door hands it on.
  void Send(uint64_t stream, const ScriptedPeer& peer, const v1::Batch& batch) {
    const uint64_t bytes = batch.ByteSizeLong();
    ASSERT_NE(peer.credit->Take(bytes), StreamCredit::Taken::kExceeded);
    sequencer_->Arrived(stream, CheckBatch(*peer.binding, batch, bytes,
                                           options_.max_batch_bytes));
  }
  void EndWrite(uint64_t stream, ScriptedPeer& peer, bool ok = true) {
    if (!peer.writing) return;
    peer.writing = false;
    sequencer_->Written(stream, ok);
  }
  // Until nothing is left to do and nothing to write.
  void Settle(uint64_t stream, ScriptedPeer& peer) {
    do {
      while (sequencer_->ApplyOne()) {
      }
      EndWrite(stream, peer);
    } while (peer.writing);
  }

  uint64_t rows() const { return shard_->binding()->table->counts().next_row; }
  std::vector<StepBlock> stored() const {
    return shard_->binding()->table->Read(0, size_t{1} << 40)->blocks;
  }

  FakeClock clock_;
  MetricRegistry registry_;
  ReplayServerMetrics metrics_{registry_};
  Sequencer::Options options_;
  std::unique_ptr<Shard> shard_;
  std::unique_ptr<Sequencer> sequencer_;
  uint64_t last_stream_ = 0;
};

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_REPLAY_SERVER_SEQUENCER_FIXTURE_H_
