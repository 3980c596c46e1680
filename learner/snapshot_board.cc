// SPDX-License-Identifier: Apache-2.0
#include "learner/snapshot_board.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace softfleet {

absl::Status SnapshotBoard::Publish(std::shared_ptr<const Snapshot> snapshot) {
  MutexLock lock(mutex_);
  if (newest_ != nullptr && snapshot->version <= newest_->version) {
    return absl::FailedPreconditionError(
        absl::StrCat("policy version ", snapshot->version,
                     " is not above the published ", newest_->version));
  }
  newest_ = std::move(snapshot);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const Snapshot>> SnapshotBoard::Latest(
    uint64_t have) {
  MutexLock lock(mutex_);
  return newest_ != nullptr && newest_->version > have ? newest_ : nullptr;
}

}  // namespace softfleet
