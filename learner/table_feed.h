// SPDX-License-Identifier: Apache-2.0
// In one process: appends an actor's blocks to the shared table and announces
// each of them once to the learner. One thread at a time.
#ifndef SOFTFLEET_LEARNER_TABLE_FEED_H_
#define SOFTFLEET_LEARNER_TABLE_FEED_H_

#include <functional>
#include <vector>

#include "experience/interfaces.h"
#include "replay/table.h"

namespace softfleet {

class TableFeed : public StepSink, public StepSource {
 public:
  // `table` must outlive this object.
  explicit TableFeed(Table& table) : table_(&table) {}

  absl::Status Append(const StepBlock& block) override;
  absl::StatusOr<int64_t> Poll(
      const std::function<absl::Status(const StepBlock&)>& receive) override;

 private:
  Table* table_;
  std::vector<StepBlock> announced_;  // appended and not polled yet
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_TABLE_FEED_H_
