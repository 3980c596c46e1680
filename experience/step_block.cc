// SPDX-License-Identifier: Apache-2.0
#include "experience/step_block.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/status.h"
#include "experience/step_block_check.h"

namespace softfleet {
namespace {

int64_t NumObservations(const StepBlock& block) {
  return block.context + block.rows + 1;
}

absl::Status CheckSize(absl::string_view field, size_t size, int64_t wanted) {
  if (size == static_cast<size_t>(wanted)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, " has ", size, " values, expected ", wanted));
}

absl::Status CheckCounts(const Schema& schema, const StepBlock& block,
                         int64_t max_rows) {
  if (block.rows < 1 || block.rows > max_rows) {
    return absl::InvalidArgumentError(
        absl::StrCat("rows is ", block.rows, ", not in 1 to ", max_rows));
  }
  if (block.context != schema.frame_stack - 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "context is ", block.context, ", but frame_stack is ",
        schema.frame_stack, ", which needs ", schema.frame_stack - 1));
  }
  return absl::OkStatus();
}

absl::Status CheckEnd(const StepBlock& block) {
  if (block.end > EpisodeEnd::kTruncated) {
    return absl::InvalidArgumentError(absl::StrCat(
        "end is ", static_cast<int>(block.end), ", not in 0 to 2"));
  }
  const bool ended = block.end != EpisodeEnd::kNone;
  if (!std::isfinite(block.episode_return) ||
      (!ended && block.episode_return != 0)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "episode_return is ", block.episode_return,
        ended ? ", not finite" : " although the episode has not ended"));
  }
  const uint64_t rows = static_cast<uint64_t>(block.rows);
  // Subtracted, so that a huge first_step cannot wrap around.
  const bool consistent =
      ended ? block.episode_length >= rows &&
                  block.episode_length - rows == block.first_step
            : block.episode_length == 0;
  if (consistent) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "episode_length is ", block.episode_length,
      ended ? "" : " although the episode has not ended", "; first_step is ",
      block.first_step, " and rows is ", block.rows));
}

absl::Status CheckObservations(const ObservationGroup& group,
                               const StepBlock& block,
                               const std::vector<std::byte>& column) {
  const size_t wanted =
      static_cast<size_t>(NumObservations(block)) * group.bytes();
  if (column.size() != wanted) {
    return absl::InvalidArgumentError(
        absl::StrCat("observations.", group.name, " has ", column.size(),
                     " bytes, expected ", wanted, " (", NumObservations(block),
                     " observations of ", group.bytes(), ")"));
  }
  return step_block::CheckObservations(group, column, -block.context);
}

absl::Status CheckActions(const ActionSpec& spec, const StepBlock& block) {
  SF_RETURN_IF_ERROR(
      CheckSize("actions", block.actions.size(), block.rows * spec.columns()));
  SF_RETURN_IF_ERROR(CheckSize("discrete_actions",
                               block.discrete_actions.size(),
                               spec.continuous() ? 0 : block.rows));
  return step_block::CheckActions(spec, block.actions, block.discrete_actions,
                                  0);
}

absl::Status CheckFlags(const StepBlock& block) {
  if (block.row_flags.empty()) return absl::OkStatus();
  SF_RETURN_IF_ERROR(
      CheckSize("row_flags", block.row_flags.size(), block.rows));
  return step_block::CheckValues(
      "row_flags", std::span<const uint8_t>(block.row_flags), 1, 0,
      "not in 0 to 3", [](uint8_t flags) { return flags <= kRowFlagsMask; });
}

}  // namespace

std::span<const std::byte> StepBlock::Observation(const Schema& schema,
                                                  size_t group,
                                                  int64_t i) const {
  const size_t bytes = schema.observations[group].bytes();
  return std::span(observations[group])
      .subspan(static_cast<size_t>(i) * bytes, bytes);
}

absl::Status CheckStepBlock(const Schema& schema, const StepBlock& block,
                            int64_t max_rows) {
  SF_RETURN_IF_ERROR(CheckCounts(schema, block, max_rows));
  SF_RETURN_IF_ERROR(CheckEnd(block));
  if (block.observations.size() != schema.observations.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("observations has ", block.observations.size(),
                     " groups, the schema has ", schema.observations.size()));
  }
  for (size_t g = 0; g < schema.observations.size(); ++g) {
    SF_RETURN_IF_ERROR(CheckObservations(schema.observations[g], block,
                                         block.observations[g]));
  }
  SF_RETURN_IF_ERROR(CheckActions(schema.action, block));
  SF_RETURN_IF_ERROR(CheckFlags(block));
  SF_RETURN_IF_ERROR(CheckSize("rewards", block.rewards.size(), block.rows));
  return step_block::CheckRewards(block.rewards, 0);
}

StepBlock SliceBlock(const Schema& schema, const StepBlock& block,
                     int64_t first, int64_t rows) {
  assert(first >= 0 && rows >= 1 && first + rows <= block.rows);
  const auto part = [first, rows](const auto& column, int64_t width,
                                  int64_t more = 0) {
    if (column.empty()) return column;
    const auto begin = column.begin() + first * width;
    return std::decay_t<decltype(column)>(begin, begin + (rows + more) * width);
  };
  StepBlock slice;
  slice.environment = block.environment;
  slice.episode = block.episode;
  slice.first_step = block.first_step + static_cast<uint64_t>(first);
  slice.first_policy_version = block.first_policy_version;
  slice.last_policy_version = block.last_policy_version;
  if (first + rows == block.rows) {
    slice.end = block.end;
    slice.episode_return = block.episode_return;
    slice.episode_length = block.episode_length;
  }
  slice.rows = rows;
  slice.context = block.context;
  for (size_t g = 0; g < schema.observations.size(); ++g) {
    slice.observations.push_back(
        part(block.observations[g],
             static_cast<int64_t>(schema.observations[g].bytes()),
             block.context + 1));
  }
  slice.actions = part(block.actions, schema.action.columns());
  slice.discrete_actions = part(block.discrete_actions, 1);
  slice.rewards = part(block.rewards, 1);
  slice.row_flags = part(block.row_flags, 1);
  const auto none = [](uint8_t flags) { return flags == 0; };
  if (std::ranges::all_of(slice.row_flags, none)) slice.row_flags.clear();
  return slice;
}

}  // namespace softfleet
