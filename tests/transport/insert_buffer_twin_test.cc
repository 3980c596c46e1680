// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "core/philox.h"
#include "tests/transport/insert_messages.h"
#include "transport/insert_buffer.h"

namespace softfleet {
namespace {

// A buffer and a shard with a wire between them that loses, repeats and
// delays, beside plain lists of what happened to each block.
class Twin {
 public:
  explicit Twin(uint64_t seed)
      : random_(seed, Purpose::kTest), buffer_(RandomOptions()) {}

  void Run() {
    for (int i = 0; i < 400; ++i) {
      Step();
      if (::testing::Test::HasFatalFailure()) return;
      Check();
    }
    Drain();
    Check();
    CheckHistory();
  }

 private:
  struct Session {
    std::vector<std::vector<uint64_t>> sent;  // block ids by number - 1
    std::vector<bool> refused;                // by number - 1, at the shard
    uint64_t last = 0;                        // at the shard
    uint64_t acknowledged = 0;                // as the client was told
  };

  uint64_t Below(uint64_t n) { return random_.NextBelow(n); }

  InsertBuffer::Options RandomOptions() {
    InsertBuffer::Options options;
    options.batch_rows = 1 + static_cast<int64_t>(Below(20));
    return options;
  }

  uint64_t Rows(const std::vector<uint64_t>& ids) const {
    uint64_t rows = 0;
    for (const uint64_t id : ids) rows += rows_[id];
    return rows;
  }

  void Step() {
    switch (Below(9)) {
      case 0:
      case 1:
        Append();
        break;
      case 2:
      case 3:
        Send();
        break;
      case 4:
        Receive();
        break;
      case 5:
        Answer();
        break;
      case 6:
      case 7:
        HearAnswer();
        break;
      default:
        if (Below(3) == 0) Break();
        Open();
    }
  }

  void Append() {
    const auto rows = static_cast<uint32_t>(1 + Below(8));
    rows_.push_back(rows);
    buffer_.Append(Block(rows_.size() - 1, rows, Below(100)));
  }

  void Send() {
    if (!open_) return;
    const auto request = buffer_.NextBatch();
    if (request == nullptr) return;
    Session& session = sessions_.back();
    const uint64_t seq = request->batch().seq();
    std::vector<uint64_t> ids;
    for (const auto& block : request->batch().blocks()) {
      ids.push_back(block.first_step());
    }
    // A batch keeps its number and its blocks however often it is sent.
    ASSERT_EQ(seq, next_);
    ++next_;
    if (seq <= session.sent.size()) {
      ASSERT_EQ(ids, session.sent[seq - 1]);
    } else {
      session.sent.push_back(ids);
    }
    unacknowledged_[seq] = request->ByteSizeLong();
    uint64_t bytes = 0;
    for (const auto& [number, size] : unacknowledged_) bytes += size;
    ASSERT_LE(bytes, credit_);
    wire_.push_back(request);
  }

  void Receive() {
    if (wire_.empty()) return;
    Session& session = sessions_.back();
    const uint64_t seq = wire_.front()->batch().seq();
    wire_.pop_front();
    if (seq <= session.last) return;
    ASSERT_EQ(seq, session.last + 1) << "a gap";
    session.last = seq;
    session.refused.resize(seq);
    session.refused[seq - 1] = Below(10) == 0;
  }

  v1::Acknowledgement MakeAnswer(uint64_t durable, uint64_t credit) const {
    const Session& session = sessions_.back();
    v1::Acknowledgement answer = Acknowledge(durable, credit);
    answer.set_applied(session.last);
    for (uint64_t seq = 1; seq <= session.last; ++seq) {
      if (session.refused[seq - 1]) answer.add_rejected()->set_seq(seq);
    }
    return answer;
  }

  // Of some of what the shard has, perhaps less than was answered before.
  void Answer() {
    if (!open_) return;
    const uint64_t last = sessions_.back().last;
    answers_.push_back(MakeAnswer(last - Below(std::min<uint64_t>(last, 3) + 1),
                                  kCredit / 2 + Below(kCredit / 2)));
  }

  void HearAnswer() {
    if (answers_.empty()) return;
    const v1::Acknowledgement answer = answers_.front();
    if (Below(5) != 0) answers_.pop_front();  // else it comes again
    Hear(answer);
  }

  void Hear(const v1::Acknowledgement& answer) {
    ASSERT_TRUE(buffer_.Acknowledge(answer).ok());
    credit_ = answer.credit_bytes();
    Forget(answer.durable());
  }

  // What the client forgets when `durable` is acknowledged.
  void Forget(uint64_t durable) {
    Session& session = sessions_.back();
    for (; session.acknowledged < durable; ++session.acknowledged) {
      const uint64_t rows = Rows(session.sent[session.acknowledged]);
      const bool refused = session.refused[session.acknowledged];
      (refused ? rejected_ : acknowledged_) += rows;
      unacknowledged_.erase(session.acknowledged + 1);
    }
  }

