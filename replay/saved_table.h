// SPDX-License-Identifier: Apache-2.0
// A saved table's tensors seen as the ring they will become, with every check
// a restored table relies on. Refers to the content it was parsed from;
// thread-compatible.
#ifndef SOFTFLEET_REPLAY_SAVED_TABLE_H_
#define SOFTFLEET_REPLAY_SAVED_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/safetensors.h"
#include "experience/schema.h"
#include "replay/ring.h"
#include "replay/streams.h"

namespace softfleet {

class SavedTable {
 public:
  // `ring` gives shapes only; its content does not matter.
  SavedTable(const Schema& schema, const Ring& ring)
      : schema_(schema), ring_(ring) {}

  // Reads and checks everything but the metadata (replay/table_file.h lists
  // the tensors); `saved` must outlive this object. NotFound or
  // InvalidArgument for a missing or misshapen tensor, DataLoss for a content
  // that no table can have.
  absl::Status Parse(const SafetensorsContent& saved);

  const Ring::Counters& counters() const { return counters_; }
  std::span<const std::span<const std::byte>> columns() const {
    return columns_;
  }
  const std::map<uint64_t, OpenStream>& streams() const { return streams_; }

 private:
  uint8_t Flags(uint64_t id) const {
    return static_cast<uint8_t>(columns_.back()[ring_.SlotOf(id)]);
  }
  uint8_t Kind(uint64_t id) const { return Flags(id) & kSlotKindMask; }
  bool Alive(uint64_t id) const {
    return id >= counters_.tail && id < counters_.head;
  }
  // The cell of a column, which may lie unaligned in its file.
  std::span<const std::byte> Cell(size_t column, uint64_t id) const;
  uint32_t Link(uint64_t closing_id) const;

  absl::Status ReadCounters(const SafetensorsContent& saved);
  absl::Status ReadColumns(const SafetensorsContent& saved);
  absl::Status ReadStreams(const SafetensorsContent& saved);
  absl::Status CheckSlots() const;
  absl::Status CheckLink(uint64_t id) const;
  absl::Status CheckValues() const;
  absl::Status CheckAction(uint64_t id) const;
  absl::Status CheckStream(uint64_t environment,
                           const OpenStream& stream) const;
  absl::Status BadSlot(uint64_t id, absl::string_view what) const;

  const Schema& schema_;
  const Ring& ring_;
  Ring::Counters counters_;
  std::vector<std::span<const std::byte>> columns_;  // as the ring's
  std::map<uint64_t, OpenStream> streams_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_SAVED_TABLE_H_
