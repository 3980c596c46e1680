// SPDX-License-Identifier: Apache-2.0
#include "tests/learner/cluster_world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "learner/cluster_checkpoint.h"
#include "learner/learner_options.h"
#include "run/config.h"

namespace softfleet {
namespace {

Schema WorldSchema() {
  Schema schema;
  schema.observations = {{"state", DType::kF32, {3}}};
  schema.action.dimension = 2;
  return schema;
}

}  // namespace

v1::RunConfig ClusterConfig(const std::vector<std::string>& set) {
  auto config = ParseConfig(R"(
      total_steps: 600
      environment { name: "Pendulum-v1" }
      replay { capacity: 400 slack: 40 }
      sac { actor_hidden: [4] critic_hidden: [4] batch_size: 4 }
      learner { updates_per_step: 0.5 warmup_steps: 50 }
      evaluation { interval: 200 }
      checkpoint_interval: 150
      metrics_interval: 100)",
                            "test");
  EXPECT_TRUE(config.ok()) << config.status();
  for (const std::string& assignment : set) {
    EXPECT_TRUE(ApplyOverride(assignment, &*config).ok()) << assignment;
  }
  EXPECT_TRUE(ValidateConfig(*config).ok());
  return WithDefaults(*config);
}

ClusterWorld::ClusterWorld(const v1::RunConfig& config, int shards,
                           uint64_t seed)
    : config_(config),
      options_(MakeLearnerOptions(config, WorldSchema(), {{-1, -1}, {1, 1}})),
      run_dir_(directory_ / "run"),
      random_(seed, Purpose::kTest, 8) {
  for (int s = 0; s < shards; ++s) {
    shards_.push_back(
        std::make_unique<FakeShard>(WorldSchema(), seed * 100 + s, 0));
  }
}

ClusterWorld::~ClusterWorld() { Kill(); }

bool ClusterWorld::Start() {
  registry_ = std::make_unique<MetricRegistry>();
  metrics_ = std::make_unique<LearnerMetrics>(*registry_);
  board_ = std::make_unique<ParameterBoard>(
      [](const Snapshot& s) { return std::to_string(s.version); });
  reports_ = std::make_unique<ReportBox>();
  failure = absl::OkStatus();
  RunObserver observer;
  observer.on_note = [this](const std::string& note) { notes.push_back(note); };
  auto recorder =
      RunRecorder::Open(RealFileSystem(), clock_, config_, run_dir_, observer);
  EXPECT_TRUE(recorder.ok()) << recorder.status();
  if (!recorder.ok()) return false;
  recorder_ = *std::move(recorder);
  ClusterRun::Options options;
  options.config = config_;
  options.learner = options_;
  for (size_t s = 0; s < shards_.size(); ++s) {
    shards_[s]->Rewind();
    options.shards.push_back({absl::StrCat("shard", s), shards_[s].get()});
  }
  options.files = &RealFileSystem();
  options.clock = &clock_;
  options.recorder = recorder_.get();
  options.board = board_.get();
  options.reports = reports_.get();
  options.metrics = metrics_.get();
  options.round_updates = 8;
  auto run = ClusterRun::Create(std::move(options));
  EXPECT_TRUE(run.ok()) << run.status();
  if (!run.ok()) return false;
  run_ = *std::move(run);
  return true;
}

void ClusterWorld::Kill() {
  run_.reset();
  recorder_.reset();
  reports_.reset();
  board_.reset();
  metrics_.reset();
  registry_.reset();
}

void ClusterWorld::Act() {
  board_->Ask(acted_with_, false, absl::ZeroDuration(),
              [this](const ParameterBoard::Answer& answer) {
                if (answer.parameters == nullptr) return;
                acted_with_ = answer.parameters->snapshot->version;
                versions.push_back(acted_with_);
              });
  const ClusterRun::Orders orders = run_->orders();
  if (orders.state == RunState::kFinished) return;
  for (auto& shard : shards_) {
    if (!shard->is_connected) continue;
    shard->policy_version = acted_with_;
    const int64_t room =
        std::min(orders.slack, orders.allowed - orders.received);
    if (shard->Unread() >= room) continue;
    const uint64_t environment = random_.NextBelow(2);
    shard->Append(environment,
                  static_cast<int64_t>(1 + random_.NextBelow(batch_rows)));
    if (random_.NextBelow(4) == 0) shard->EndEpisode(environment);
  }
}

void ClusterWorld::Round() {
  const auto worked = run_->RunOnce();
  if (!worked.ok()) failure = worked.status();
  // A disk that takes no time, as everything here.
  const absl::Status written = recorder_->AwaitCheckpoint();
  if (!written.ok()) failure = written;
}

EvaluationReport ClusterWorld::Report(const Snapshot& snapshot) const {
  AuditRecord record;
  record.run_id = snapshot.run_id;
  record.step = snapshot.step;
  record.updates = snapshot.updates;
  record.version = snapshot.version;
  record.panel_hash = "00000000000000ff";
  record.config_hash = ConfigHash(config_);
  record.panel_starts = 3;
  // Later policies are better.
  record.deterministic.return_mean = static_cast<double>(snapshot.step);
  return {snapshot.run_id, snapshot.version, FormatAuditJson({record}), 0.1};
}

void ClusterWorld::Evaluate() {
  std::shared_ptr<const Snapshot> snapshot;
  board_->Ask(0, true, absl::ZeroDuration(),
              [&](const ParameterBoard::Answer& answer) {
                if (answer.parameters == nullptr) return;
                snapshot = answer.parameters->snapshot;
              });
  if (snapshot == nullptr) return;
  reports_->Post(Report(*snapshot), [](const absl::StatusOr<bool>&) {});
}

absl::StatusOr<bool> ClusterWorld::Post(const EvaluationReport& report) {
  absl::StatusOr<bool> answer = absl::UnknownError("no answer");
  reports_->Post(
      report, [&](const absl::StatusOr<bool>& recorded) { answer = recorded; });
  Round();
  return answer;
}

void ClusterWorld::Step() {
  Act();
  Round();
  if (evaluator_works && random_.NextBelow(4) == 0) Evaluate();
  clock_.Advance(absl::Milliseconds(20));
}

bool ClusterWorld::RunToEnd(int most_steps) {
  for (int i = 0; i < most_steps && failure.ok(); ++i) {
    if (run_->finished()) return true;
    Step();
  }
  return !failure.ok();
}

std::map<std::string, Position> ClusterWorld::saved_positions() const {
  const auto store = CheckpointStore::Open(RealFileSystem(),
                                           JoinPath(run_dir_, "checkpoints"));
  EXPECT_TRUE(store.ok()) << store.status();
  const auto newest = store->NewestValid();
  EXPECT_TRUE(newest.ok() && newest->has_value());
  return *ParsePositions((*newest)->manifest.state_json);
}

}  // namespace softfleet
