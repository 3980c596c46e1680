// SPDX-License-Identifier: Apache-2.0
#include "replay/table_file.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "replay/saved_table.h"

namespace softfleet {
namespace {

constexpr char kFormat[] = "softfleet.replay.table/1";

SafetensorsMetadata MetadataOf(const Schema& schema, const Ring& ring) {
  return {{"format", kFormat},
          {"schema", schema.Describe()},
          {"capacity_rows", absl::StrCat(ring.capacity_rows())},
          {"slots", absl::StrCat(ring.slots())}};
}

absl::Status CheckMetadata(const SafetensorsMetadata& saved,
                           const SafetensorsMetadata& wanted) {
  for (const auto& [key, here] : wanted) {
    const auto found = saved.find(key);
    if (found != saved.end() && found->second == here) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("saved table does not fit: ", key, " is ",
                     found == saved.end() ? "missing" : found->second,
                     " in the file and ", here, " here"));
  }
  return absl::OkStatus();
}

// Streams that can still be continued: environment, episode, next step,
// closing id.
std::vector<uint64_t> LiveStreams(const Streams& streams, uint64_t tail) {
  std::vector<uint64_t> numbers;
  for (const auto& [environment, stream] : streams.open()) {
    if (stream.closing_id < tail) continue;
    numbers.insert(numbers.end(), {environment, stream.episode,
                                   stream.next_step, stream.closing_id});
  }
  return numbers;
}

TensorView View(const std::string& name, std::span<const uint64_t> values,
                Shape shape) {
  return {name, DType::kU64, std::move(shape), std::as_bytes(values)};
}

}  // namespace

absl::StatusOr<FileDigest> SaveTable(FileSystem& files, const std::string& path,
                                     const Schema& schema, const Ring& ring,
                                     const Streams& streams) {
  const Ring::Counters& now = ring.counters();
  const std::array<uint64_t, 4> counters = {
      now.head, now.tail, now.rows_appended, now.sampleable_rows};
  const std::vector<uint64_t> open = LiveStreams(streams, now.tail);
  std::vector<TensorView> tensors = {
      View("counters", counters, {4}),
      View("streams", open, {static_cast<int64_t>(open.size() / 4), 4})};
  const uint64_t used = std::min(now.head, ring.slots());
  for (const RingColumn& column : ring.columns()) {
    tensors.push_back({column.name,
                       column.dtype,
                       column.ShapeOf(used),
                       {column.bytes.get(), used * column.cell_bytes}});
  }
  return WriteSafetensors(files, path, tensors, MetadataOf(schema, ring));
}

absl::Status RestoreTable(const SafetensorsContent& saved, const Schema& schema,
                          Ring* ring, Streams* streams) {
  SF_RETURN_IF_ERROR(CheckMetadata(saved.metadata, MetadataOf(schema, *ring)));
  SavedTable table(schema, *ring);
  SF_RETURN_IF_ERROR(table.Parse(saved));
  ring->Load(table.counters(), table.columns());
  streams->Load(table.streams());
  return absl::OkStatus();
}

}  // namespace softfleet
