// SPDX-License-Identifier: Apache-2.0
#include "learner/service_run.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/status.h"
#include "core/version.h"
#include "experience/run_phase.h"
#include "transport/codec.h"

namespace softfleet {
namespace {

// How long a wait lasts before `stop` is asked again.
constexpr absl::Duration kLongestWait = absl::Milliseconds(100);
// A wait that is worth a line in the log.
constexpr absl::Duration kLongWait = absl::Seconds(30);
// Sessions are asked for every second; so much later they are known.
constexpr absl::Duration kShortestLinger = absl::Seconds(2);
// Rounds without updates are over in microseconds; so often is often enough.
constexpr absl::Duration kTellInterval = absl::Milliseconds(1);
// For calls in flight; the process is about to end.
constexpr absl::Duration kDrainGrace = absl::Seconds(2);

}  // namespace

ServiceRun::ServiceRun(Options options, MetricRegistry& registry)
    : options_(std::move(options)),
      clock_(&SystemClock()),
      metrics_(registry),
      waiting_(registry, {"rows", "shards", "evaluation"}, *clock_),
      board_(EncodeSnapshot),
      reports_([this] { wakeup_.Notify(); }) {}

ServiceRun::~ServiceRun() {
  refresh_.reset();
  if (host_ == nullptr) return;
  SetServing(false);
  reports_.Close();
  board_.Close();
  host_->Drain(kDrainGrace);
}

absl::StatusOr<std::unique_ptr<ServiceRun>> ServiceRun::Start(
    Options options, MetricRegistry& registry) {
  auto served = absl::WrapUnique(new ServiceRun(std::move(options), registry));
  const Options& given = served->options_;
  SF_ASSIGN_OR_RETURN(
      served->recorder_,
      RunRecorder::Open(RealFileSystem(), *served->clock_, given.config,
                        given.run_dir, given.observer));
  // A learner that cannot listen leaves the shards to others.
  SF_RETURN_IF_ERROR(served->Listen());
  SF_RETURN_IF_ERROR(served->Connect());
  ClusterRun::Options run;
  run.config = given.config;
  run.learner = given.learner;
  for (size_t s = 0; s < given.shards.size(); ++s) {
    run.shards.push_back({given.shards[s], served->links_[s].get()});
  }
  run.files = &RealFileSystem();
  run.clock = served->clock_;
  run.recorder = served->recorder_.get();
  run.board = &served->board_;
  run.reports = &served->reports_;
  run.metrics = &served->metrics_;
  SF_ASSIGN_OR_RETURN(served->run_, ClusterRun::Create(std::move(run)));
  served->loaded_.store(true, std::memory_order_release);
  served->SetServing(true);
  served->refresh_ = std::make_unique<MetricRefresh>(
      registry, [it = served.get()] { it->ShowShards(); });
  return served;
}

absl::Status ServiceRun::Connect() {
  const RunDirectory& directory = recorder_->directory();
  ShardLink::Options link;
  link.schema = options_.learner.schema;
  link.attach.set_protocol(v1::PROTOCOL_CURRENT);
  link.attach.set_run_id(directory.run_id());
  link.attach.set_learner_incarnation(directory.incarnation());
  *link.attach.mutable_config() = options_.config;
  EncodeSchema(link.schema, link.attach.mutable_schema());
  const auto shards = static_cast<int64_t>(options_.shards.size());
  link.attach.set_capacity_rows(
      (options_.config.replay().capacity() + shards - 1) / shards);
  link.on_arrival = [this] { wakeup_.Notify(); };
  for (const std::string& address : options_.shards) {
    link.address = address;
    SF_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel,
                        MakeChannel(address, options_.security));
    links_.push_back(std::make_unique<ShardLink>(std::move(channel), link));
  }
  return absl::OkStatus();
}

absl::Status ServiceRun::Listen() {
  const RunDirectory& directory = recorder_->directory();
  desk_ = std::make_unique<JoinDesk>(directory.incarnation(), *clock_);
  LearnerService::Options service;
  v1::JoinReply& welcome = service.welcome;
  welcome.set_run_id(directory.run_id());
  *welcome.mutable_config() = options_.config;
  welcome.set_learner_incarnation(directory.incarnation());
  welcome.set_software_version(std::string(SoftwareVersion()));
  welcome.set_panel_text(options_.panel_text);
  welcome.set_panel_source(options_.config.evaluation().panel());
  service.board = &board_;
  service.reports = &reports_;
  service.desk = desk_.get();
  service.shards = [this] { return Shards(); };
  service.info = [this] { return Info(); };
  service_ = std::make_unique<LearnerService>(std::move(service));
  ServerHost::Options host;
  host.address = options_.listen;
  host.security = options_.security;
  host.services = {service_.get()};
  SF_ASSIGN_OR_RETURN(host_, ServerHost::Start(std::move(host)));
  SetServing(false);
  return absl::OkStatus();
}

