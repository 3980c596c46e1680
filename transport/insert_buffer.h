// SPDX-License-Identifier: Apache-2.0
// What an InsertClient keeps, and which number it has: blocks that wait to be
// sent, batches that were sent and are not durable. The rules 2 to 7 of
// transport/insert_client.h without sockets, threads or time. Not thread-safe;
// the client's own.
#ifndef SOFTFLEET_TRANSPORT_INSERT_BUFFER_H_
#define SOFTFLEET_TRANSPORT_INSERT_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "softfleet/v1/replay.pb.h"

namespace softfleet {

// Rows, from the client's beginning. What was appended is acknowledged,
// rejected or pending.
struct InsertCounts {
  uint64_t appended = 0;      // without what overflow dropped
  uint64_t acknowledged = 0;  // durable at the shard once
  uint64_t rejected = 0;
  uint64_t lost = 0;     // of the acknowledged: gone with a shard's restart
  uint64_t dropped = 0;  // by overflow
  uint64_t pending = 0;
  bool operator==(const InsertCounts&) const = default;
};

class InsertBuffer {
 public:
  struct Options {
    int64_t pending_rows = 1024;
    uint64_t buffer_bytes = 64 << 20;
    // A batch has at most so many rows, but always a whole block.
    int64_t batch_rows = 1024;
  };
  explicit InsertBuffer(const Options& options) : options_(options) {}

  // As many rows or bytes are kept as may be; the last block may stand over.
  bool full() const {
    return counts_.pending >= static_cast<uint64_t>(options_.pending_rows) ||
           bytes_ >= options_.buffer_bytes;
  }
  bool empty() const { return counts_.pending == 0; }

  // Keeps a block, also when full.
  void Append(v1::StepBlock block);
  // Counts rows that the owner drops instead.
  void CountDropped(int64_t rows) { counts_.dropped += Unsigned(rows); }

  // A stream has begun and the shard has answered its Hello. False: the shard
  // does not know what it had acknowledged. That is counted as lost, what is
  // kept has lost its numbers, and the owner begins a session and a stream.
  [[nodiscard]] bool Open(const v1::Welcome& welcome);

  // What to send next on this stream, or null: nothing is there, or no credit.
  // Blocks get their number here.
  std::shared_ptr<const v1::InsertRequest> NextBatch();
  // Whether everything kept was sent on this stream.
  bool AllSent() const { return next_ == batches_.size() && unsent_.empty(); }

  // Forgets what is durable. Internal when the shard acknowledges what it was
  // never sent; nothing has changed then.
  absl::Status Acknowledge(const v1::Acknowledgement& acknowledgement);

  // Why batches were rejected, for the log, since the last call.
  std::vector<std::string> TakeRejections();

  const InsertCounts& counts() const { return counts_; }
  // Serialised, of everything kept; never below the true size.
  uint64_t bytes() const { return bytes_; }
  // Of batches on the way on this stream; never above the credit.
  uint64_t unacknowledged_bytes() const { return on_the_way_; }

 private:
  struct Block {
    v1::StepBlock message;
    uint64_t bytes = 0;
  };
  struct Batch {
    std::shared_ptr<v1::InsertRequest> request;
    uint64_t rows = 0;
    uint64_t bytes = 0;
    bool rejected = false;
  };

  static uint64_t Unsigned(int64_t n) { return static_cast<uint64_t>(n); }
  uint64_t last_numbered() const { return trimmed_ + batches_.size(); }
  // Makes a batch of unsent blocks, as many as credit and limits allow.
  void FormBatch();
  // Unsent blocks that no message can carry.
  void RejectOversized();
  // Marks those of the batches kept that were refused.
  void Reject(
      const google::protobuf::RepeatedPtrField<v1::Rejection>& rejections);
  void Trim(uint64_t durable);
  // Of the rows trimmed when a stream was opened, those that the shard did not
  // store and has no reason for any more: it has `stored` rows of this session,
  // and `before` were known.
  void CountUnheardRejections(uint64_t before, uint64_t stored);
  void BeginSession();

  Options options_;
  InsertCounts counts_;
  std::deque<Block> unsent_;
  std::deque<Batch> batches_;  // numbers trimmed_ + 1, trimmed_ + 2, ...
  uint64_t trimmed_ = 0;       // the highest number that is durable
  uint64_t session_rows_ = 0;  // acknowledged in this session
  uint64_t bytes_ = 0;         // of unsent_ and batches_
  std::vector<std::string> rejections_;

  // Of the stream:
  size_t next_ = 0;  // in batches_, the first that was not sent on it
  uint64_t on_the_way_ = 0;
  uint64_t credit_ = 0;
  uint64_t max_batch_bytes_ = 0;  // 0 before the first
};

}  // namespace softfleet

#endif  // SOFTFLEET_TRANSPORT_INSERT_BUFFER_H_
