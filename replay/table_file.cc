// SPDX-License-Identifier: Apache-2.0
#include "replay/table_file.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
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

// The tensors before the columns.
constexpr size_t kNumberTensors = 2;

class Instant : public TableInstant {
 public:
  Instant(const Schema& schema, const Ring& ring, const Streams& streams,
          std::shared_ptr<FrozenColumns> columns)
      : metadata_(MetadataOf(schema, ring)),
        counters_{ring.counters().head, ring.counters().tail,
                  ring.counters().rows_appended,
                  ring.counters().sampleable_rows},
        open_(LiveStreams(streams, ring.counters().tail)),
        columns_(std::move(columns)) {
    tensors_ = {
        View("counters", counters_, {4}),
        View("streams", open_, {static_cast<int64_t>(open_.size() / 4), 4})};
    for (size_t c = 0; c < ring.columns().size(); ++c) {
      const RingColumn& column = ring.columns()[c];
      tensors_.push_back({column.name, column.dtype,
                          column.ShapeOf(ring.used_slots()),
                          columns_->bytes(c)});
    }
  }
  ~Instant() override { columns_->Release(); }

  absl::StatusOr<FileDigest> Write(FileSystem& files,
                                   const std::string& path) override {
    const auto read = [this](size_t i, const AppendPiece& append) {
      if (i >= kNumberTensors)
        return columns_->Read(i - kNumberTensors, append);
      return append({reinterpret_cast<const char*>(tensors_[i].bytes.data()),
                     tensors_[i].bytes.size()});
    };
    absl::StatusOr<FileDigest> digest =
        WriteSafetensors(files, path, tensors_, metadata_, read);
    columns_->Release();
    return digest;
  }

 private:
  const SafetensorsMetadata metadata_;
  const std::array<uint64_t, 4> counters_;
  const std::vector<uint64_t> open_;
  const std::shared_ptr<FrozenColumns> columns_;
  std::vector<TensorView> tensors_;
};

}  // namespace

std::unique_ptr<TableInstant> FreezeTable(const Schema& schema, Ring& ring,
                                          const Streams& streams) {
  return std::make_unique<Instant>(schema, ring, streams, ring.Freeze());
}

absl::StatusOr<FileDigest> SaveTable(FileSystem& files, const std::string& path,
                                     const Schema& schema, const Ring& ring,
                                     const Streams& streams) {
  Instant now(
      schema, ring, streams,
      std::make_shared<FrozenColumns>(ring.columns(), ring.used_slots()));
  return now.Write(files, path);
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
