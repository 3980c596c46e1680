// SPDX-License-Identifier: Apache-2.0
// The builder of a run in one process: the same actor, table, learner and
// evaluator as in a cluster, wired by function calls. Not thread-safe.
#ifndef SOFTFLEET_CLI_EMBEDDED_SYSTEM_H_
#define SOFTFLEET_CLI_EMBEDDED_SYSTEM_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "actor/actor_loop.h"
#include "core/file_system.h"
#include "environments/environment_config.h"
#include "evaluation/evaluator.h"
#include "learner/learner_loop.h"
#include "learner/row_sampler.h"
#include "learner/snapshot_board.h"
#include "learner/table_feed.h"
#include "replay/table.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

class EmbeddedSystem {
 public:
  // `config` must be valid. Errors name the environment, the panel, or the
  // byte budget of the table.
  static absl::StatusOr<std::unique_ptr<EmbeddedSystem>> Build(
      FileSystem& files, const v1::RunConfig& config);

  ActorLoop& actor() { return *actor_; }
  LearnerLoop& learner() { return *learner_; }
  Table& table() { return *table_; }
  Evaluator& evaluator() { return *evaluator_; }

  // Steps every environment once, lets the learner catch up with its pacing,
  // and publishes the policy if it has changed: the whole of the lock-step
  // order. Publish must have been called once before.
  absl::Status RunOnce();

  // Puts a fresh snapshot before the actor and returns it.
  absl::StatusOr<std::shared_ptr<const Snapshot>> Publish(RunState state);

 private:
  EmbeddedSystem() = default;

  std::unique_ptr<Table> table_;
  std::unique_ptr<TableFeed> feed_;
  std::unique_ptr<TableSampler> sampler_;
  SnapshotBoard board_;
  std::unique_ptr<LearnerLoop> learner_;
  std::unique_ptr<ActorLoop> actor_;
  std::unique_ptr<Evaluator> evaluator_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_EMBEDDED_SYSTEM_H_
