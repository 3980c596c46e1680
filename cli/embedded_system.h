// SPDX-License-Identifier: Apache-2.0
// The builder of a run in one process: the same actor, table, learner and
// evaluator as in a cluster, wired by function calls. In lock-step nothing runs
// beside the caller; overlapped (learner.schedule) the actor has a thread, the
// table stays the caller's. Not thread-safe.
#ifndef SOFTFLEET_CLI_EMBEDDED_SYSTEM_H_
#define SOFTFLEET_CLI_EMBEDDED_SYSTEM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "actor/actor_loop.h"
#include "actor/actor_thread.h"
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

  // In lock-step: steps every environment once, lets the learner catch up with
  // its pacing, and publishes the policy if it has changed. Overlapped: takes
  // the rows there are, does the updates of one round, publishes; waits a
  // little where neither rows nor updates are there. Publish must have been
  // called once before.
  absl::Status RunOnce();
  // Whether rows received have earned updates that are still to be done; never
  // so after a lock-step round.
  bool owes_updates() const {
    return learner_->updates() < learner_->allowed_updates();
  }
  // Training episodes that ended since the last call.
  std::vector<FinishedEpisode> TakeEpisodes();

  // Makes one instant of everything: no environment steps before Resume, all
  // rows made have been received. Nothing to do in lock-step.
  absl::Status Pause();
  void Resume();

  bool overlapped() const { return thread_ != nullptr; }
  // Overlapped, of this start: how long the learner waited for rows, and the
  // actor for updates.
  struct Waits {
    absl::Duration for_rows;
    absl::Duration for_updates;
  };
  Waits waits() const;

  // Puts a fresh snapshot before the actor and returns it.
  absl::StatusOr<std::shared_ptr<const Snapshot>> Publish(RunState state);

 private:
  explicit EmbeddedSystem(const v1::RunConfig& config) : config_(config) {}
  absl::Status RunLockStep();
  absl::Status RunOverlapped();
  absl::Status PublishIfDue();
  // Takes the actor's rows; waits at most `timeout` where there are none.
  absl::Status Receive(absl::Duration timeout);
  // Lets the actor go as far ahead as it may.
  void AllowRows();

  const v1::RunConfig config_;
  std::unique_ptr<Table> table_;
  std::unique_ptr<TableFeed> feed_;
  std::unique_ptr<TableSampler> sampler_;
  SnapshotBoard board_;
  std::unique_ptr<LearnerLoop> learner_;
  std::unique_ptr<ActorLoop> actor_;
  std::unique_ptr<Evaluator> evaluator_;
  std::vector<FinishedEpisode> episodes_;
  absl::Duration waited_for_rows_;
  std::unique_ptr<ActorThread> thread_;  // overlapped; last: uses the others
};

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_EMBEDDED_SYSTEM_H_
