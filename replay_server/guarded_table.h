// SPDX-License-Identifier: Apache-2.0
// A table for one writer and several readers. Thread-safe; readers hold the
// lock only while they copy.
#ifndef SOFTFLEET_REPLAY_SERVER_GUARDED_TABLE_H_
#define SOFTFLEET_REPLAY_SERVER_GUARDED_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/mutex.h"
#include "core/status.h"
#include "replay/table.h"

namespace softfleet {

class GuardedTable {
 public:
  struct Counts {
    uint64_t next_row = 0;        // the number that the next row gets
    uint64_t first_readable = 0;  // of the oldest row that Read can return
    uint64_t rows = 0;            // that can be drawn
    uint64_t bytes = 0;
  };

  explicit GuardedTable(std::unique_ptr<Table> table)
      : table_(std::move(table)) {}

  // Stores the blocks in order, up to the first that is refused.
  absl::Status Append(std::span<const StepBlock> blocks) {
    MutexLock lock(mutex_);
    for (const StepBlock& block : blocks) {
      SF_RETURN_IF_ERROR(table_->Append(block));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<BlockRead> Read(uint64_t from_row, size_t max_bytes) const {
    MutexLock lock(mutex_);
    return table_->ReadBlocks(from_row, max_bytes);
  }

  Counts counts() const {
    MutexLock lock(mutex_);
    return {table_->rows_appended(), table_->first_readable_row(),
            static_cast<uint64_t>(table_->sampleable_rows()), table_->bytes()};
  }

 private:
  mutable Mutex mutex_;
  const std::unique_ptr<Table> table_;  // what it points to is guarded
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_SERVER_GUARDED_TABLE_H_