  void Break() {
    open_ = false;
    wire_.clear();
    answers_.clear();
    unacknowledged_.clear();
    if (Below(3) != 0) return;
    Session& session = sessions_.back();
    // The shard restarts without its newest batches, or without them all.
    session.last = Below(2) == 0 ? 0 : Below(session.last + 1);
    session.refused.resize(session.last);
  }

  uint64_t StoredRows(const Session& session) const {
    uint64_t rows = 0;
    for (uint64_t seq = 0; seq < session.last; ++seq) {
      if (!session.refused[seq]) rows += Rows(session.sent[seq]);
    }
    return rows;
  }

  void Open() {
    if (open_) return;
    const Session session = sessions_.back();
    const bool known =
        buffer_.Open(Welcome(session.last, StoredRows(session), kCredit));
    credit_ = kCredit;
    ASSERT_EQ(known, session.last >= session.acknowledged);
    if (known) {
      open_ = true;
      Forget(session.last);
      next_ = session.last + 1;
      return;
    }
    // Rows that were refused were never acknowledged as stored.
    uint64_t had = 0;
    for (uint64_t seq = 0; seq < session.acknowledged; ++seq) {
      if (!was_refused_.contains({sessions_.size(), seq})) {
        had += Rows(session.sent[seq]);
      }
    }
    lost_ += had - StoredRows(session);
    for (uint64_t seq = 0; seq < session.acknowledged; ++seq) {
      if (seq >= session.last) gone_.push_back({sessions_.size() - 1, seq});
    }
    sessions_.emplace_back();
    // What is kept has its old batches, numbered anew.
    sessions_.back().sent.assign(session.sent.begin() + session.acknowledged,
                                 session.sent.end());
  }

  void Drain() {
    for (int i = 0; i < 100000 && !buffer_.empty(); ++i) {
      Open();
      Send();
      Receive();
      if (!open_) continue;
      Hear(MakeAnswer(sessions_.back().last, kCredit));
    }
    EXPECT_TRUE(buffer_.empty());
  }

  void Check() {
    // Remember refusals that a restart of the shard forgets.
    const Session& session = sessions_.back();
    for (uint64_t seq = 0; seq < session.refused.size(); ++seq) {
      if (session.refused[seq]) {
        was_refused_[{sessions_.size(), seq}] = true;
      } else {
        was_refused_.erase({sessions_.size(), seq});
      }
    }
    const uint64_t appended =
        std::accumulate(rows_.begin(), rows_.end(), uint64_t{0});
    InsertCounts expected;
    expected.appended = appended;
    expected.acknowledged = acknowledged_;
    expected.rejected = rejected_;
    expected.lost = lost_;
    expected.pending = appended - acknowledged_ - rejected_;
    ASSERT_EQ(buffer_.counts().appended, expected.appended);
    ASSERT_EQ(buffer_.counts().acknowledged, expected.acknowledged);
    ASSERT_EQ(buffer_.counts().rejected, expected.rejected);
    ASSERT_EQ(buffer_.counts().lost, expected.lost);
    ASSERT_EQ(buffer_.counts().pending, expected.pending);
    ASSERT_EQ(buffer_.bytes() == 0, buffer_.empty());
  }

  // Over all sessions the shard has every block once, in order, but for those
  // that went with a restart.
  void CheckHistory() {
    std::vector<uint64_t> history;
    for (const Session& session : sessions_) {
      for (uint64_t seq = 0; seq < session.last; ++seq) {
        const auto& ids = session.sent[seq];
        history.insert(history.end(), ids.begin(), ids.end());
      }
    }
    ASSERT_TRUE(std::is_sorted(history.begin(), history.end()));
    for (const auto& [session, seq] : gone_) {
      const auto& ids = sessions_[session].sent[seq];
      history.insert(history.end(), ids.begin(), ids.end());
    }
    std::sort(history.begin(), history.end());
    std::vector<uint64_t> all(rows_.size());
    std::iota(all.begin(), all.end(), 0);
    ASSERT_EQ(history, all);
  }

  static constexpr uint64_t kCredit = 3000;

  Philox random_;
  InsertBuffer buffer_;
  std::vector<uint64_t> rows_;  // by block id
  std::vector<Session> sessions_{1};
  bool open_ = false;
  uint64_t next_ = 0;  // the number to be sent next on this stream
  uint64_t credit_ = 0;
  std::deque<std::shared_ptr<const v1::InsertRequest>> wire_;
  std::deque<v1::Acknowledgement> answers_;
  std::map<uint64_t, uint64_t> unacknowledged_;  // bytes by number
  std::map<std::pair<size_t, uint64_t>, bool> was_refused_;
  std::vector<std::pair<size_t, uint64_t>> gone_;  // session, number - 1
  uint64_t acknowledged_ = 0, rejected_ = 0, lost_ = 0;
};

TEST(InsertBuffer, EachBlockIsStoredOnceWhateverTheWireDoes) {
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE(seed);
    Twin(seed).Run();
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
}

}  // namespace
}  // namespace softfleet
