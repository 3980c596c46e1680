// SPDX-License-Identifier: Apache-2.0
#include "experience/step_block.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/status.h"

namespace softfleet {
namespace {

// Rows for which a new block takes memory at once; longer blocks grow.
constexpr int64_t kReservedRows = 64;

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

// The first value that is not accepted, named by its row, of `size` values in
// rows of `columns`. The first `context` rows precede row 0: theirs are
// negative.
template <typename T, typename Accept>
absl::Status CheckValues(absl::string_view field, const T* values, int64_t size,
                         int64_t columns, int64_t context,
                         absl::string_view rule, Accept accept) {
  const T* const bad = std::find_if_not(values, values + size, accept);
  if (bad == values + size) return absl::OkStatus();
  const int64_t i = bad - values;
  return absl::InvalidArgumentError(
      absl::StrCat(field, " row ", i / columns - context, " element ",
                   i % columns, " is ", *bad, ", ", rule));
}

bool IsFinite(float x) { return std::isfinite(x); }
bool IsInPolicySpace(float x) { return x >= -1 && x <= 1; }  // false for NaN

absl::Status CheckObservations(const ObservationGroup& group,
                               const StepBlock& block,
                               const std::vector<std::byte>& column) {
  const std::string field = absl::StrCat("observations.", group.name);
  const int64_t size = NumObservations(block) * group.elements();
  const size_t wanted = static_cast<size_t>(size) * DTypeSize(group.dtype);
  if (column.size() != wanted) {
    return absl::InvalidArgumentError(absl::StrCat(
        field, " has ", column.size(), " bytes, expected ", wanted, " (",
        NumObservations(block), " observations of ", group.bytes(), ")"));
  }
  if (group.dtype != DType::kF32) return absl::OkStatus();
  return CheckValues(field, reinterpret_cast<const float*>(column.data()), size,
                     group.elements(), block.context, "not finite", IsFinite);
}

absl::Status CheckActions(const ActionSpec& spec, const StepBlock& block) {
  SF_RETURN_IF_ERROR(
      CheckSize("actions", block.actions.size(), block.rows * spec.columns()));
  SF_RETURN_IF_ERROR(CheckSize("discrete_actions",
                               block.discrete_actions.size(),
                               spec.continuous() ? 0 : block.rows));
  if (spec.continuous()) {
    return CheckValues("actions", block.actions.data(),
                       block.rows * spec.dimension, spec.dimension, 0,
                       "not in [-1, 1]", IsInPolicySpace);
  }
  return CheckValues(
      "discrete_actions", block.discrete_actions.data(), block.rows, 1, 0,
      absl::StrCat("not in [0, ", spec.num_actions, ")"),
      [&](int32_t index) { return index >= 0 && index < spec.num_actions; });
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
  SF_RETURN_IF_ERROR(CheckSize("rewards", block.rewards.size(), block.rows));
  return CheckValues("rewards", block.rewards.data(), block.rows, 1, 0,
                     "not finite", IsFinite);
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
  return slice;
}

StepBlockBuilder::StepBlockBuilder(Schema schema, uint64_t environment,
                                   int64_t max_rows)
    : schema_(std::move(schema)), max_rows_(max_rows) {
  assert(max_rows >= 1);
  block_.environment = environment;
}

void StepBlockBuilder::Begin(
    uint64_t episode, std::span<const std::span<const std::byte>> observation) {
  steps_ = 0;
  return_ = 0;
  block_.episode = episode;
  StartBlock();
  for (int64_t i = 0; i <= block_.context; ++i) AppendObservation(observation);
}

StepBlockBuilder::Progress StepBlockBuilder::progress() const {
  assert(block_.rows == 0 && !block_.observations.empty());
  return {block_.episode, steps_, return_, block_.observations};
}

absl::Status StepBlockBuilder::Resume(Progress progress) {
  SF_RETURN_IF_ERROR(CheckSize("observations", progress.observations.size(),
                               std::ssize(schema_.observations)));
  for (size_t g = 0; g < schema_.observations.size(); ++g) {
    const ObservationGroup& group = schema_.observations[g];
    SF_RETURN_IF_ERROR(
        CheckSize(absl::StrCat("observations.", group.name),
                  progress.observations[g].size(),
                  static_cast<int64_t>(group.bytes()) * schema_.frame_stack));
  }
  block_.episode = progress.episode;
  steps_ = progress.steps;
  return_ = progress.episode_return;
  StartBlock();
  block_.observations = std::move(progress.observations);
  return absl::OkStatus();
}

void StepBlockBuilder::Append(
    std::span<const float> action, int32_t discrete_action, float reward,
    bool terminated, bool truncated, uint64_t policy_version,
    std::span<const std::span<const std::byte>> next_observation) {
  assert(!block_.observations.empty() && block_.end == EpisodeEnd::kNone);
  if (schema_.action.continuous()) {
    assert(action.size() == static_cast<size_t>(schema_.action.dimension));
    block_.actions.insert(block_.actions.end(), action.begin(), action.end());
  } else {
    block_.discrete_actions.push_back(discrete_action);
  }
  block_.rewards.push_back(reward);
  AppendObservation(next_observation);
  if (block_.rows == 0) block_.first_policy_version = policy_version;
  block_.last_policy_version = policy_version;
  ++block_.rows;
  ++steps_;
  return_ += reward;
  if (!terminated && !truncated) return;
  block_.end = terminated ? EpisodeEnd::kTerminated : EpisodeEnd::kTruncated;
  block_.episode_return = return_;
  block_.episode_length = steps_;
}

std::optional<StepBlock> StepBlockBuilder::TakeFinished() {
  const bool due = block_.rows >= max_rows_ || block_.end != EpisodeEnd::kNone;
  return due ? Cut() : std::nullopt;
}

std::optional<StepBlock> StepBlockBuilder::Cut() {
  if (block_.rows == 0) return std::nullopt;
  StepBlock finished = std::move(block_);
  block_ = StepBlock();
  block_.environment = finished.environment;
  block_.episode = finished.episode;
  if (finished.end != EpisodeEnd::kNone) return finished;
  StartBlock();
  for (size_t g = 0; g < schema_.observations.size(); ++g) {
    const size_t kept = static_cast<size_t>(block_.context + 1) *
                        schema_.observations[g].bytes();
    const std::vector<std::byte>& column = finished.observations[g];
    block_.observations[g].assign(column.end() - static_cast<ptrdiff_t>(kept),
                                  column.end());
  }
  return finished;
}

// Empties the columns and takes memory for a whole block.
void StepBlockBuilder::StartBlock() {
  block_.first_step = steps_;
  block_.end = EpisodeEnd::kNone;
  block_.episode_return = 0;
  block_.episode_length = 0;
  block_.rows = 0;
  block_.context = schema_.frame_stack - 1;
  const size_t rows = static_cast<size_t>(std::min(max_rows_, kReservedRows));
  const size_t observations = static_cast<size_t>(block_.context) + rows + 1;
  block_.observations.resize(schema_.observations.size());
  for (size_t g = 0; g < schema_.observations.size(); ++g) {
    block_.observations[g].clear();
    block_.observations[g].reserve(observations *
                                   schema_.observations[g].bytes());
  }
  block_.actions.clear();
  block_.actions.reserve(rows * static_cast<size_t>(schema_.action.columns()));
  block_.discrete_actions.clear();
  if (!schema_.action.continuous()) block_.discrete_actions.reserve(rows);
  block_.rewards.clear();
  block_.rewards.reserve(rows);
}

void StepBlockBuilder::AppendObservation(
    std::span<const std::span<const std::byte>> groups) {
  assert(groups.size() == schema_.observations.size());
  for (size_t g = 0; g < groups.size(); ++g) {
    assert(groups[g].size() == schema_.observations[g].bytes());
    block_.observations[g].insert(block_.observations[g].end(),
                                  groups[g].begin(), groups[g].end());
  }
}

}  // namespace softfleet
