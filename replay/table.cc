// SPDX-License-Identifier: Apache-2.0
#include "replay/table.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "core/philox.h"
#include "core/status.h"
#include "replay/block_directory.h"
#include "replay/gather.h"
#include "replay/ring.h"
#include "replay/streams.h"
#include "replay/table_file.h"

namespace softfleet {
namespace {

uint64_t Saturate(absl::uint128 value) {
  return static_cast<uint64_t>(std::min<absl::uint128>(value, ~uint64_t{0}));
}

// The most blocks of the expected length that the rows may lie in.
absl::uint128 ExpectedBlocks(const TableOptions& options) {
  const uint64_t rows = static_cast<uint64_t>(options.capacity_rows);
  const uint64_t run = static_cast<uint64_t>(options.expected_run_rows);
  return absl::uint128(rows / run) + (rows % run != 0) + 1;
}

// The formula in table.h; at most 2^64 - 1.
uint64_t SlotsFor(const TableOptions& options) {
  return Saturate(absl::uint128(static_cast<uint64_t>(options.capacity_rows)) +
                  ExpectedBlocks(options) *
                      static_cast<uint64_t>(options.schema.frame_stack));
}

absl::Status AtLeastOne(absl::string_view name, int64_t value) {
  if (value >= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is ", value, ", must be at least 1"));
}

absl::Status CheckOptions(const TableOptions& options) {
  SF_RETURN_IF_ERROR(options.schema.Validate());
  SF_RETURN_IF_ERROR(AtLeastOne("capacity_rows", options.capacity_rows));
  SF_RETURN_IF_ERROR(
      AtLeastOne("expected_run_rows", options.expected_run_rows));
  return AtLeastOne("max_block_rows", options.max_block_rows);
}

// The most rows that take at most the budget; 0 if not even one fits.
int64_t LargestCapacity(TableOptions options) {
  int64_t fits = 0;
  int64_t too_many = options.capacity_rows;
  while (too_many - fits > 1) {
    options.capacity_rows = fits + (too_many - fits) / 2;
    const bool ok = Table::BytesFor(options) <= options.byte_budget;
    (ok ? fits : too_many) = options.capacity_rows;
  }
  return fits;
}

absl::Status CheckSize(const TableOptions& options) {
  const uint64_t bytes = Table::BytesFor(options);
  if (options.byte_budget != 0 && bytes > options.byte_budget) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a table for ", options.capacity_rows, " rows (",
                     options.schema.Describe(), ") takes ", bytes,
                     " bytes, the budget is ", options.byte_budget,
                     " bytes: ", LargestCapacity(options), " rows would fit"));
  }
  const uint64_t slots = SlotsFor(options);
  if (slots > Ring::kMaxSlots) {
    return absl::InvalidArgumentError(
        absl::StrCat("a table for ", options.capacity_rows, " rows needs ",
                     slots, " slots, the most is ", Ring::kMaxSlots));
  }
  return absl::OkStatus();
}

}  // namespace

class Table::Impl {
 public:
  Impl(TableOptions options, Ring ring)
      : options_(std::move(options)),
        ring_(std::move(ring)),
        // The ring fits into the budget.
        directory_(options_.byte_budget == 0
                       ? 0
                       : std::max<uint64_t>(
                             1, options_.byte_budget - ring_.bytes())) {}

  void Append(const StepBlock& block) {
    const std::optional<uint64_t> closing = streams_.Continued(block);
    const bool take_over =
        closing.has_value() && *closing + 1 == ring_.counters().head;
    const uint64_t first_row = ring_.Append(block, take_over);
    const uint64_t tail = ring_.counters().tail;
    if (closing.has_value() && !take_over && *closing >= tail) {
      ring_.SetLink(*closing, first_row);
    }
    streams_.Record(block, ring_.counters().head - 1, tail);
    if (options_.keep_blocks) {
      directory_.Record(block, first_row, ring_.first_stacked());
    }
  }

  // Of a block of so many rows, a little more than on any wire.
  uint64_t BlockBytes(uint64_t rows) const {
    return (ring_.context() + rows + 1) * bytes_per_slot_ + sizeof(BlockHeader);
  }

  // How many of `rows` rows fit into `room`.
  uint64_t RowsThatFit(uint64_t rows, uint64_t room) const {
    if (BlockBytes(rows) <= room) return rows;
    const uint64_t overhead = BlockBytes(0);
    return room <= overhead ? 0 : (room - overhead) / bytes_per_slot_;
  }

  BlockRead ReadBlocks(uint64_t from_row, uint64_t room) const {
    BlockRead read;
    read.first_row = std::max(from_row, first_readable_row());
    read.skipped_rows = read.first_row - from_row;
    read.next_row = read.first_row;
    const auto& headers = directory_.headers();
    while (read.next_row < directory_.next_row()) {
      const BlockHeader& header = headers[directory_.Find(read.next_row)];
      const uint64_t first = read.next_row - header.first_row;
      const uint64_t left = header.rows - first;
      uint64_t rows = RowsThatFit(left, room);
      if (rows < left) {
        if (!read.blocks.empty()) break;
        rows = std::max<uint64_t>(1, rows);
      }
      read.blocks.push_back(
          CopyRows(ring_, options_.schema, header, first, rows));
      read.next_row += rows;
      if (rows < left) break;
      room -= BlockBytes(rows);
    }
    read.caught_up = read.next_row == directory_.next_row();
    return read;
  }

