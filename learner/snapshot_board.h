// SPDX-License-Identifier: Apache-2.0
// The newest snapshot, for everybody in this process who acts. Thread-safe.
#ifndef SOFTFLEET_LEARNER_SNAPSHOT_BOARD_H_
#define SOFTFLEET_LEARNER_SNAPSHOT_BOARD_H_

#include <memory>

#include "core/mutex.h"
#include "experience/interfaces.h"

namespace softfleet {

class SnapshotBoard : public PolicySource {
 public:
  // Replaces the snapshot. FailedPrecondition when its version is not above
  // the one on the board: versions never fall.
  absl::Status Publish(std::shared_ptr<const Snapshot> snapshot);

  absl::StatusOr<std::shared_ptr<const Snapshot>> Latest(
      uint64_t have) override;

 private:
  Mutex mutex_;
  std::shared_ptr<const Snapshot> newest_ SF_GUARDED_BY(mutex_);
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_SNAPSHOT_BOARD_H_
