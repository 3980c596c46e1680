// SPDX-License-Identifier: Apache-2.0
// What a shard is part of: the run that a learner attached it to, the table
// made for it, and the gate. A shard belongs to one run until its process
// ends. Lives on the sequencer's executor; binding() is thread-safe.
#ifndef SOFTFLEET_REPLAY_SERVER_SHARD_H_
#define SOFTFLEET_REPLAY_SERVER_SHARD_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/clock.h"
#include "core/mutex.h"
#include "experience/schema.h"
#include "replay_server/gate.h"
#include "replay_server/guarded_table.h"
#include "replay_server/replay_server_metrics.h"
#include "softfleet/v1/replay.pb.h"

namespace softfleet {

// OK when a peer speaks this program's wire format; FailedPrecondition names
// both numbers.
absl::Status CheckProtocol(uint32_t protocol);

// What does not change once a shard is attached.
struct Binding {
  std::string run_id;
  Schema schema;
  int64_t capacity_rows = 0;
  int64_t max_block_rows = 0;
  std::unique_ptr<GuardedTable> table;  // never null

  // FailedPrecondition that names both ids and the way out.
  absl::Status CheckRun(const std::string& id) const;
  absl::Status CheckSchema(const Schema& other) const;
};

class Shard {
 public:
  struct Options {
    uint64_t incarnation = 1;
    uint64_t table_bytes = 0;  // most that the table may take; 0 = no limit
    uint64_t max_batch_bytes = 0;
    Clock* clock = &SystemClock();
  };
  // `metrics` outlives the shard.
  Shard(const Options& options, ReplayServerMetrics& metrics);

  // The first call makes the table; later ones may ask for a smaller one, as
  // when a shard is added to the run, and find the first. FailedPrecondition:
  // another run or schema, a larger capacity, or a learner of a lower
  // incarnation; InvalidArgument: a
  // configuration whose blocks cannot be taken; ResourceExhausted: a table
  // above replay.byte_budget or this process's limit, with the figures.
  absl::Status Attach(const v1::AttachRequest& request);

  // nullptr until attached.
  std::shared_ptr<const Binding> binding() const;
  uint64_t incarnation() const { return options_.incarnation; }
  uint64_t learner_incarnation() const { return learner_incarnation_; }

  Gate& gate() { return gate_; }
  // Brings the gate and what is shown of it and of the table up to date.
  Gate::State UpdateGate();

 private:
  absl::Status CheckAgain(const v1::AttachRequest& request,
                          const Schema& schema) const;
  absl::Status Bind(const v1::AttachRequest& request, Schema schema);

  const Options options_;
  ReplayServerMetrics& metrics_;
  Gate gate_;
  std::array<absl::Duration, Gate::kNumStates> shown_times_{};
  uint64_t learner_incarnation_ = 0;
  mutable Mutex mutex_;
  std::shared_ptr<const Binding> binding_ SF_GUARDED_BY(mutex_);
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_SERVER_SHARD_H_
