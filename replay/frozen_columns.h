// SPDX-License-Identifier: Apache-2.0
// The columns of a ring as they were at one instant, while one thread writes
// them to disk and another goes on appending: copy on write, chunk by chunk.
//
// The writer takes the chunks in order. Whoever is about to change a cell says
// so before; a chunk that the writer has not had yet is then copied aside, at
// most once, and given up when the writer has had it. So the appender waits for
// the copy of one chunk per column at most, and what is kept aside grows with
// what is appended meanwhile, not with the ring. Internal to the room.
//
// Thread-safe: one writer, one appender. The columns outlive it.
#ifndef SOFTFLEET_REPLAY_FROZEN_COLUMNS_H_
#define SOFTFLEET_REPLAY_FROZEN_COLUMNS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/mutex.h"

namespace softfleet {

struct RingColumn;

class FrozenColumns {
 public:
  // A copy of one takes some ten microseconds.
  static constexpr size_t kChunkBytes = 256 * 1024;

  // Slots [0, used_slots) of every column.
  FrozenColumns(std::span<const RingColumn> columns, uint64_t used_slots);

  // The appender, before it changes cells of `count` slots from `first_slot`
  // on, of one column or of all.
  void Preserve(size_t column, uint64_t first_slot, uint64_t count)
      SF_EXCLUDES(mutex_);
  void PreserveAll(uint64_t first_slot, uint64_t count) SF_EXCLUDES(mutex_);

  // The writer, once per column: its bytes in order, in pieces.
  absl::Status Read(
      size_t column,
      absl::FunctionRef<absl::Status(absl::string_view piece)> append)
      SF_EXCLUDES(mutex_);
  std::span<const std::byte> bytes(size_t column) const {
    return columns_[column].bytes;
  }

  // The writer needs nothing any more: nothing is preserved from now on.
  void Release() SF_EXCLUDES(mutex_);
  bool released() const SF_EXCLUDES(mutex_);

 private:
  struct Chunk {
    bool wanted = true;            // by the writer, and as it lies in the ring
    std::vector<std::byte> aside;  // the copy, where the ring has moved on
  };
  struct Column {
    std::span<const std::byte> bytes;  // of the ring
    size_t cell_bytes = 0;
    std::vector<Chunk> chunks;
  };
  static std::span<const std::byte> BytesOf(const Column& column, size_t chunk);
  // Moves what the chunk held at the instant into `piece`.
  void Take(Column& column, size_t chunk, std::vector<std::byte>* piece)
      SF_EXCLUDES(mutex_);
  void PreserveLocked(Column& column, uint64_t first_slot, uint64_t count)
      SF_REQUIRES(mutex_);

  mutable Mutex mutex_;
  // The chunks are guarded; the rest never changes.
  std::vector<Column> columns_;
  bool released_ SF_GUARDED_BY(mutex_) = false;
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_FROZEN_COLUMNS_H_
