// SPDX-License-Identifier: Apache-2.0
// What a run will take, before it is run. Not thread-safe.
#ifndef SOFTFLEET_CLI_PLAN_H_
#define SOFTFLEET_CLI_PLAN_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "core/clock.h"
#include "core/file_system.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

struct Plan {
  uint64_t table_bytes = 0;       // of memory, when the table is full
  uint64_t parameters = 0;        // of actor, critics and targets
  uint64_t checkpoint_bytes = 0;  // of the largest one, table included
  uint64_t disk_bytes = 0;        // of all checkpoints that are kept
  int64_t updates = 0;            // to the last step
  int64_t evaluations = 0;        // of all panel starts in both modes
  // Measured here, one thread: whole rounds before and after the warm-up.
  double warmup_steps_per_second = 0;
  double steps_per_second = 0;
  double updates_per_second = 0;
  double evaluation_seconds = 0;  // of one evaluation
  double total_seconds = 0;       // what these add up to
};

// Builds the system of a valid configuration and runs it for about
// `seconds`, without a run directory. A run that is shorter than that is
// measured as far as it goes.
absl::StatusOr<Plan> MakePlan(FileSystem& files, Clock& clock,
                              const v1::RunConfig& config, double seconds);

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_PLAN_H_
