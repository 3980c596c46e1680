// SPDX-License-Identifier: Apache-2.0
// An actor's way into its one shard: batches with numbers, each stored once
// however often the connection breaks. Owned by the actor process.
//
//  1. The session, 16 random bytes, is drawn when the client is made. Every
//     connection begins with Hello{session} and is answered with the last seq
//     that the shard has of it.
//  2. Append numbers a block when it is first sent, not before. Sent batches
//     are kept until an acknowledgement says `durable`.
//  3. After a reconnect everything beyond the shard's last seq is sent again,
//     with its old numbers.
//  4. Where the shard's last seq is below what it had acknowledged, it has
//     lost rows (it restarted): they are counted as lost, logged once, and a
//     new session begins with what is still kept.
//  5. A batch that the shard rejects has used up its number; its rows are
//     counted and the reason is logged. Nothing else is affected.
//  6. What is kept is bounded in rows and bytes: a block is taken while both
//  are
//     below their bounds. When full, WaitForRoom waits (overflow: wait), or
//     Append drops the new block and counts it (overflow: drop).
//  7. Never more unacknowledged bytes are on the way than the shard's credit.
//  8. Reconnects back off with jitter, for ever, until Finish or destruction.
//     What a person must know of (another run's shard, a wrong schema) ends
//     the client: status() says it.
//
// transport/insert_buffer.h has rules 2 to 7 without sockets. Here one thread
// connects and writes, another reads what the shard answers. Thread-safe, but
// for one caller of Append at a time.
#ifndef SOFTFLEET_TRANSPORT_INSERT_CLIENT_H_
#define SOFTFLEET_TRANSPORT_INSERT_CLIENT_H_

#include <grpcpp/channel.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "experience/interfaces.h"
#include "transport/insert_buffer.h"

namespace softfleet {

struct InsertMetrics {
  explicit InsertMetrics(MetricRegistry& registry);
  Counter& retries;             // sac_insert_retries_total
  Gauge& buffer_bytes;          // sac_insert_buffer_bytes
  Gauge& buffer_rows;           // sac_insert_buffer_rows
  Counter& acknowledged_rows;   // sac_insert_acknowledged_rows_total
  Counter& rejected_rows;       // sac_insert_rejected_rows_total
  Counter& lost_shard_restart;  // sac_rows_lost_total{reason}
  Counter& lost_overflow;
};

class InsertSession;

class InsertClient : public StepSink {
 public:
  enum class Overflow { kWait, kDrop };

  struct Options {
    std::string run_id;
    Schema schema;
    std::string client;  // a name for the shard's log
    int64_t pending_rows = 1024;
    uint64_t buffer_bytes = 64 << 20;
    Overflow overflow = Overflow::kWait;
    // Blocks that wait together are sent as one batch of at most so many rows.
    int64_t batch_rows = 1024;
    // A connection whose Hello is not answered in this time is given up.
    absl::Duration welcome_timeout = absl::Seconds(10);
    Clock* clock = &SystemClock();  // for how long the shard was away
  };

  // Begins to connect. `metrics` outlives the client.
  static absl::StatusOr<std::unique_ptr<InsertClient>> Create(
      std::shared_ptr<grpc::Channel> channel, const Options& options,
      InsertMetrics& metrics);
  // Drops what is not acknowledged (Finish first).
  ~InsertClient() override;

  // Takes a block without waiting. ResourceExhausted when full and `overflow`
  // is kWait (nothing is taken); the client's end otherwise.
  absl::Status Append(const StepBlock& block) override;

  // Waits until Append has room, at most `timeout`. True: there is room (with
  // kDrop at once), or status() is an error.
  bool WaitForRoom(absl::Duration timeout);

  // OK while the client works or tries to.
  absl::Status status() const;

  // Sends what is kept, says Bye, and waits until the shard has closed the
  // session: stored = sent. DeadlineExceeded says how many rows are left.
  // Append takes nothing any more.
  absl::Status Finish(absl::Duration timeout);

  // Rows appended and acknowledged so far, for tests and reports.
  using Counts = InsertCounts;
  Counts counts() const;
  // Whether the shard has welcomed this session and the stream is open.
  bool connected() const;
  // Why the shard admits nothing at the moment; empty = it does.
  std::string waiting_for() const;

 private:
  explicit InsertClient(std::unique_ptr<InsertSession> session);

  const std::unique_ptr<InsertSession> session_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_TRANSPORT_INSERT_CLIENT_H_
