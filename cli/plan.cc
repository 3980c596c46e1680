// SPDX-License-Identifier: Apache-2.0
#include "cli/plan.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "absl/strings/match.h"
#include "cli/embedded_system.h"
#include "core/status.h"

namespace softfleet {
namespace {

// A warm-up only as long as the measurement needs: its rounds cost the same.
constexpr int64_t kMeasuredWarmup = 500;

double SecondsSince(Clock& clock, absl::Duration start) {
  return std::max(1e-9, absl::ToDoubleSeconds(clock.Monotonic() - start));
}

uint64_t Bytes(const TensorMap& tensors) {
  uint64_t bytes = 0;
  for (const auto& [name, tensor] : tensors) bytes += tensor.bytes.size();
  return bytes;
}

uint64_t Parameters(const TensorMap& learner) {
  uint64_t parameters = 0;
  for (const auto& [name, tensor] : learner) {
    if (absl::StartsWith(name, "param/") || absl::StartsWith(name, "target/")) {
      parameters += static_cast<uint64_t>(NumElements(tensor.shape));
    }
  }
  return parameters;
}

// Runs rounds until `until` steps or `seconds`; returns steps per second.
absl::StatusOr<double> Measure(EmbeddedSystem& system, Clock& clock,
                               int64_t until, double seconds) {
  const absl::Duration start = clock.Monotonic();
  const int64_t first = system.learner().received();
  while (system.learner().received() < until &&
         SecondsSince(clock, start) < seconds) {
    SF_RETURN_IF_ERROR(system.RunOnce());
  }
  return static_cast<double>(system.learner().received() - first) /
         SecondsSince(clock, start);
}

void CountBytes(const v1::RunConfig& config, EmbeddedSystem& system,
                Plan* plan) {
  const TensorMap learner = system.learner().Save();
  plan->table_bytes = system.table().bytes();
  plan->parameters = Parameters(learner);
  const double filled =
      std::min(1.0, static_cast<double>(config.total_steps()) /
                        static_cast<double>(config.replay().capacity()));
  plan->checkpoint_bytes =
      Bytes(learner) +
      static_cast<uint64_t>(filled * static_cast<double>(plan->table_bytes));
  const int64_t written =
      config.total_steps() / config.checkpoint_interval() + 1;
  plan->disk_bytes =
      plan->checkpoint_bytes *
      static_cast<uint64_t>(std::min<int64_t>(
          written, config.learner().keep_checkpoints() + int64_t{1}));
}

void CountWork(const v1::RunConfig& config, Plan* plan) {
  const int64_t steps = config.total_steps();
  plan->updates = static_cast<int64_t>(
      std::floor(config.learner().updates_per_step() *
                 static_cast<double>(std::max<int64_t>(
                     0, steps - config.learner().warmup_steps()))));
  const int64_t interval = config.evaluation().interval();
  plan->evaluations = 1 + (interval > 0 ? (steps - 1) / interval : 0);
}

}  // namespace

absl::StatusOr<Plan> MakePlan(FileSystem& files, Clock& clock,
                              const v1::RunConfig& config, double seconds) {
  v1::RunConfig measured = config;
  const int64_t warmup =
      std::min(config.learner().warmup_steps(), kMeasuredWarmup);
  measured.mutable_learner()->set_warmup_steps(warmup);
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<EmbeddedSystem> system,
                      EmbeddedSystem::Build(files, measured));
  SF_ASSIGN_OR_RETURN(const auto snapshot, system->Publish(RunState::kWarming));
  Plan plan;
  CountBytes(config, *system, &plan);
  CountWork(config, &plan);
  SF_ASSIGN_OR_RETURN(plan.warmup_steps_per_second,
                      Measure(*system, clock, warmup, seconds / 4));
  SF_ASSIGN_OR_RETURN(
      plan.steps_per_second,
      Measure(*system, clock, config.total_steps(), seconds / 2));
  plan.updates_per_second =
      plan.steps_per_second * config.learner().updates_per_step();
  const absl::Duration start = clock.Monotonic();
  SF_RETURN_IF_ERROR(system->evaluator().Evaluate(snapshot).status());
  plan.evaluation_seconds = SecondsSince(clock, start);

  const double warmup_steps = static_cast<double>(
      std::min(config.learner().warmup_steps(), config.total_steps()));
  plan.total_seconds =
      warmup_steps / plan.warmup_steps_per_second +
      (static_cast<double>(config.total_steps()) - warmup_steps) /
          plan.steps_per_second +
      static_cast<double>(plan.evaluations) * plan.evaluation_seconds;
  return plan;
}

}  // namespace softfleet
