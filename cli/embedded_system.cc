// SPDX-License-Identifier: Apache-2.0
#include "cli/embedded_system.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "absl/memory/memory.h"
#include "actor/actor_config.h"
#include "core/status.h"
#include "evaluation/make_evaluator.h"
#include "learner/learner_options.h"
#include "learner/progress_rule.h"
#include "learner/replay_table.h"

namespace softfleet {
namespace {

// Rows reach the table, and the learner, one by one.
constexpr int64_t kBlockRows = 1;

// Overlapped: how far the actor may be ahead of the updates. One is under way
// while the learner works off the other, and nobody waits for a thread to wake.
constexpr int64_t kRoundsAhead = 2;
// How long the learner waits for rows before it asks whether to stop.
constexpr absl::Duration kPatience = absl::Milliseconds(100);

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
  auto system = absl::WrapUnique(new EmbeddedSystem(config));
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

  StepSink* sink = system->feed_.get();
  if (config.learner().schedule() == v1::Schedule::overlapped) {
    system->thread_ = std::make_unique<ActorThread>(SystemClock());
    sink = system->thread_.get();
  }
  SF_ASSIGN_OR_RETURN(system->actor_,
                      ActorLoop::Create(MakeEmbeddedActorOptions(config), *sink,
                                        system->board_));
  SF_ASSIGN_OR_RETURN(system->evaluator_, MakeEvaluator(files, config));
  return system;
}

absl::Status EmbeddedSystem::RunOnce() {
  return overlapped() ? RunOverlapped() : RunLockStep();
}

absl::Status EmbeddedSystem::RunLockStep() {
  SF_RETURN_IF_ERROR(actor_->RunOnce());
  const auto finished = actor_->finished_episodes();
  episodes_.insert(episodes_.end(), finished.begin(), finished.end());
  SF_RETURN_IF_ERROR(
      learner_->RunOnce(std::numeric_limits<int64_t>::max()).status());
  return PublishIfDue();
}

absl::Status EmbeddedSystem::RunOverlapped() {
  AllowRows();
  if (!thread_->started()) thread_->Start(*actor_, learner_->received());
  SF_RETURN_IF_ERROR(
      Receive(owes_updates() ? absl::ZeroDuration() : kPatience));
  const double of_a_round =
      config_.learner().updates_per_step() * config_.actor().num_environments();
  SF_RETURN_IF_ERROR(
      learner_->Update(static_cast<int64_t>(std::ceil(of_a_round))).status());
  SF_RETURN_IF_ERROR(PublishIfDue());
  AllowRows();
  return absl::OkStatus();
}

absl::Status EmbeddedSystem::Receive(absl::Duration timeout) {
  const absl::Duration began = SystemClock().Monotonic();
  SF_ASSIGN_OR_RETURN(ActorThread::Delivery delivery, thread_->Take(timeout));
  if (timeout > absl::ZeroDuration()) {
    waited_for_rows_ += SystemClock().Monotonic() - began;
  }
  for (const StepBlock& block : delivery.blocks) {
    SF_RETURN_IF_ERROR(feed_->Append(block));
  }
  episodes_.insert(episodes_.end(), delivery.episodes.begin(),
                   delivery.episodes.end());
  return learner_->Receive().status();
}

void EmbeddedSystem::AllowRows() {
  LearnerProgress progress;
  progress.received = learner_->received();
  progress.updates = learner_->updates();
  progress.warmup_steps = config_.learner().warmup_steps();
  progress.forgone = learner_->forgone();
  progress.updates_per_step = config_.learner().updates_per_step();
  progress.slack = kRoundsAhead * config_.actor().num_environments();
  progress.total_steps = config_.total_steps();
  thread_->Allow(AllowedRows(progress));
}

absl::Status EmbeddedSystem::PublishIfDue() {
  if (!learner_->snapshot_is_due()) return absl::OkStatus();
  return Publish(RunState::kRunning).status();
}

std::vector<FinishedEpisode> EmbeddedSystem::TakeEpisodes() {
  return std::exchange(episodes_, {});
}

absl::Status EmbeddedSystem::Pause() {
  if (!overlapped()) return absl::OkStatus();
  thread_->Pause();
  return Receive(absl::ZeroDuration());
}

void EmbeddedSystem::Resume() {
  if (overlapped()) thread_->Resume();
}

EmbeddedSystem::Waits EmbeddedSystem::waits() const {
  return overlapped() ? Waits{waited_for_rows_, thread_->waited()} : Waits{};
}

absl::StatusOr<std::shared_ptr<const Snapshot>> EmbeddedSystem::Publish(
    RunState state) {
  SF_ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> snapshot,
                      learner_->MakeSnapshot(state));
  SF_RETURN_IF_ERROR(board_.Publish(snapshot));
  return snapshot;
}

}  // namespace softfleet