  uint64_t first_readable_row() const {
    return options_.keep_blocks ? directory_.first_row(ring_.first_stacked())
                                : ring_.counters().rows_appended;
  }

  // Ids are drawn from all those with a living stack; what is not a row is
  // drawn again. At least one slot in frame_stack + 1 is a row.
  absl::Status SampleUniform(Philox random, std::span<uint64_t> ids) const {
    if (ring_.counters().sampleable_rows == 0) {
      return absl::FailedPreconditionError("the table has no row to draw");
    }
    const uint64_t first = ring_.first_stacked();
    const uint64_t count = ring_.counters().head - first;
    const uint64_t first_slot = ring_.SlotOf(first);
    for (uint64_t& id : ids) {
      uint64_t offset;
      do {
        offset = random.NextBelow(count);
      } while (!ring_.IsRow(ring_.Forward(first_slot, offset)));
      id = first + offset;
    }
    return absl::OkStatus();
  }

  const TableOptions options_;
  TableCopy* copy_ = nullptr;
  Ring ring_;
  Streams streams_;
  BlockDirectory directory_;
  const uint64_t bytes_per_slot_ = Ring::BytesPerSlot(options_.schema);
};

Table::Table(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Table::~Table() = default;

uint64_t Table::BytesFor(const TableOptions& options) {
  const uint64_t header = options.keep_blocks ? sizeof(BlockHeader) : 0;
  return Saturate(absl::uint128(SlotsFor(options)) *
                      Ring::BytesPerSlot(options.schema) +
                  ExpectedBlocks(options) * header);
}

absl::StatusOr<std::unique_ptr<Table>> Table::Create(TableOptions options) {
  SF_RETURN_IF_ERROR(CheckOptions(options));
  SF_RETURN_IF_ERROR(CheckSize(options));
  SF_ASSIGN_OR_RETURN(
      Ring ring,
      Ring::Create(options.schema, static_cast<uint64_t>(options.capacity_rows),
                   SlotsFor(options)));
  // A block longer than the table would overwrite itself.
  options.max_block_rows =
      std::min(options.max_block_rows, options.capacity_rows);
  return absl::WrapUnique(
      new Table(std::make_unique<Impl>(std::move(options), std::move(ring))));
}

absl::Status Table::Append(const StepBlock& block) {
  SF_RETURN_IF_ERROR(
      CheckStepBlock(schema(), block, impl_->options_.max_block_rows));
  impl_->Append(block);
  return impl_->copy_ == nullptr ? absl::OkStatus()
                                 : impl_->copy_->Append(block);
}

absl::Status Table::CopyTo(TableCopy* copy) {
  impl_->copy_ = copy;
  return copy->Load(impl_->ring_, impl_->streams_);
}

uint64_t Table::rows_appended() const {
  return impl_->ring_.counters().rows_appended;
}

int64_t Table::sampleable_rows() const {
  return static_cast<int64_t>(impl_->ring_.counters().sampleable_rows);
}

const TableOptions& Table::options() const { return impl_->options_; }

const Schema& Table::schema() const { return impl_->options_.schema; }

uint64_t Table::bytes() const {
  return impl_->ring_.bytes() + impl_->directory_.bytes();
}

absl::Status Table::SampleUniform(uint64_t seed, uint64_t step,
                                  std::span<uint64_t> ids) const {
  return impl_->SampleUniform(Philox(seed, Purpose::kReplayDraw, 0, step), ids);
}

absl::Status Table::Gather(std::span<const uint64_t> ids, int n_step,
                           double gamma, TransitionBatch* batch) const {
  return GatherTransitions(impl_->ring_, schema(), ids, n_step, gamma, batch);
}

absl::StatusOr<BlockRead> Table::ReadBlocks(uint64_t from_row,
                                            size_t max_bytes) const {
  if (!impl_->options_.keep_blocks) {
    return absl::FailedPreconditionError(
        "the table was made without keep_blocks");
  }
  if (from_row > rows_appended()) {
    return absl::OutOfRangeError(absl::StrCat(
        "row ", from_row, " is beyond the next one, ", rows_appended()));
  }
  return impl_->ReadBlocks(from_row, max_bytes);
}

uint64_t Table::first_readable_row() const {
  return impl_->first_readable_row();
}

absl::StatusOr<FileDigest> Table::Save(FileSystem& files,
                                       const std::string& path) const {
  return SaveTable(files, path, schema(), impl_->ring_, impl_->streams_);
}

std::unique_ptr<TableInstant> Table::Freeze() {
  return FreezeTable(schema(), impl_->ring_, impl_->streams_);
}

absl::Status Table::Restore(const SafetensorsContent& saved) {
  SF_RETURN_IF_ERROR(
      RestoreTable(saved, schema(), &impl_->ring_, &impl_->streams_));
  impl_->directory_.Clear(rows_appended());
  return impl_->copy_ == nullptr
             ? absl::OkStatus()
             : impl_->copy_->Load(impl_->ring_, impl_->streams_);
}

}  // namespace softfleet
