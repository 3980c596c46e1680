// SPDX-License-Identifier: Apache-2.0
#include "learner/received_steps.h"

#include <algorithm>
#include <vector>

namespace softfleet {

int64_t ReceivedSteps::Fresh(const StepBlock& block) const {
  const auto found = marks_.find(block.environment);
  if (found == marks_.end() || block.episode > found->second.episode) {
    return block.rows;
  }
  const uint64_t end = block.first_step + static_cast<uint64_t>(block.rows);
  if (block.episode < found->second.episode || end <= found->second.next_step) {
    return 0;
  }
  return std::min(block.rows,
                  static_cast<int64_t>(end - found->second.next_step));
}

void ReceivedSteps::Receive(const StepBlock& block, int64_t rows) {
  const bool ended = block.end != EpisodeEnd::kNone && rows == block.rows;
  marks_[block.environment] =
      ended
          ? Mark{block.episode + 1, 0}
          : Mark{block.episode, block.first_step + static_cast<uint64_t>(rows)};
}

Tensor ReceivedSteps::Save() const {
  std::vector<uint64_t> values;
  values.reserve(3 * marks_.size());
  for (const auto& [environment, mark] : marks_) {
    values.insert(values.end(), {environment, mark.episode, mark.next_step});
  }
  return Tensor::From(values, {static_cast<int64_t>(marks_.size()), 3});
}

absl::Status ReceivedSteps::Restore(const Tensor& saved) {
  if (saved.dtype != DType::kU64 || saved.shape.size() != 2 ||
      saved.shape[1] != 3) {
    return absl::InvalidArgumentError(
        "the steps received are not U64 [environments, 3]");
  }
  marks_.clear();
  const auto values = saved.values<uint64_t>();
  for (size_t i = 0; i < values.size(); i += 3) {
    marks_[values[i]] = {values[i + 1], values[i + 2]};
  }
  return absl::OkStatus();
}

}  // namespace softfleet
