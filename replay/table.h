// SPDX-License-Identifier: Apache-2.0
// The replay table: one ring of rows with the rules below. Owned by a shard,
// or by the process in `softfleet train`.
//
//  1. The ring has C slots in contiguous columns, allocated once; the bytes
//     are checked against the budget before. A table for N rows in blocks of R
//     rows has C = N + (ceil(N / R) + 1) * frame_stack slots: each block adds
//     its context (frame_stack - 1) and closing observation, and N rows may
//     begin and end inside a block. R is TableOptions::expected_run_rows.
//  2. Each stored observation, row or context, takes the next 64-bit id;
//     slot = id mod C. Ids in [tail, head) are alive. The tail moves up before
//     a block is stored, until head - tail <= C and at most N rows can be
//     drawn: capacity and counters are in rows, and there are never more than
//     N. Blocks shorter than expected run out of slots first and hold fewer.
//  3. Within a block ids are consecutive: next observation = id + 1, a frame
//     stack = the ids before.
//  4. A block's last observation gets a slot of its own, the closing slot,
//     which is not a row. When a block continues its stream (same environment
//     and episode as the environment's last block, first_step follows) and the
//     closing slot of the earlier block is still alive, a link leads from the
//     earlier block's last row to the new block's first row.
//  5. Take-over: if the closing slot of the stream is the newest in the ring,
//     the continuation takes it over as its first row: no context, no link,
//     no second copy. The observation that is there stays.
//  6. A row is sampleable while every observation of its frame stack is
//     alive. Context and closing slots are never drawn.
//  7. n-step walks rows and links; it stops after n rows, at an episode's
//     end, or where no continuation is there (yet, or any more), and
//     discounts the bootstrap by gamma^k of the k rows really summed. At the
//     newest row of an unfinished stream k is 1 and the bootstrap is from its
//     next observation.
//  8. With keep_blocks the table remembers which rows arrived together, and
//     ReadBlocks gives them back. Rows have numbers for it, counted from 0 as
//     they are appended: readers count rows, not slots.
//
// Thread-compatible: one writer or several readers at a time (a TableInstant
// is on its own). Appending never
// allocates per row; pages of the columns are touched when first written.
#ifndef SOFTFLEET_REPLAY_TABLE_H_
#define SOFTFLEET_REPLAY_TABLE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "core/safetensors.h"
#include "experience/interfaces.h"
#include "experience/schema.h"
#include "experience/step_block.h"
#include "replay/batch.h"
#include "replay/table_instant.h"

namespace softfleet {

struct TableOptions {
  Schema schema;
  int64_t capacity_rows = 1'000'000;
  // Most bytes the columns may take; Create is ResourceExhausted above it,
  // naming both figures and the capacity that would fit. 0 = no limit.
  uint64_t byte_budget = 0;
  // Rows that follow each other in the ring before a closing slot: a block's
  // rows, or the episode's where one environment appends row by row and rule
  // 5 joins the blocks (kRowByRowRun); 1 where several append row by row in
  // turn. Shorter runs than expected hold fewer rows than capacity_rows.
  int64_t expected_run_rows = 32;
  static constexpr int64_t kRowByRowRun = 256;
  // Longest block that Append accepts; never more than capacity_rows.
  int64_t max_block_rows = 4096;
  // Remembers blocks for ReadBlocks, at sizeof(BlockHeader) each: part of
  // BytesFor for blocks of expected_run_rows. Where shorter ones would exceed
  // byte_budget, the oldest can no longer be read as blocks.
  bool keep_blocks = false;
};

// What Table::ReadBlocks found.
struct BlockRead {
  // In the order in which they were appended. Rows of one block have
  // consecutive numbers, and so have the last and first rows of two in a row.
  std::vector<StepBlock> blocks;
  uint64_t first_row = 0;     // number of the first row in `blocks`
  uint64_t next_row = 0;      // where to go on
  uint64_t skipped_rows = 0;  // wanted, but overwritten
  // Nothing was left: next_row is the number the next row gets.
  bool caught_up = false;
};

class Ring;
class Streams;

// Has what a table has, elsewhere: in a device's memory.
class TableCopy : public StepSink {
 public:
  // Takes the place of everything before.
  virtual absl::Status Load(const Ring& ring, const Streams& streams) = 0;
};

class Table : public StepSink {
 public:
  // InvalidArgument names an option; ResourceExhausted: over the budget, or
  // the system has no such memory.
  static absl::StatusOr<std::unique_ptr<Table>> Create(TableOptions options);
  ~Table() override;

  // Bytes the columns of such a table take; 2^64 - 1 stands for all that is
  // more.
  static uint64_t BytesFor(const TableOptions& options);

  // Checks the block (CheckStepBlock) and stores it whole, or returns
  // InvalidArgument and stores nothing.
  absl::Status Append(const StepBlock& block) override;

  // From now on `copy`, which outlives its use, gets what is stored and what is
  // restored; now it loads what there is. Its errors are those of the calls,
  // which have done their part here then.
  absl::Status CopyTo(TableCopy* copy);

  // Rows appended since creation (a restored table goes on counting), rows
  // that can be drawn now (<= capacity_rows), bytes of the columns.
  uint64_t rows_appended() const;
  int64_t sampleable_rows() const;
  const TableOptions& options() const;
  const Schema& schema() const;
  uint64_t bytes() const;

  // Draws `ids.size()` sampleable rows uniformly with replacement; the draw is
  // a pure function of (the table's content, seed, step). FailedPrecondition
  // when no row is sampleable.
  absl::Status SampleUniform(uint64_t seed, uint64_t step,
                             std::span<uint64_t> ids) const;

  // Gathers the n-step transitions that start at `ids` (n >= 1, 0 <= gamma <=
  // 1) into `batch`, whose vectors are reused. NotFound names an id that is
  // not a sampleable row (any more); after an error the batch is unspecified.
  absl::Status Gather(std::span<const uint64_t> ids, int n_step, double gamma,
                      TransitionBatch* batch) const;

  // Every row from number `from_row` on that is still there, in the blocks in
  // which it came, as they were appended: bit-equal. Stops before it would
  // return more than about `max_bytes`; returns at least one row if there is
  // one. A block is cut (as by SliceBlock) where `from_row` lies inside it,
  // where its oldest rows are gone, and where it alone exceeds max_bytes.
  // FailedPrecondition without keep_blocks; OutOfRange when from_row is above
  // rows_appended().
  absl::StatusOr<BlockRead> ReadBlocks(uint64_t from_row,
                                       size_t max_bytes) const;
  // Number of the oldest row that ReadBlocks can return; rows_appended() if
  // there is none.
  uint64_t first_readable_row() const;

  // Everything in one safetensors file: columns, ids, links, streams. A table
  // made from it behaves equally in every later call. Restore replaces the
  // content; it refuses another schema or capacity, naming both values, and
  // anything no table can have written (ids, kinds of slots, links, streams,
  // values out of range), and then leaves the table unchanged.
  // Blocks are not saved: a restored table reads those appended from then on.
  // replay/table_file.h has the format.
  absl::StatusOr<FileDigest> Save(FileSystem& files,
                                  const std::string& path) const;
  absl::Status Restore(const SafetensorsContent& saved);
  // The same file, of now, to be written by another thread while this one goes
  // on appending: the same bytes as if it had waited. Appending then copies
  // what it overwrites and the writer has not had yet, a chunk at a time. One
  // at a time; the table outlives it; no Restore meanwhile.
  std::unique_ptr<TableInstant> Freeze();

 private:
  class Impl;
  explicit Table(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_TABLE_H_
