// SPDX-License-Identifier: Apache-2.0
// The one that stores: takes the batches that wait, fairly over the sessions,
// asks the gate, applies them to the table and acknowledges. Everything
// happens on one executor (replay_server/serial_executor.h); no function
// blocks. It knows streams by numbers (never 0) and peers by an interface, so
// it runs in a test without sockets.
//
//  1. A stream begins with Hello, in time (hello_timeout). An unattached shard
//     answers UNAVAILABLE: the client comes back. A newer Hello of the same
//     session ends the older stream with ABORTED, and what that one had in its
//     queue is dropped: the client sends it again.
//  2. Batches wait in their stream's queue, at most its credit in bytes; a
//     client that sends more is ended with RESOURCE_EXHAUSTED. Each stream's
//     credit is set aside from one budget when it says Hello.
//  3. seq = last + 1 is stored whole, or refused whole, using its seq up; older
//     ones are acknowledged again; a gap ends the stream with ABORTED.
//  4. Next is the stream that was served the fewest rows (one that begins to
//     wait starts from where the others are), so that large batches get no
//     larger share. The gate holds what would be stored; refusals and
//     duplicates pass.
//  5. Acknowledgements are cumulative, one on the way per stream. Who waits at
//     a closed gate is told why, and again when the reason changes.
//  6. After Bye the stream ends with OK when its queue is stored.
//  7. When nothing was stored for blocked_notice although batches wait, the log
//     says once who waits for what.
//  8. A stream that cannot be written to while it is being ended is cancelled
//     after close_timeout.
#ifndef SOFTFLEET_REPLAY_SERVER_SEQUENCER_H_
#define SOFTFLEET_REPLAY_SERVER_SEQUENCER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "replay_server/pending_batch.h"
#include "replay_server/session_registry.h"
#include "replay_server/shard.h"
#include "replay_server/stream_credit.h"
#include "softfleet/v1/replay.pb.h"

namespace softfleet {

// The other end of an insert stream. Nothing blocks, and nothing calls back
// from within.
class InsertPeer {
 public:
  virtual ~InsertPeer() = default;
  // Batches may come now: check them against `binding`, take their bytes from
  // `credit` before they are handed on. Reading begins.
  virtual void Accept(std::shared_ptr<const Binding> binding,
                      std::shared_ptr<StreamCredit> credit) = 0;
  // Goes on reading after StreamCredit::Taken::kPause.
  virtual void ReadOn() = 0;
  // One at a time: Sequencer::Written says when it is through.
  virtual void Write(v1::InsertReply reply) = 0;
  // The last call; never while a Write is on the way.
  virtual void Finish(const absl::Status& status) = 0;
  // Breaks the stream, so that a Write on the way ends.
  virtual void Cancel() = 0;
};

class Sequencer {
 public:
  struct Options {
    uint64_t credit_bytes = 4 << 20;           // of a stream, while there is
    uint64_t smallest_credit_bytes = 2 << 20;  // room in the budget; at least
    uint64_t max_batch_bytes = 2 << 20;
    uint64_t budget_bytes = 1 << 30;    // of all streams' credits together
    uint64_t message_bytes = 16 << 20;  // that a message may have
    absl::Duration hello_timeout = absl::Seconds(10);
    absl::Duration close_timeout = absl::Seconds(5);
    absl::Duration blocked_notice = absl::Seconds(10);
    Clock* clock = &SystemClock();
    std::function<void()> on_rows = [] {};  // rows were stored

    // InvalidArgument unless max_batch_bytes <= smallest_credit_bytes <=
    // credit_bytes <= message_bytes and the budget has room for one.
    absl::Status Validate() const;
  };
  // `shard` and `metrics` outlive the sequencer.
  Sequencer(Options options, Shard& shard, ReplayServerMetrics& metrics);

  // What happens on streams. Numbers of ended streams are ignored.
  void Opened(uint64_t stream, InsertPeer* peer);
  void SaidHello(uint64_t stream, const v1::Hello& hello);
  void Arrived(uint64_t stream, PendingBatch batch);
  void SaidBye(uint64_t stream);
  void Written(uint64_t stream, bool ok);
  // The client did something wrong, or is gone (`reason` "cancelled").
  void Failed(uint64_t stream, const absl::Status& status,
              const std::string& reason);

  // Stores, refuses, or finds nothing to do (false).
  bool ApplyOne();
  // How often the log has said that batches wait.
  uint64_t notices() const { return notices_; }
  // Brings the gate up to date and ends what has waited too long.
  void Tick();
  // Ends every stream, with a last acknowledgement, and admits no more.
  void Drain();

  uint64_t live_sessions() const { return registry_.live(); }
  uint64_t queued_bytes() const { return queued_bytes_; }
  const SessionRegistry& registry() const { return registry_; }

 private:
  struct Stream {
    uint64_t id = 0;
    InsertPeer* peer = nullptr;
    absl::Duration since;  // opened; or closing
    std::string name = "a client that has not said Hello";
    Session* session = nullptr;  // none before Hello and while closing
    std::shared_ptr<StreamCredit> credit;
    uint64_t last_queued = 0;  // seq
    uint64_t applied = 0;      // seq
    std::deque<PendingBatch> queue;
    uint64_t served = 0;  // rows, as rule 4 counts them
    bool bye = false;
    bool writing = false;
    bool reply_due = false;
    std::vector<v1::Rejection> unreported;
    uint64_t refused = 0;  // batches
    std::string told_reason;
    std::optional<absl::Status> closing;
    bool cancelled = false;
  };

  Stream* Find(uint64_t id);
  absl::Status CheckHello(const v1::Hello& hello, const Binding* binding) const;
  void Welcome(Stream& stream, std::shared_ptr<const Binding> binding);
  void SayDuplicate(Stream& stream, const PendingBatch& batch);
  void Process(Stream& stream, PendingBatch batch);
  absl::Status Store(Stream& stream, const PendingBatch& batch);
  void Refuse(Stream& stream, const PendingBatch& batch);
  void TellWhoWaits();
  void NoticeBlockade(absl::Duration now);
  void ReturnCredit(Stream& stream, const PendingBatch& batch);
  void Reply(Stream& stream);
  void Close(Stream& stream, const absl::Status& status,
             const std::string& reason);
  void FinishIfDone(Stream& stream);

  const Options options_;
  Shard& shard_;
  ReplayServerMetrics& metrics_;
  SessionRegistry registry_;
  std::map<uint64_t, Stream> streams_;
  std::set<std::pair<uint64_t, uint64_t>> ready_;  // {served, id}, with a queue
  uint64_t served_ = 0;  // what the stream served last had before
  uint64_t budget_used_ = 0;
  uint64_t queued_bytes_ = 0;
  absl::Duration moved_;  // when something was stored, or nothing waited
  bool noticed_ = false;  // since then
  uint64_t notices_ = 0;
  bool draining_ = false;
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_SERVER_SEQUENCER_H_
