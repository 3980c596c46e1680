// SPDX-License-Identifier: Apache-2.0
#include "actor/actor_loop.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/status.h"
#include "experience/step_block.h"

namespace softfleet {
namespace {

// How long RunOnce waits for steps, so that it also cuts blocks and gives up on
// what hangs while all of them are slow.
constexpr absl::Duration kPatience = absl::Milliseconds(10);
// Without one good step between them: the environment is broken, not unlucky.
constexpr int kMostFailures = 10;
constexpr absl::Duration kLogInterval = absl::Seconds(10);

}  // namespace

ActorLoop::ActorLoop(const ActorOptions& options, StepSink& sink,
                     PolicySource& policies)
    : options_(options), sink_(&sink), policies_(&policies) {}

ActorLoop::~ActorLoop() = default;

absl::StatusOr<std::unique_ptr<ActorLoop>> ActorLoop::Create(
    const ActorOptions& options, StepSink& sink, PolicySource& policies) {
  auto loop = absl::WrapUnique(new ActorLoop(options, sink, policies));
  SF_RETURN_IF_ERROR(loop->MakePool());
  SF_RETURN_IF_ERROR(loop->BeginAll());
  return loop;
}

absl::Status ActorLoop::MakePool() {
  EnvironmentFactory make = options_.make_environment;
  if (make == nullptr) {
    make = [options = options_.environment] {
      return MakeEnvironment(options);
    };
  }
  SF_ASSIGN_OR_RETURN(std::unique_ptr<Environment> first, MakeContained(make));
  const EnvironmentSpec& spec = first->spec();
  const Schema schema = MakeSchema(spec, options_.frame_stack);
  SF_RETURN_IF_ERROR(schema.Validate());
  SF_ASSIGN_OR_RETURN(SafeAction safe,
                      MakeSafeAction(options_.safe_action, spec));
  shared_ = std::make_shared<RolloutOptions>(
      RolloutOptions{std::move(make), spec.name, schema, ActionScaling(spec),
                     options_.block_rows, std::move(safe)});
  chooser_ = std::make_unique<ActionChooser>(schema);
  const auto environments = static_cast<size_t>(options_.num_environments);
  for (size_t i = 0; i < environments; ++i) {
    streams_.push_back(MakeNoiseStream(options_.seed,
                                       options_.first_environment + i,
                                       options_.exploration_spread));
  }
  troubles_.resize(environments);
  const auto make_rollout = [this](size_t index, Rollout::Position position) {
    return std::make_shared<Rollout>(shared_,
                                     options_.first_environment + index,
                                     streams_[index].seed, position);
  };
  pool_ = std::make_unique<StepPool>(
      StepPool::Options{options_.step_threads, options_.cpus,
                        options_.step_deadline, options_.control_period,
                        options_.block_time, options_.clock, make_rollout},
      environments);
  pool_->rollout(0).Adopt(std::move(first));
  return absl::OkStatus();
}

absl::Status ActorLoop::BeginAll() {
  for (size_t i = 0; i < pool_->size(); ++i) {
    pool_->Begin(i, absl::ZeroDuration());
  }
  SF_RETURN_IF_ERROR(StepWhatIsDue());
  pool_->TakeReports(&reports_);
  for (const StepPool::Report& report : reports_) {
    if (report.outcome.failure == nullptr) continue;
    return Annotate(report.outcome.failure->status,
                    Name(options_.first_environment + report.index));
  }
  return absl::OkStatus();
}

absl::Status ActorLoop::RunOnce() {
  finished_.clear();
  latenesses_.clear();
  SF_RETURN_IF_ERROR(HandOn());
  SF_RETURN_IF_ERROR(chooser_->Adopt(*policies_));
  SF_RETURN_IF_ERROR(ChooseActions());
  if (options_.lock_step) {
    SF_RETURN_IF_ERROR(FinishRound());
  } else if (options_.step_threads == 0) {
    SF_RETURN_IF_ERROR(StepWhatIsDue());
    SF_RETURN_IF_ERROR(TakeReports());
  } else {
    const bool real_time = options_.control_period > absl::ZeroDuration();
    pool_->Await(real_time ? 1 : std::max<size_t>(1, pool_->size() / 2),
                 kPatience);
    SF_RETURN_IF_ERROR(TakeReports());
  }
  return HandOn();
}

absl::Status ActorLoop::ChooseActions() {
  pool_->Gather(&requests_, &observations_);
  rows_.clear();
  for (const StepPool::Request& request : requests_) {
    rows_.push_back({streams_[request.index], request.step});
  }
  SF_RETURN_IF_ERROR(chooser_->Choose(rows_, observations_));
  pool_->Deliver(requests_, chooser_->output(), chooser_->policy_version());
  return absl::OkStatus();
}

absl::Status ActorLoop::FinishRound() {
  do {
    SF_RETURN_IF_ERROR(StepWhatIsDue());
    SF_RETURN_IF_ERROR(TakeReports());
  } while (pool_->busy());
  return absl::OkStatus();
}

// With threads waits until all of it has been done.
absl::Status ActorLoop::StepWhatIsDue() {
  if (options_.step_threads > 0) {
    while (pool_->busy()) pool_->Await(pool_->size(), kPatience);
    return absl::OkStatus();
  }
  absl::Duration cut = options_.clock->Monotonic();
  while (pool_->StepOne()) {
    if (options_.block_time == absl::InfiniteDuration()) continue;
    const absl::Duration now = options_.clock->Monotonic();
    if (now - cut < options_.block_time) continue;
    SF_RETURN_IF_ERROR(CutBlocks());
    cut = now;
  }
  return absl::OkStatus();
}

absl::Status ActorLoop::TakeReports() {
  pool_->TakeReports(&reports_);
  std::sort(reports_.begin(), reports_.end(),
            [](const StepPool::Report& a, const StepPool::Report& b) {
              return a.index < b.index;
            });
  for (const StepPool::Report& report : reports_) {
    Count(report);
    if (report.outcome.failure == nullptr) continue;
    SF_RETURN_IF_ERROR(OnFailure(report.index, *report.outcome.failure));
  }
  return absl::OkStatus();
}

void ActorLoop::Count(const StepPool::Report& report) {
  const StepOutcome& outcome = report.outcome;
  counts_.missed_ticks += static_cast<uint64_t>(report.missed_ticks);
  if (!outcome.stepped) return;
  ++counts_.steps;
  troubles_[report.index].failures = 0;
  if ((outcome.row_flags & kRowTakenOver) != 0) ++counts_.taken_over_rows;
  if ((outcome.row_flags & kRowSafeAction) != 0) ++counts_.safe_rows;
  if (outcome.finished.has_value()) finished_.push_back(*outcome.finished);
  if (options_.control_period > absl::ZeroDuration()) {
    latenesses_.push_back(report.lateness);
  }
}

absl::Status ActorLoop::OnFailure(size_t index,
                                  const EnvironmentFailure& failure) {
  ++counts_.failures[static_cast<size_t>(failure.reason)];
  counts_.dropped_rows += failure.dropped_rows;
  const std::string text = absl::StrCat(
      Name(options_.first_environment + index), ", episode ", failure.episode,
      ", step ", failure.step, ": ", FailureReasonName(failure.reason), ", ",
      failure.status.message());
  Trouble& trouble = troubles_[index];
  if (++trouble.failures >= kMostFailures) {
    return absl::InternalError(
        absl::StrCat("an environment failed ", kMostFailures,
                     " times without one good step, the last time ", text));
  }
  LogFailure(text);
  if (trouble.failures == 1) trouble.backoff.Reset();
  const bool at_once = options_.lock_step || trouble.failures == 1;
  pool_->Begin(index,
               at_once ? absl::ZeroDuration()
                       : options_.clock->Monotonic() + trouble.backoff.Next());
  return absl::OkStatus();
}

void ActorLoop::LogFailure(const std::string& text) {
  const absl::Duration now = options_.clock->Monotonic();
  if (last_logged_.has_value() && now - *last_logged_ < kLogInterval) {
    ++not_logged_;
    return;
  }
  LogWarning(absl::StrCat(
      "an episode is given up, another environment begins the next: ", text,
      not_logged_ == 0 ? ""
                       : absl::StrCat(" (and ", not_logged_,
                                      " failures since the last such line)")));
  last_logged_ = now;
  not_logged_ = 0;
}

absl::Status ActorLoop::HandOn() {
  for (;;) {
    if (blocks_.empty()) {
      pool_->TakeBlocks(&blocks_);
      if (blocks_.empty()) return absl::OkStatus();
      if (options_.lock_step) blocks_.SortByEnvironment();
    }
    const StepBlock& block = blocks_.front();
    const absl::Status taken = sink_->Append(block);
    if (!taken.ok()) return Annotate(taken, Name(block.environment));
    blocks_.PopFront();
  }
}

absl::Status ActorLoop::CutBlocks() {
  pool_->CutOld();
  return HandOn();
}

absl::Status ActorLoop::CutAllBlocks() {
  pool_->CutAll();
  return HandOn();
}

void ActorLoop::Stop(absl::Duration grace) { pool_->Stop(grace); }

std::string ActorLoop::Name(uint64_t environment) const {
  return absl::StrCat(shared_->name, " (environment ", environment, ")");
}

TensorMap ActorLoop::Save() const {
  TensorMap saved;
  for (size_t i = 0; i < pool_->size(); ++i) pool_->rollout(i).Save(&saved);
  return saved;
}

absl::Status ActorLoop::Restore(const TensorMap& saved) {
  const TensorMap known = Save();
  for (const auto& [name, tensor] : saved) {
    if (!known.contains(name)) {
      return absl::InvalidArgumentError(absl::StrCat(
          name, " belongs to none of ", pool_->size(), " environments"));
    }
  }
  for (size_t i = 0; i < pool_->size(); ++i) {
    SF_RETURN_IF_ERROR(pool_->rollout(i).Restore(saved));
  }
  return absl::OkStatus();
}

}  // namespace softfleet
