// SPDX-License-Identifier: Apache-2.0
#include "learner/table_feed.h"

#include <utility>

#include "core/status.h"

namespace softfleet {

absl::Status TableFeed::Append(const StepBlock& block) {
  SF_RETURN_IF_ERROR(table_->Append(block));
  announced_.push_back(block);
  return absl::OkStatus();
}

absl::StatusOr<int64_t> TableFeed::Poll(
    const std::function<absl::Status(const StepBlock&)>& receive) {
  const std::vector<StepBlock> blocks = std::exchange(announced_, {});
  int64_t rows = 0;
  for (const StepBlock& block : blocks) {
    SF_RETURN_IF_ERROR(receive(block));
    rows += block.rows;
  }
  return rows;
}

}  // namespace softfleet
