// SPDX-License-Identifier: Apache-2.0
#include "learner/cluster_run.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "learner/cluster_checkpoint.h"
#include "learner/replay_table.h"
#include "run/audit_record.h"
#include "run/config.h"

namespace softfleet {
namespace {

// Updates between two looks at the clock.
constexpr int64_t kUpdatesAtOnce = 4;

// Blocks are cut by time too, and environments take turns, so that a run of
// rows in the ring is shorter than a block may be.
int64_t ExpectedRunRows(const v1::ActorConfig& config) {
  return std::max(1, config.block_rows() / 4);
}

absl::StatusOr<std::unique_ptr<Table>> MakeMirror(const v1::RunConfig& config,
                                                  const Schema& schema) {
  TableOptions options;
  options.schema = schema;
  options.expected_run_rows = ExpectedRunRows(config.actor());
  options.max_block_rows = std::min<int64_t>(
      std::max<int64_t>(options.max_block_rows, config.actor().block_rows()),
      config.replay().capacity());
  return MakeReplayTable(config.replay(), options);
}

class PhaseTimer {
 public:
  PhaseTimer(Clock& clock, Histogram& histogram)
      : clock_(clock), histogram_(histogram), began_(clock.Monotonic()) {}
  ~PhaseTimer() { histogram_.Observe(seconds()); }
  double seconds() const {
    return absl::ToDoubleSeconds(clock_.Monotonic() - began_);
  }

