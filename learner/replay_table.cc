// SPDX-License-Identifier: Apache-2.0
#include "learner/replay_table.h"

#include <utility>

#include "core/status.h"

namespace softfleet {

absl::StatusOr<std::unique_ptr<Table>> MakeReplayTable(
    const v1::ReplayConfig& config, TableOptions options) {
  options.capacity_rows = config.capacity();
  options.byte_budget = config.byte_budget();
  auto table = Table::Create(std::move(options));
  if (table.ok()) return table;
  return Annotate(table.status(),
                  config.byte_budget() == 0
                      ? "lower replay.capacity"
                      : "lower replay.capacity or raise replay.byte_budget");
}

}  // namespace softfleet
