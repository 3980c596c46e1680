// SPDX-License-Identifier: Apache-2.0
// The learner's own table, as the configuration sizes it: the one table of a
// single process, the mirror of a cluster. Thread-safe: a free function.
#ifndef SOFTFLEET_LEARNER_REPLAY_TABLE_H_
#define SOFTFLEET_LEARNER_REPLAY_TABLE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "replay/table.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

// A table with the capacity and byte budget of `config`, otherwise as
// `options` say. What Table::Create says, with the fields to change.
absl::StatusOr<std::unique_ptr<Table>> MakeReplayTable(
    const v1::ReplayConfig& config, TableOptions options);

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_REPLAY_TABLE_H_
