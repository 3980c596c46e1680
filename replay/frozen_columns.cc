// SPDX-License-Identifier: Apache-2.0
#include "replay/frozen_columns.h"

#include <algorithm>
#include <utility>

#include "core/status.h"
#include "replay/ring.h"

namespace softfleet {

FrozenColumns::FrozenColumns(std::span<const RingColumn> columns,
                             uint64_t used_slots) {
  for (const RingColumn& column : columns) {
    Column& frozen = columns_.emplace_back();
    frozen.bytes = {column.bytes.get(), used_slots * column.cell_bytes};
    frozen.cell_bytes = column.cell_bytes;
    frozen.chunks.resize((frozen.bytes.size() + kChunkBytes - 1) / kChunkBytes);
  }
}

std::span<const std::byte> FrozenColumns::BytesOf(const Column& column,
                                                  size_t chunk) {
  const size_t first = chunk * kChunkBytes;
  return column.bytes.subspan(
      first, std::min(kChunkBytes, column.bytes.size() - first));
}

void FrozenColumns::PreserveLocked(Column& column, uint64_t first_slot,
                                   uint64_t count) {
  const size_t begin = first_slot * column.cell_bytes;
  const size_t end =
      std::min((first_slot + count) * column.cell_bytes, column.bytes.size());
  for (size_t c = begin / kChunkBytes; c * kChunkBytes < end; ++c) {
    Chunk& chunk = column.chunks[c];
    if (!chunk.wanted) continue;
    const std::span<const std::byte> bytes = BytesOf(column, c);
    chunk.aside.assign(bytes.begin(), bytes.end());
    chunk.wanted = false;
  }
}

void FrozenColumns::Preserve(size_t column, uint64_t first_slot,
                             uint64_t count) {
  MutexLock lock(mutex_);
  if (!released_) PreserveLocked(columns_[column], first_slot, count);
}

void FrozenColumns::PreserveAll(uint64_t first_slot, uint64_t count) {
  MutexLock lock(mutex_);
  if (released_) return;
  for (Column& column : columns_) PreserveLocked(column, first_slot, count);
}

void FrozenColumns::Take(Column& column, size_t index,
                         std::vector<std::byte>* piece) {
  MutexLock lock(mutex_);
  Chunk& chunk = column.chunks[index];
  if (chunk.wanted) {
    const std::span<const std::byte> bytes = BytesOf(column, index);
    piece->assign(bytes.begin(), bytes.end());
    chunk.wanted = false;
  } else {
    *piece = std::exchange(chunk.aside, {});
  }
}

absl::Status FrozenColumns::Read(
    size_t column,
    absl::FunctionRef<absl::Status(absl::string_view piece)> append) {
  std::vector<std::byte> piece;
  for (size_t c = 0; c < columns_[column].chunks.size(); ++c) {
    Take(columns_[column], c, &piece);
    SF_RETURN_IF_ERROR(
        append({reinterpret_cast<const char*>(piece.data()), piece.size()}));
  }
  return absl::OkStatus();
}

void FrozenColumns::Release() {
  MutexLock lock(mutex_);
  released_ = true;
  columns_.clear();
}

bool FrozenColumns::released() const {
  MutexLock lock(mutex_);
  return released_;
}

}  // namespace softfleet