void ServiceRun::SetServing(bool serving) {
  host_->SetServing("", serving);
  host_->SetServing(LearnerService::kName, serving);
}

absl::StatusOr<bool> ServiceRun::Run(const std::function<bool()>& stop) {
  TellShards(/*at_once=*/true);
  while (!run_->finished()) {
    if (stop()) {
      SetServing(false);
      SF_RETURN_IF_ERROR(run_->Stop());
      return false;
    }
    const absl::StatusOr<bool> worked = run_->RunOnce();
    TellShards(/*at_once=*/!worked.value_or(false));
    SF_RETURN_IF_ERROR(worked.status());
    if (*worked) {
      waiting_.Stop();
      waits_for_.clear();
    } else {
      Wait();
    }
  }
  return true;
}

void ServiceRun::TellShards(bool at_once) {
  const ClusterRun::Orders orders = run_->orders();
  const absl::Duration now = clock_->Monotonic();
  const bool soon = now - told_at_ < kTellInterval;
  if (soon && !at_once && orders.state == told_.state) return;
  std::map<std::string, Position> positions = run_->positions();
  if (orders == told_ && positions == told_positions_) return;
  told_ = orders;
  told_at_ = now;
  v1::ProgressUpdate update;
  update.set_run_id(recorder_->directory().run_id());
  update.set_learner_incarnation(recorder_->directory().incarnation());
  update.set_received(static_cast<uint64_t>(orders.received));
  update.set_allowed(static_cast<uint64_t>(orders.allowed));
  update.set_slack(static_cast<uint64_t>(orders.slack));
  update.set_phase(EncodePhase(orders.state));
  for (size_t s = 0; s < links_.size(); ++s) {
    EncodePosition(positions[options_.shards[s]], update.mutable_position());
    links_[s]->SetProgress(update);
  }
  told_positions_ = std::move(positions);
}

void ServiceRun::Wait() {
  const std::string reason = run_->waiting_for();
  if (reason.empty()) return;
  const absl::Duration now = clock_->Monotonic();
  if (reason != waits_for_) {
    waits_for_ = reason;
    waits_since_ = now;
    logged_ = false;
  }
  if (!logged_ && now - waits_since_ >= kLongWait) {
    logged_ = true;
    LogWarning(absl::StrCat(
        "nothing to do for ", absl::FormatDuration(kLongWait), ": ",
        reason == "shards"
            ? absl::StrCat("no shard answers (", ShardProblems(), ")")
        : reason == "rows"
            ? "no rows come; are there actors?"
            : "the final evaluation has not been reported; is there an "
              "evaluator?"));
  }
  waiting_.Start(reason);
  wakeup_.Wait(kLongestWait);
}

void ServiceRun::Linger(const std::function<bool()>& stop,
                        absl::Duration timeout) {
  waiting_.Stop();
  const absl::Duration began = clock_->Monotonic();
  const auto passed = [&] { return clock_->Monotonic() - began; };
  while (!stop() && passed() < timeout) {
    uint64_t sessions = 0;
    for (const auto& link : links_) sessions += link->state().live_sessions;
    if (sessions == 0 && passed() >= std::min(timeout, kShortestLinger)) return;
    wakeup_.Wait(kLongestWait);
  }
}

std::vector<JoinDesk::ShardState> ServiceRun::Shards() const {
  std::vector<JoinDesk::ShardState> shards;
  if (!loaded()) return shards;
  for (size_t s = 0; s < links_.size(); ++s) {
    const ShardLink::State state = links_[s]->state();
    shards.push_back({options_.shards[s], state.attached, state.live_sessions});
  }
  return shards;
}

v1::LearnerInfoReply ServiceRun::Info() const {
  if (!loaded()) return {};
  v1::LearnerInfoReply info = run_->Info();
  for (int s = 0; s < info.shards_size(); ++s) {
    const ShardLink::State state = links_[s]->state();
    v1::ShardInfo* shard = info.mutable_shards(s);
    shard->set_attached(state.attached);
    shard->set_incarnation(state.incarnation);
    shard->set_live_sessions(state.live_sessions);
    shard->set_problem(state.problem);
  }
  return info;
}

void ServiceRun::ShowShards() {
  double attached = 0, sessions = 0;
  for (const auto& link : links_) {
    const ShardLink::State state = link->state();
    attached += state.attached ? 1 : 0;
    sessions += static_cast<double>(state.live_sessions);
  }
  metrics_.shards_attached.Set(attached);
  metrics_.sessions.Set(sessions);
}

std::string ServiceRun::ShardProblems() const {
  std::string problems;
  for (const auto& link : links_) {
    const std::string problem = link->state().problem;
    if (problem.empty()) continue;
    absl::StrAppend(&problems, problems.empty() ? "" : "; ", problem);
  }
  return problems;
}

}  // namespace softfleet
