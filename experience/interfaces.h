// SPDX-License-Identifier: Apache-2.0
// The three seams between rooms: where steps go, where rows come from, where
// snapshots come from. In one process they are function calls, in a cluster
// gRPC clients; nobody who uses them can tell.
#ifndef SOFTFLEET_EXPERIENCE_INTERFACES_H_
#define SOFTFLEET_EXPERIENCE_INTERFACES_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experience/snapshot.h"
#include "experience/step_block.h"

namespace softfleet {

// Where an actor's steps go. One caller at a time.
class StepSink {
 public:
  virtual ~StepSink() = default;
  // Takes a block that passed CheckStepBlock. InvalidArgument: the block is
  // wrong and was not stored; ResourceExhausted: no room now, try again.
  virtual absl::Status Append(const StepBlock& block) = 0;
};

// Where a learner's rows come from, each exactly once, in arrival order. One
// caller at a time.
class StepSource {
 public:
  virtual ~StepSource() = default;
  // Hands every block that has arrived and was not handed out before to
  // `receive`, without waiting. Returns the number of rows handed out. Stops
  // at the first error of `receive` and returns it.
  virtual absl::StatusOr<int64_t> Poll(
      const std::function<absl::Status(const StepBlock&)>& receive) = 0;
};

// Where an actor's policy comes from. Thread-safe.
class PolicySource {
 public:
  virtual ~PolicySource() = default;
  // The newest snapshot if its version is above `have`, else nullptr. Never
  // waits.
  virtual absl::StatusOr<std::shared_ptr<const Snapshot>> Latest(
      uint64_t have) = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_EXPERIENCE_INTERFACES_H_
