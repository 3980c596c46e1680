// SPDX-License-Identifier: Apache-2.0
// Cuts one environment's steps into blocks. An environment writes each
// observation straight to where it stays in the block that is sent, and a
// block that has been used gives its memory to a later one, so that nothing is
// allocated once all have their size. Not thread-safe.
#ifndef SOFTFLEET_EXPERIENCE_STEP_BLOCK_BUILDER_H_
#define SOFTFLEET_EXPERIENCE_STEP_BLOCK_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "experience/schema.h"
#include "experience/step_block.h"

namespace softfleet {

// One step.
struct StepRow {
  std::span<const float> action;  // policy space; only where continuous
  int32_t discrete_action = 0;    // only where discrete
  float reward = 0;
  // Both may be set.
  bool terminated = false;
  bool truncated = false;
  uint64_t policy_version = 0;
  uint8_t flags = 0;  // RowFlags
};

class StepBlockBuilder {
 public:
  // Cuts after `max_rows` rows or at an episode's end, whichever is first.
  StepBlockBuilder(Schema schema, uint64_t environment, int64_t max_rows);

  // Where the next observation is to be written, each group's bytes in the
  // schema's order. Moves with every call below.
  std::span<const std::span<std::byte>> room() const { return room_; }
  // The observation that Begin or Append took last.
  std::span<const std::span<const std::byte>> newest() const { return newest_; }

  // Starts an episode with the observation in room(). Rows not yet cut of an
  // unfinished episode are dropped. InvalidArgument where it is not finite:
  // call Begin again.
  absl::Status Begin(uint64_t episode);

  // The action chosen at the newest observation and what followed; the next
  // observation, true also where the episode ended, stands in room().
  // InvalidArgument where CheckStepBlock would refuse the row: nothing has
  // changed then.
  absl::Status Append(const StepRow& row);

  // Whether a block is full or its episode has ended: cut before the next
  // Append.
  bool due() const;
  // Takes what there is, even if shorter, into `*block`, and the memory that
  // was there. False without rows. The next Append continues the episode in a
  // new block.
  bool Cut(StepBlock* block);

  // Drops the rows that wait to be cut: the episode is given up, Begin is next.
  void Drop() { StartBlock(); }

  // Rows that wait to be cut.
  int64_t rows() const { return block_.rows; }
  uint64_t episode() const { return block_.episode; }
  uint64_t steps() const { return steps_; }  // of the episode

  // Where an episode stands between two blocks: what a restart needs.
  struct Progress {
    uint64_t episode = 0;
    uint64_t steps = 0;         // rows of the episode so far
    double episode_return = 0;  // of those rows
    // Per group, context + 1 observations: the last is the current one.
    std::vector<std::vector<std::byte>> observations;
    bool operator==(const Progress&) const = default;
  };
  // Only while no row waits to be cut and an episode runs.
  Progress progress() const;
  // Goes on where `progress` was taken. InvalidArgument where a column's size
  // does not fit the schema.
  absl::Status Resume(const Progress& progress);

 private:
  // Empties the columns; the first stays where the episode's is to come.
  void StartBlock();
  // Bytes of `count` observations of a group.
  size_t Bytes(size_t group, int64_t count) const;
  // Makes room_ and newest_ name the places after and of the last observation.
  void FindPlaces();
  absl::Status CheckRoom(int64_t row) const;
  void AppendFlags(uint8_t flags);

  Schema schema_;
  int64_t max_rows_;
  // While it is built its observation columns are longer than its rows need.
  StepBlock block_;
  uint64_t steps_ = 0;
  double return_ = 0;
  std::vector<std::span<std::byte>> room_;
  std::vector<std::span<const std::byte>> newest_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_EXPERIENCE_STEP_BLOCK_BUILDER_H_
