// SPDX-License-Identifier: Apache-2.0
#include "cli/embedded_system.h"

#include <limits>
#include <optional>
#include <utility>

#include "absl/memory/memory.h"
#include "actor/actor_config.h"
#include "core/status.h"
#include "evaluation/make_evaluator.h"
#include "learner/learner_options.h"
#include "learner/replay_table.h"

namespace softfleet {
namespace {

// Rows reach the table, and the learner, one by one.
constexpr int64_t kBlockRows = 1;

// One environment's rows are joined by the table's take-over rule; where
// several append in turn each row has a closing slot of its own.
absl::StatusOr<std::unique_ptr<Table>> MakeTable(const v1::ReplayConfig& config,
                                                 const Schema& schema,
                                                 int num_environments) {
  TableOptions options;
  options.schema = schema;
  options.expected_run_rows =
      num_environments == 1 ? TableOptions::kRowByRowRun : kBlockRows;
  options.max_block_rows = kBlockRows;
  return MakeReplayTable(config, options);
}

}  // namespace

absl::StatusOr<std::unique_ptr<EmbeddedSystem>> EmbeddedSystem::Build(
    FileSystem& files, const v1::RunConfig& config) {
  auto system = absl::WrapUnique(new EmbeddedSystem());
  const EnvironmentOptions environment =
      MakeEnvironmentOptions(config.environment());
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<Environment> prototype,
                      MakeEnvironment(environment));
  const EnvironmentSpec& spec = prototype->spec();
  const Schema schema = MakeSchema(spec, config.environment().frame_stack());

  SF_ASSIGN_OR_RETURN(
      system->table_,
      MakeTable(config.replay(), schema, config.actor().num_environments()));
  system->feed_ = std::make_unique<TableFeed>(*system->table_);

  const LearnerOptions learner =
      MakeLearnerOptions(config, schema, {spec.action_low, spec.action_high});
  system->sampler_ = std::make_unique<TableSampler>(
      *system->table_,
      TableSampler::Options{learner.seed, learner.batch_size, learner.n_step,
                            learner.sac.gamma});
  SF_ASSIGN_OR_RETURN(
      system->learner_,
      LearnerLoop::Create(learner, *system->feed_, *system->sampler_,
                          system->table_.get()));

  SF_ASSIGN_OR_RETURN(system->actor_,
                      ActorLoop::Create(MakeEmbeddedActorOptions(config),
                                        *system->feed_, system->board_));
  SF_ASSIGN_OR_RETURN(system->evaluator_, MakeEvaluator(files, config));
  return system;
}

absl::Status EmbeddedSystem::RunOnce() {
  SF_RETURN_IF_ERROR(actor_->RunOnce());
  SF_RETURN_IF_ERROR(
      learner_->RunOnce(std::numeric_limits<int64_t>::max()).status());
  if (!learner_->snapshot_is_due()) return absl::OkStatus();
  return Publish(RunState::kRunning).status();
}

absl::StatusOr<std::shared_ptr<const Snapshot>> EmbeddedSystem::Publish(
    RunState state) {
  SF_ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> snapshot,
                      learner_->MakeSnapshot(state));
  SF_RETURN_IF_ERROR(board_.Publish(snapshot));
  return snapshot;
}

}  // namespace softfleet
