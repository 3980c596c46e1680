// SPDX-License-Identifier: Apache-2.0
#include "tests/learner/fake_shard.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace softfleet {
namespace {

// An observation that its place in the run fixes.
void AppendObservation(const ObservationGroup& group, uint64_t environment,
                       uint64_t episode, uint64_t step,
                       std::vector<std::byte>* column) {
  Philox random(environment, Purpose::kTest, episode, step);
  std::vector<float> values(group.elements());
  for (float& x : values) x = static_cast<float>(random.NextNormal());
  const auto bytes = std::as_bytes(std::span(values));
  column->insert(column->end(), bytes.begin(), bytes.end());
}

}  // namespace

FakeShard::FakeShard(const Schema& schema, uint64_t seed, int64_t first_tag)
    : schema_(schema),
      first_environment_(1000 * seed),
      random_(seed, Purpose::kTest, 9),
      next_tag_(first_tag) {}

FakeShard::Stream& FakeShard::StreamOf(uint64_t environment) {
  for (Stream& stream : streams_) {
    if (stream.environment == environment) return stream;
  }
  return streams_.emplace_back(Stream{environment, 0, 0});
}

void FakeShard::Append(uint64_t environment, int64_t rows) {
  Stream& stream = StreamOf(environment);
  for (int64_t i = 0; i < rows; ++i) {
    rows_.push_back({next_id_++, environment, stream.episode, stream.step++,
                     false, policy_version, next_tag_++});
  }
}

void FakeShard::EndEpisode(uint64_t environment) {
  Stream& stream = StreamOf(environment);
  for (size_t i = rows_.size(); i-- > 0;) {
    if (rows_[i].environment != environment) continue;
    if (i >= cursor_ && rows_[i].episode == stream.episode) {
      rows_[i].ends = true;
    }
    break;
  }
  ++stream.episode;
  stream.step = 0;
}

void FakeShard::Restart(bool incarnation_grows) {
  incarnation_ += incarnation_grows ? 1 + random_.NextBelow(3) : -1;
  next_id_ = random_.NextBelow(2) == 0 ? 0 : random_.NextBelow(1000);
  for (Stream& stream : streams_) {
    ++stream.episode;
    stream.step = 0;
  }
  rows_.clear();
  cursor_ = 0;
  skipped_ = 0;
  greeted_ = false;
}

void FakeShard::Rewind() {
  cursor_ = 0;
  skipped_ = 0;
  greeted_ = false;
}

void FakeShard::Overwrite(int64_t rows) {
  const auto gone = std::min(static_cast<size_t>(rows), rows_.size());
  if (gone > cursor_) skipped_ += gone - cursor_;
  rows_.erase(rows_.begin(), rows_.begin() + static_cast<ptrdiff_t>(gone));
  cursor_ = cursor_ > gone ? cursor_ - gone : 0;
}

size_t FakeShard::RunLength(size_t first) const {
  size_t count = 1;
  for (size_t i = first + 1; i < rows_.size(); ++i, ++count) {
    if (rows_[i].id != rows_[i - 1].id + 1 || rows_[i - 1].ends ||
        rows_[i].environment != rows_[first].environment ||
        rows_[i].episode != rows_[first].episode) {
      break;
    }
  }
  return count;
}

StepBlock FakeShard::Block(size_t first, size_t count) const {
  const Row& row = rows_[first];
  StepBlock block;
  block.environment = first_environment_ + row.environment;
  block.episode = row.episode;
  block.first_step = row.step;
  block.first_policy_version = row.version;
  block.last_policy_version = rows_[first + count - 1].version;
  block.rows = static_cast<int64_t>(count);
  block.context = 0;
  if (rows_[first + count - 1].ends) {
    block.end = EpisodeEnd::kTruncated;
    block.episode_return = -static_cast<double>(row.step + count);
    block.episode_length = row.step + count;
  }
  block.observations.resize(1);
  for (size_t i = 0; i <= count; ++i) {
    AppendObservation(schema_.observations[0], row.environment, row.episode,
                      row.step + i, &block.observations[0]);
  }
  block.actions.assign(count * schema_.action.columns(), 0.5f);
  for (size_t i = 0; i < count; ++i) {
    block.rewards.push_back(
        reward != 0 ? reward : static_cast<float>(rows_[first + i].tag));
  }
  return block;
}

std::optional<ShardDelivery> FakeShard::Take() {
  if (!is_connected) {
    greeted_ = false;
    return std::nullopt;
  }
  if (greeted_ && cursor_ == rows_.size()) return std::nullopt;
  greeted_ = true;
  ShardDelivery delivery;
  delivery.skipped_rows = std::exchange(skipped_, 0);
  uint64_t next = cursor_ < rows_.size() ? rows_[cursor_].id : next_id_;
  for (uint64_t items = 1 + random_.NextBelow(3);
       items > 0 && cursor_ < rows_.size(); --items) {
    const size_t most =
        std::min(RunLength(cursor_), static_cast<size_t>(block_rows));
    const size_t count = 1 + random_.NextBelow(most);
    const Position after = {incarnation_, rows_[cursor_ + count - 1].id + 1};
    delivery.items.push_back({Block(cursor_, count), after});
    cursor_ += count;
    next = after.next_id;
  }
  delivery.position = {incarnation_, next};
  delivery.caught_up = cursor_ == rows_.size();
  return delivery;
}

std::vector<int64_t> FakeShard::tags() const {
  std::vector<int64_t> tags;
  for (const Row& row : rows_) tags.push_back(row.tag);
  return tags;
}

std::vector<int64_t> Tags(const StepBlock& block) {
  return {block.rewards.begin(), block.rewards.end()};
}

}  // namespace softfleet
