// SPDX-License-Identifier: Apache-2.0
#include "transport/snapshot_assembler.h"

#include "absl/strings/str_cat.h"
#include "core/crc32c.h"
#include "core/status.h"
#include "transport/codec.h"

namespace softfleet {

absl::Status SnapshotAssembler::Add(const v1::ParameterChunk& chunk) {
  if (unchanged_ || complete_ || (chunk.unchanged() && !bytes_.empty())) {
    return absl::DataLossError("chunks follow the end of an answer");
  }
  unchanged_ = chunk.unchanged();
  if (unchanged_) return absl::OkStatus();
  if (chunk.data().size() > kMaxBytes - bytes_.size()) {
    return absl::DataLossError(
        absl::StrCat("a snapshot of more than ", kMaxBytes, " bytes"));
  }
  bytes_ += chunk.data();
  crc32c_ = Crc32c(chunk.data(), crc32c_);
  if (!chunk.last()) return absl::OkStatus();
  if (chunk.total_bytes() != bytes_.size()) {
    return absl::DataLossError(absl::StrCat("a snapshot of ", bytes_.size(),
                                            " bytes instead of ",
                                            chunk.total_bytes()));
  }
  if (chunk.crc32c() != crc32c_) {
    return absl::DataLossError(
        absl::StrCat("a snapshot of ", bytes_.size(), " bytes with CRC-32C ",
                     absl::Hex(crc32c_, absl::kZeroPad8), " instead of ",
                     absl::Hex(chunk.crc32c(), absl::kZeroPad8)));
  }
  complete_ = true;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Snapshot>> SnapshotAssembler::Finish() const {
  if (unchanged_) return std::nullopt;
  if (!complete_) {
    return absl::DataLossError(
        absl::StrCat("a snapshot that ends after ", bytes_.size(), " bytes"));
  }
  SF_ASSIGN_OR_RETURN(Snapshot snapshot, DecodeSnapshot(bytes_));
  return snapshot;
}

}  // namespace softfleet
