// SPDX-License-Identifier: Apache-2.0
// A StepBlock is T >= 1 consecutive rows of one environment inside one
// episode: the unit in which experience travels and is checked.
// experience/step_block_builder.h makes them row by row; CheckStepBlock is the
// check at every door. Values.
#ifndef SOFTFLEET_EXPERIENCE_STEP_BLOCK_H_
#define SOFTFLEET_EXPERIENCE_STEP_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "experience/schema.h"

namespace softfleet {

// How the block's last row left its episode. Where an environment reports
// both flags, terminated wins.
enum class EpisodeEnd : uint8_t { kNone = 0, kTerminated = 1, kTruncated = 2 };

// What is unusual about a row: bits of StepBlock::row_flags.
enum RowFlags : uint8_t {
  kRowTakenOver = 1,   // a person or a safety layer acted, not the policy
  kRowSafeAction = 2,  // the policy's action was not there in time
  kRowFlagsMask = kRowTakenOver | kRowSafeAction,
};

// Columns of T rows with `context` + T + 1 observations around them.
struct StepBlock {
  uint64_t environment = 0;           // unique within the run
  uint64_t episode = 0;               // counts up per environment
  uint64_t first_step = 0;            // index of row 0 within its episode
  uint64_t first_policy_version = 0;  // that chose row 0's action; 0 = uniform
  uint64_t last_policy_version = 0;   // that chose the last row's action
  EpisodeEnd end = EpisodeEnd::kNone;
  // Of the whole episode; only where end != kNone.
  double episode_return = 0;
  uint64_t episode_length = 0;

  int64_t rows = 0;     // T
  int64_t context = 0;  // = frame_stack - 1

  // One column per observation group, raw (not normalised, not stacked):
  // [context + rows + 1, group elements] in the group's dtype. The first
  // `context` observations precede row 0 (at the start of an episode they
  // repeat its first observation); the last one follows the last row and is
  // the TRUE final observation of an ended episode, never a reset's.
  std::vector<std::vector<std::byte>> observations;
  // [rows, dimension], policy space; empty for discrete actions.
  std::vector<float> actions;
  // [rows]; empty for continuous actions.
  std::vector<int32_t> discrete_actions;
  std::vector<float> rewards;  // [rows]
  // [rows] RowFlags; empty where no row has any.
  std::vector<uint8_t> row_flags;

  // The bytes of observation `i` (0 = oldest context) of `group`.
  std::span<const std::byte> Observation(const Schema& schema, size_t group,
                                         int64_t i) const;
  // True if `next` continues this block without a gap.
  bool ContinuedBy(const StepBlock& next) const {
    return end == EpisodeEnd::kNone && next.environment == environment &&
           next.episode == episode &&
           next.first_step == first_step + static_cast<uint64_t>(rows);
  }
  bool operator==(const StepBlock&) const = default;
};

// OK, or InvalidArgument that names the field, the row and the value: sizes
// of every column, finite observations, actions and rewards, continuous
// actions within [-1, 1], indices within the action count, context ==
// frame_stack - 1, 1 <= rows <= max_rows, known flags, the episode's length
// consistent with first_step and rows where it ended.
absl::Status CheckStepBlock(const Schema& schema, const StepBlock& block,
                            int64_t max_rows);

// Rows [first, first + rows) of a block that passed CheckStepBlock, as a block
// of their own: 0 <= first, 1 <= rows, first + rows <= block.rows. Which of its
// policy versions chose an inner row is not known, so both are kept.
StepBlock SliceBlock(const Schema& schema, const StepBlock& block,
                     int64_t first, int64_t rows);

}  // namespace softfleet

#endif  // SOFTFLEET_EXPERIENCE_STEP_BLOCK_H_