 private:
  Clock& clock_;
  Histogram& histogram_;
  const absl::Duration began_;
};

}  // namespace

ClusterRun::ClusterRun(Options options)
    : options_(std::move(options)),
      clock_(options_.clock),
      recorder_(options_.recorder),
      metrics_(options_.metrics),
      config_hash_(ConfigHash(options_.config)) {}

absl::StatusOr<std::unique_ptr<ClusterRun>> ClusterRun::Create(
    Options options) {
  auto run = absl::WrapUnique(new ClusterRun(std::move(options)));
  SF_RETURN_IF_ERROR(run->Build());
  if (const CheckpointStore::Found* found = run->recorder_->checkpoint()) {
    SF_RETURN_IF_ERROR(Annotate(run->Restore(*found), found->directory));
  }
  run->checkpointed_ = run->recorder_->checkpointed_step();
  SF_RETURN_IF_ERROR(run->recorder_->Begin());
  SF_RETURN_IF_ERROR(run->BeginPublishing());
  run->Show();
  return run;
}

absl::Status ClusterRun::Build() {
  const LearnerOptions& learner = options_.learner;
  SF_ASSIGN_OR_RETURN(mirror_, MakeMirror(options_.config, learner.schema));
  MirrorFeed::Options feed;
  feed.shards = options_.shards;
  feed.on_received = [this](const StepBlock& block) {
    arrivals_.Add(block, loop_->updates());
  };
  feed_ = std::make_unique<MirrorFeed>(*mirror_, std::move(feed));
  sampler_ = std::make_unique<TableSampler>(
      *mirror_, TableSampler::Options{learner.seed, learner.batch_size,
                                      learner.n_step, learner.sac.gamma});
  SF_ASSIGN_OR_RETURN(
      loop_, LearnerLoop::Create(learner, *feed_, *sampler_, mirror_.get()));
  loop_->Identify(recorder_->directory().run_id(),
                  recorder_->directory().incarnation());
  metrics_->total_steps.Set(static_cast<double>(options_.config.total_steps()));
  metrics_->updates_per_step_target.Set(learner.updates_per_step);
  metrics_->target_entropy.Set(learner.sac.target_entropy);
  metrics_->alpha.Set(loop_->alpha());
  metrics_->shards.Set(static_cast<double>(options_.shards.size()));
  metrics_->mirror_bytes.Set(static_cast<double>(mirror_->bytes()));
  return absl::OkStatus();
}

absl::Status ClusterRun::Restore(const CheckpointStore::Found& found) {
  SF_RETURN_IF_ERROR(
      RestoreLearner(*options_.files, found.directory, *loop_, feed_->steps()));
  SF_ASSIGN_OR_RETURN(const auto positions,
                      ParsePositions(found.manifest.state_json));
  feed_->Restore(positions);
  refill_ = Refill(loop_->received(), options_.learner.warmup_steps,
                   options_.config.replay().capacity(), clock_->Monotonic());
  return absl::OkStatus();
}

absl::Status ClusterRun::BeginPublishing() {
  if (recorder_->finished()) {
    state_ = RunState::kFinished;
    return Publish(state_).status();
  }
  SF_RETURN_IF_ERROR(Publish(state_).status());
  // A request of the time before the restart is gone; this policy will do.
  const int64_t interval = options_.config.evaluation().interval();
  const int64_t evaluated =
      recorder_->audit().empty()
          ? 0
          : static_cast<int64_t>(recorder_->audit().back().step);
  if (wanted() > 0 && Crossed(interval, evaluated, loop_->received())) {
    options_.board->RequestEvaluation(/*final=*/false);
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> ClusterRun::RunOnce() {
  absl::StatusOr<bool> worked = Round();
  if (!worked.ok()) {
    SF_RETURN_IF_ERROR(Fail(worked.status()));
  }
  Show();
  return worked;
}

absl::StatusOr<bool> ClusterRun::Round() {
  absl::Status failure;
  bool worked = TakeReports(&failure);
  SF_RETURN_IF_ERROR(failure);
  if (finished()) return worked;
  const int64_t before = loop_->received();
  SF_ASSIGN_OR_RETURN(const bool received, Receive());
  SF_ASSIGN_OR_RETURN(const bool updated, Update());
  SF_RETURN_IF_ERROR(KeepRecords(before));
  SF_RETURN_IF_ERROR(PublishIfDue());
  SF_ASSIGN_OR_RETURN(const bool ended, End());
  return worked || received || updated || ended;
}

absl::StatusOr<bool> ClusterRun::Receive() {
  const PhaseTimer timer(*clock_, metrics_->receive_seconds);
  // Updates that have no row to learn from do not hold up the first one.
  const int64_t least = mirror_->sampleable_rows() == 0 ? 1 : 0;
  feed_->Want(wanted(), std::max(least, ReceivableRows(progress())));
  const int64_t refilled = feed_->refill_rows();
  SF_ASSIGN_OR_RETURN(const int64_t rows, loop_->Receive());
  metrics_->received_rows.Increment(static_cast<double>(rows));
  ever_connected_ |= feed_->connected() > 0;
  const std::vector<FinishedEpisode> episodes = arrivals_.TakeEpisodes();
  metrics_->episodes.Increment(static_cast<double>(episodes.size()));
  recorder_->AddEpisodes(episodes);

  const int64_t missing =
      refill_.Look({feed_->connected() > 0, feed_->heard_all(),
                    feed_->refilled(), feed_->refill_rows()},
                   loop_->received(), wanted(), clock_->Monotonic());
  loop_->ForgoUpdates(missing);
  if (missing > 0) {
    SF_RETURN_IF_ERROR(recorder_->Note(absl::StrCat(
        "shards have lost rows: ", missing,
        " new ones fill the learner's mirror and earn no updates")));
  }
  return rows > 0 || feed_->refill_rows() > refilled;
}

absl::StatusOr<bool> ClusterRun::Update() {
  if (loop_->updates() >= loop_->allowed_updates() ||
      !refill_.MayUpdate(loop_->received())) {
    return false;
  }
  if (mirror_->sampleable_rows() == 0) {
    // Nothing to learn from will come any more, or it has yet to come.
    if (wanted() == 0) loop_->ForgoUpdates(OutstandingRows());
    return false;
  }
  const PhaseTimer timer(*clock_, metrics_->update_seconds);
  const absl::Duration end = clock_->Monotonic() + options_.round_time;
  int64_t done = 0;
  while (done < options_.round_updates && clock_->Monotonic() < end) {
    const absl::StatusOr<int64_t> some =
        loop_->Update(std::min(kUpdatesAtOnce, options_.round_updates - done));
    if (absl::IsDataLoss(some.status())) {
      metrics_->nonfinite_updates.Increment();
    }
    SF_RETURN_IF_ERROR(some.status());
    if (*some == 0) break;
    done += *some;
  }
  metrics_->updates.Increment(static_cast<double>(done));
  metrics_->Show(loop_->statistics().Mean());
  return done > 0;
}

int64_t ClusterRun::OutstandingRows() const {
  const auto updates =
      static_cast<double>(loop_->allowed_updates() - loop_->updates());
  return static_cast<int64_t>(
      std::ceil(updates / options_.learner.updates_per_step));
}

absl::Status ClusterRun::KeepRecords(int64_t before) {
  const v1::RunConfig& config = options_.config;
  const int64_t now = loop_->received();
  // The last row, evaluation and checkpoint come after the last update.
  const bool last = wanted() == 0;
  metrics_due_ |= Crossed(config.metrics_interval(), before, now);
  if (metrics_due_ && !last) SF_RETURN_IF_ERROR(WriteMetrics());
  if (!last && Crossed(config.evaluation().interval(), before, now)) {
    SF_RETURN_IF_ERROR(RequestEvaluation(/*final=*/false));
  }
  checkpoint_due_ |=
      !last && Crossed(config.checkpoint_interval(), before, now);
  SF_RETURN_IF_ERROR(KeepCheckpoints());
  if (final_requested_) return absl::OkStatus();
  SF_RETURN_IF_ERROR(recorder_->ApplyStopRules(counts()));
  if (stop_at_ < 0 && !recorder_->stopped_by().empty()) {
    stop_at_ = loop_->received();
  }
  return absl::OkStatus();
}

absl::Status ClusterRun::PublishIfDue() {
  const RunState state = StateNow();
  const absl::Duration least =
      absl::Seconds(options_.config.learner().publish_seconds());
  const bool due =
      loop_->snapshot_is_due() && clock_->Monotonic() - published_ >= least;
  if (!due && state == state_) return absl::OkStatus();
  state_ = state;
  return Publish(state).status();
}

absl::StatusOr<bool> ClusterRun::End() {
  if (wanted() > 0 || loop_->updates() < loop_->allowed_updates()) return false;
  if (recorder_->Evaluated(counts())) {
    SF_ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> snapshot,
                        Publish(RunState::kFinished));
    SF_ASSIGN_OR_RETURN(CheckpointContent content, Content());
    SF_RETURN_IF_ERROR(
        recorder_->Finish(counts(), *snapshot, std::move(content)));
    state_ = RunState::kFinished;
    return true;
  }
  if (std::exchange(final_requested_, true)) return false;
  if (metrics_due_) SF_RETURN_IF_ERROR(WriteMetrics());
  SF_RETURN_IF_ERROR(RequestEvaluation(/*final=*/true));
  return true;
}

absl::StatusOr<std::shared_ptr<const Snapshot>> ClusterRun::Publish(
    RunState state) {
  const PhaseTimer timer(*clock_, metrics_->publish_seconds);
  absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot =
      loop_->MakeSnapshot(state);
  if (!snapshot.ok()) metrics_->nonfinite_snapshots.Increment();
  SF_RETURN_IF_ERROR(snapshot.status());
  SF_ASSIGN_OR_RETURN(const size_t bytes, options_.board->Publish(*snapshot));
  published_ = clock_->Monotonic();
  version_ = (*snapshot)->version;
  arrivals_.Published(version_, loop_->updates());
  metrics_->snapshot_version.Set(static_cast<double>(version_));
  metrics_->snapshot_publish_seconds.Set(timer.seconds());
  metrics_->snapshot_timestamp_seconds.Set(
      absl::ToDoubleSeconds(clock_->Now() - absl::UnixEpoch()));
  metrics_->snapshot_bytes.Set(static_cast<double>(bytes));
  return snapshot;
}

absl::Status ClusterRun::RequestEvaluation(bool final) {
  SF_RETURN_IF_ERROR(Publish(state_).status());
  options_.board->RequestEvaluation(final);
  return absl::OkStatus();
}

absl::Status ClusterRun::WriteMetrics() {
  metrics_due_ = false;
  const MetricsRow row = recorder_->SoFar(counts(), loop_->statistics().Mean(),
                                          loop_->target_entropy());
  SF_RETURN_IF_ERROR(recorder_->WriteMetrics(row));
  if (!std::isnan(row.return_mean)) interval_return_ = row.return_mean;
  loop_->statistics().Reset();
  return absl::OkStatus();
}

absl::StatusOr<CheckpointContent> ClusterRun::Content() const {
  absl::StatusOr<ClusterInstant> captured =
      CaptureCluster(*loop_, feed_->steps());
  if (!captured.ok()) metrics_->nonfinite_updates.Increment();
  SF_RETURN_IF_ERROR(captured.status());
  return CheckpointContent{
      [files = options_.files, instant = *std::move(captured)](
          const std::string& directory, CheckpointManifest* manifest) {
        return WriteCluster(*files, instant, directory, manifest);
      },
      FormatPositions(feed_->positions())};
}

absl::Status ClusterRun::KeepCheckpoints() {
  const absl::Duration began = clock_->Monotonic();
  SF_RETURN_IF_ERROR(recorder_->PollCheckpoint());
  const int64_t newest = recorder_->checkpointed_step();
  if (std::exchange(checkpointed_, newest) != newest) {
    metrics_->checkpoints.Increment();
    metrics_->checkpoint_timestamp_seconds.Set(
        absl::ToDoubleSeconds(clock_->Now() - absl::UnixEpoch()));
  }
  // A disk that is slower than the interval delays the next, not the loop.
  if (!checkpoint_due_ || recorder_->writing_checkpoint()) {
    return absl::OkStatus();
  }
  checkpoint_due_ = false;
  SF_ASSIGN_OR_RETURN(CheckpointContent content, Content());
  SF_RETURN_IF_ERROR(recorder_->BeginCheckpoint(counts(), std::move(content)));
  metrics_->checkpoint_seconds.Observe(
      absl::ToDoubleSeconds(clock_->Monotonic() - began));
  return absl::OkStatus();
}

absl::Status ClusterRun::Stop() {
  if (finished()) return absl::OkStatus();
  if (metrics_due_) SF_RETURN_IF_ERROR(WriteMetrics());
  SF_ASSIGN_OR_RETURN(CheckpointContent content, Content());
  return recorder_->Stop(counts(), std::move(content));
}

}  // namespace softfleet
