// SPDX-License-Identifier: Apache-2.0
#include "experience/step_block_builder.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "experience/step_block_check.h"

namespace softfleet {
namespace {

// Rows for which a new block takes memory at once; longer blocks grow.
constexpr int64_t kReservedRows = 64;

}  // namespace

StepBlockBuilder::StepBlockBuilder(Schema schema, uint64_t environment,
                                   int64_t max_rows)
    : schema_(std::move(schema)),
      max_rows_(max_rows),
      room_(schema_.observations.size()),
      newest_(schema_.observations.size()) {
  assert(max_rows >= 1);
  block_.environment = environment;
  StartBlock();
}

size_t StepBlockBuilder::Bytes(size_t group, int64_t count) const {
  return static_cast<size_t>(count) * schema_.observations[group].bytes();
}

void StepBlockBuilder::StartBlock() {
  block_.first_step = steps_;
  block_.end = EpisodeEnd::kNone;
  block_.episode_return = 0;
  block_.episode_length = 0;
  block_.rows = 0;
  block_.context = schema_.frame_stack - 1;
  block_.observations.resize(schema_.observations.size());
  const auto rows = static_cast<size_t>(std::min(max_rows_, kReservedRows));
  block_.actions.clear();
  block_.actions.reserve(rows * static_cast<size_t>(schema_.action.columns()));
  block_.discrete_actions.clear();
  if (!schema_.action.continuous()) block_.discrete_actions.reserve(rows);
  block_.rewards.clear();
  block_.rewards.reserve(rows);
  block_.row_flags.clear();
  FindPlaces();
}

void StepBlockBuilder::FindPlaces() {
  const int64_t newest = block_.context + block_.rows;
  for (size_t g = 0; g < room_.size(); ++g) {
    std::vector<std::byte>& column = block_.observations[g];
    if (column.size() < Bytes(g, newest + 2)) {
      const int64_t rows =
          block_.rows < kReservedRows ? kReservedRows : 2 * block_.rows;
      column.resize(Bytes(g, block_.context + 2 + std::min(max_rows_, rows)));
    }
    const std::span<std::byte> all(column);
    newest_[g] = all.subspan(Bytes(g, newest), Bytes(g, 1));
    room_[g] = all.subspan(Bytes(g, newest + 1), Bytes(g, 1));
  }
}

absl::Status StepBlockBuilder::CheckRoom(int64_t row) const {
  for (size_t g = 0; g < room_.size(); ++g) {
    SF_RETURN_IF_ERROR(
        step_block::CheckObservations(schema_.observations[g], room_[g], row));
  }
  return absl::OkStatus();
}

absl::Status StepBlockBuilder::Begin(uint64_t episode) {
  SF_RETURN_IF_ERROR(CheckRoom(0));
  block_.episode = episode;
  steps_ = 0;
  return_ = 0;
  for (size_t g = 0; g < room_.size(); ++g) {
    std::byte* const column = block_.observations[g].data();
    for (int64_t i = 0; i <= block_.context; ++i) {
      std::memcpy(column + Bytes(g, i), room_[g].data(), room_[g].size());
    }
  }
  StartBlock();
  return absl::OkStatus();
}

StepBlockBuilder::Progress StepBlockBuilder::progress() const {
  assert(block_.rows == 0);
  Progress progress{block_.episode, steps_, return_, {}};
  for (size_t g = 0; g < room_.size(); ++g) {
    const std::byte* const column = block_.observations[g].data();
    progress.observations.emplace_back(column,
                                       column + Bytes(g, block_.context + 1));
  }
  return progress;
}

absl::Status StepBlockBuilder::Resume(const Progress& progress) {
  if (progress.observations.size() != schema_.observations.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("observations has ", progress.observations.size(),
                     " groups, expected ", schema_.observations.size()));
  }
  for (size_t g = 0; g < room_.size(); ++g) {
    const size_t size = progress.observations[g].size();
    const size_t wanted = Bytes(g, schema_.frame_stack);
    if (size == wanted) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("observations.", schema_.observations[g].name, " has ",
                     size, " bytes, expected ", wanted));
  }
  block_.episode = progress.episode;
  steps_ = progress.steps;
  return_ = progress.episode_return;
  StartBlock();
  for (size_t g = 0; g < room_.size(); ++g) {
    std::ranges::copy(progress.observations[g], block_.observations[g].begin());
  }
  return absl::OkStatus();
}

absl::Status StepBlockBuilder::Append(const StepRow& row) {
  assert(block_.end == EpisodeEnd::kNone && block_.rows < max_rows_);
  const bool continuous = schema_.action.continuous();
  assert(!continuous ||
         row.action.size() == static_cast<size_t>(schema_.action.dimension));
  SF_RETURN_IF_ERROR(step_block::CheckRewards({&row.reward, 1}, block_.rows));
  SF_RETURN_IF_ERROR(CheckRoom(block_.rows + 1));
  SF_RETURN_IF_ERROR(step_block::CheckActions(
      schema_.action, row.action, {&row.discrete_action, 1}, block_.rows));
  if (continuous) {
    block_.actions.insert(block_.actions.end(), row.action.begin(),
                          row.action.end());
  } else {
    block_.discrete_actions.push_back(row.discrete_action);
  }
  block_.rewards.push_back(row.reward);
  AppendFlags(row.flags);
  if (block_.rows == 0) block_.first_policy_version = row.policy_version;
  block_.last_policy_version = row.policy_version;
  ++block_.rows;
  ++steps_;
  return_ += row.reward;
  FindPlaces();
  if (!row.terminated && !row.truncated) return absl::OkStatus();
  block_.end =
      row.terminated ? EpisodeEnd::kTerminated : EpisodeEnd::kTruncated;
  block_.episode_return = return_;
  block_.episode_length = steps_;
  return absl::OkStatus();
}

// The column is empty until a row has a flag.
void StepBlockBuilder::AppendFlags(uint8_t flags) {
  if (flags == 0 && block_.row_flags.empty()) return;
  block_.row_flags.resize(static_cast<size_t>(block_.rows));
  block_.row_flags.push_back(flags);
}

bool StepBlockBuilder::due() const {
  return block_.rows >= max_rows_ || block_.end != EpisodeEnd::kNone;
}

bool StepBlockBuilder::Cut(StepBlock* block) {
  if (block_.rows == 0) return false;
  std::swap(block_, *block);
  block_.environment = block->environment;
  block_.episode = block->episode;
  StartBlock();
  for (size_t g = 0; g < room_.size(); ++g) {
    std::vector<std::byte>& column = block->observations[g];
    const std::byte* const stack = column.data() + Bytes(g, block->rows);
    std::copy_n(stack, Bytes(g, block->context + 1),
                block_.observations[g].begin());
    column.resize(Bytes(g, block->context + block->rows + 1));
  }
  return true;
}

}  // namespace softfleet
