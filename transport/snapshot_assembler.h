// SPDX-License-Identifier: Apache-2.0
// Puts the chunks of one GetParameters answer together and believes nothing
// that its length and CRC do not confirm. Not thread-safe.
#ifndef SOFTFLEET_TRANSPORT_SNAPSHOT_ASSEMBLER_H_
#define SOFTFLEET_TRANSPORT_SNAPSHOT_ASSEMBLER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experience/snapshot.h"
#include "softfleet/v1/learner.pb.h"

namespace softfleet {

class SnapshotAssembler {
 public:
  // Far above any policy; what claims to be larger is refused before it fills
  // the memory.
  static constexpr size_t kMaxBytes = size_t{1} << 30;

  // Takes the next chunk. DataLoss: the answer is damaged, forget it.
  absl::Status Add(const v1::ParameterChunk& chunk);
  // Whether the last chunk has come and nothing is wrong with the bytes.
  bool confirmed() const { return unchanged_ || complete_; }
  // After the stream's end: the snapshot, or nullopt for "unchanged". DataLoss
  // or InvalidArgument when it is incomplete, damaged, or does not decode.
  absl::StatusOr<std::optional<Snapshot>> Finish() const;

 private:
  std::string bytes_;
  uint32_t crc32c_ = 0;  // of bytes_
  bool unchanged_ = false;
  bool complete_ = false;
};

}  // namespace softfleet

#endif  // SOFTFLEET_TRANSPORT_SNAPSHOT_ASSEMBLER_H_
