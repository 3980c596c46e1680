// SPDX-License-Identifier: Apache-2.0
#include "actor/rollout.h"

#include <exception>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/philox.h"
#include "core/status.h"

namespace softfleet {
namespace {

// What an environment throws becomes a status.
template <typename Function>
std::invoke_result_t<Function> Contained(Function function) {
  try {
    return function();
  } catch (const std::exception& thrown) {
    return absl::InternalError(
        absl::StrCat("threw an exception: ", thrown.what()));
  } catch (...) {
    return absl::InternalError("threw something that is no std::exception");
  }
}

absl::Status CheckSize(absl::string_view name, size_t size, size_t wanted) {
  if (size == wanted) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat(name, " has ", size, " values, expected ", wanted));
}

// What the environment itself says of it (environment.h).
FailureReason ReasonOf(const absl::Status& status, FailureReason otherwise) {
  switch (status.code()) {
    case absl::StatusCode::kDataLoss:
      return FailureReason::kNotFinite;
    case absl::StatusCode::kDeadlineExceeded:
      return FailureReason::kHang;
    case absl::StatusCode::kAborted:
      return FailureReason::kCrash;
    default:
      return otherwise;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Environment>> MakeContained(
    const EnvironmentFactory& factory) {
  return Contained([&] { return factory(); });
}

Rollout::Rollout(std::shared_ptr<const RolloutOptions> options, uint64_t number,
                 uint64_t seed, Position position)
    : options_(std::move(options)),
      number_(number),
      seed_(seed),
      position_(position),
      builder_(options_->schema, number, options_->block_rows),
      frames_(options_->schema) {
  const auto columns = static_cast<size_t>(options_->schema.action.columns());
  executed_.resize(columns);
  recorded_.resize(columns);
}

StepOutcome Rollout::Begin() {
  StepOutcome outcome;
  reason_ = FailureReason::kError;
  const absl::Status status = Contained([&] { return TryBegin(&outcome); });
  if (!status.ok()) Fail(status, 0, &outcome);
  return outcome;
}

absl::Status Rollout::TryBegin(StepOutcome* outcome) {
  builder_.Drop();
  const uint64_t episode = position_.episodes++;
  if (environment_ == nullptr) {
    SF_ASSIGN_OR_RETURN(environment_, options_->make());
    const Schema& schema = options_->schema;
    const Schema made = MakeSchema(environment_->spec(), schema.frame_stack);
    if (made != schema) {
      return absl::InternalError(
          absl::StrCat("was made anew with rows of ", made.Describe(),
                       ", before they were ", schema.Describe()));
    }
  }
  const uint64_t seed = Philox(seed_, Purpose::kEnvironmentReset,
                               static_cast<uint32_t>(number_), episode)
                            .NextU64();
  SF_RETURN_IF_ERROR(environment_->Reset(seed));
  environment_->Observe(builder_.room());
  reason_ = FailureReason::kNotFinite;
  SF_RETURN_IF_ERROR(builder_.Begin(episode));
  frames_.Begin(builder_.newest());
  outcome->began = true;
  return absl::OkStatus();
}

StepOutcome Rollout::Step(bool safe) {
  StepOutcome outcome;
  reason_ = FailureReason::kError;
  const absl::Status status =
      Contained([&] { return TryStep(safe, &outcome); });
  if (!status.ok()) {
    Fail(status, builder_.steps(), &outcome);
    return outcome;
  }
  if (!builder_.due()) return outcome;
  has_block_ = builder_.Cut(&block_);
  if (block_.end != EpisodeEnd::kNone) {
    outcome.finished = {block_.episode_return, block_.episode_length};
  }
  return outcome;
}

void Rollout::TakeBlock(StepBlock* block) {
  has_block_ = false;
  std::swap(block_, *block);
}

absl::Status Rollout::TryStep(bool safe, StepOutcome* outcome) {
  SF_ASSIGN_OR_RETURN(const StepResult result, StepEnvironment(safe));
  SF_ASSIGN_OR_RETURN(const std::span<const float> action,
                      ActionOfRow(safe, result));
  environment_->Observe(builder_.room());
  outcome->row_flags = static_cast<uint8_t>(
      (result.taken_over ? kRowTakenOver : 0) | (safe ? kRowSafeAction : 0));
  reason_ = FailureReason::kNotFinite;
  SF_RETURN_IF_ERROR(
      builder_.Append({.action = action,
                       .discrete_action = safe ? options_->safe.discrete_action
                                               : action_.discrete_action,
                       .reward = static_cast<float>(result.reward),
                       .terminated = result.terminated,
                       .truncated = result.truncated,
                       .policy_version = action_.policy_version,
                       .flags = outcome->row_flags}));
  frames_.Push(builder_.newest());
  ++position_.steps;
  outcome->stepped = true;
  return absl::OkStatus();
}

absl::StatusOr<StepResult> Rollout::StepEnvironment(bool safe) {
  if (!options_->schema.action.continuous()) {
    return environment_->Step(safe ? options_->safe.discrete_action
                                   : action_.discrete_action);
  }
  if (safe) return environment_->Step(options_->safe.action);
  options_->scaling.ToEnvironment(action_.action, executed_);
  return environment_->Step(executed_);
}

absl::StatusOr<std::span<const float>> Rollout::ActionOfRow(
    bool safe, const StepResult& result) {
  const bool replaced = !result.executed_action.empty();
  if (!options_->schema.action.continuous() || (!safe && !replaced)) {
    return action_.action;
  }
  const std::span<const float> executed =
      replaced ? result.executed_action : options_->safe.action;
  SF_RETURN_IF_ERROR(
      CheckSize("executed_action", executed.size(), recorded_.size()));
  options_->scaling.ToPolicy(executed, recorded_);
  return recorded_;
}

void Rollout::Fail(absl::Status status, uint64_t step, StepOutcome* outcome) {
  const FailureReason reason = ReasonOf(status, reason_);
  outcome->failure = std::make_unique<EnvironmentFailure>(
      EnvironmentFailure{reason, std::move(status), position_.episodes - 1,
                         step, static_cast<uint64_t>(builder_.rows())});
  builder_.Drop();
  environment_.reset();
}

}  // namespace softfleet
