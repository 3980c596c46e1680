// SPDX-License-Identifier: Apache-2.0
#include "cli/profile.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/embedded_system.h"
#include "core/status.h"
#include "sac/product_rate.h"
#include "sac/update_work.h"

namespace softfleet {
namespace {

// Rows in the table: more than the caches hold of most environments.
constexpr int64_t kRows = 20000;
// Updates until memory and caches are as they stay.
constexpr int64_t kUpdatesBefore = 20;
constexpr double kNanosecond = 1e-9;

// Updates are never short of rows: one row earns more than anybody measures.
constexpr double kUpdatesPerStep = 1e9;

absl::StatusOr<std::unique_ptr<EmbeddedSystem>> FilledSystem(
    FileSystem& files, v1::RunConfig config) {
  config.mutable_learner()->set_warmup_steps(1);
  config.mutable_learner()->set_updates_per_step(kUpdatesPerStep);
  SF_ASSIGN_OR_RETURN(std::unique_ptr<EmbeddedSystem> system,
                      EmbeddedSystem::Build(files, config));
  // Before the first row the policy is "uniform", and stays so.
  SF_RETURN_IF_ERROR(system->Publish(RunState::kWarming).status());
  const int64_t rows = std::min<int64_t>(
      kRows, static_cast<int64_t>(config.replay().capacity()));
  while (system->learner().received() < rows) {
    SF_RETURN_IF_ERROR(system->actor().RunOnce());
    SF_RETURN_IF_ERROR(system->learner().Receive().status());
  }
  return system;
}

// Phases are marked by the CPU's engines; a device does an update as one graph,
// which the host does not see the inside of.
absl::Status NoPhasesOnADevice(const v1::RunConfig& config) {
  return absl::InvalidArgumentError(absl::StrCat(
      "softfleet profile measures updates on the CPU, and learner.device is ",
      v1::Device::Value_Name(config.learner().device()),
      ": add --set learner.device=cpu; a device's kernels are shown by "
      "NVIDIA's `nsys profile --cuda-graph-trace=node softfleet train ...`, "
      "its rate by benchmarks/sac_gpu"));
}

double SecondsIn(const PhaseClock& clock, UpdatePhase phase) {
  int64_t nanoseconds = 0;
  for (int thread = 0; thread < clock.threads(); ++thread) {
    for (const PhaseClock::Span& span : clock.spans(thread)) {
      if (span.phase == phase) nanoseconds += span.end - span.begin;
    }
  }
  return kNanosecond * static_cast<double>(nanoseconds);
}

PhaseProfile ProfileOf(const SacOptions& options, int64_t batch,
                       UpdatePhase phase, double seconds, std::string* bound) {
  const PhaseWork work = WorkOf(options, batch, phase);
  PhaseProfile profile{.phase = phase, .seconds = seconds, .bytes = work.bytes};
  if (work.products.empty()) return profile;
  for (const MatrixProduct& product : work.products) {
    profile.flops += product.flops();
  }
  const ProductRate rate = MeasureProducts(work.products, options.precision);
  profile.bound_seconds = rate.seconds;
  *bound = rate.implementation;
  return profile;
}

}  // namespace

double Profile::Seconds() const {
  double sum = 0;
  for (const PhaseProfile& phase : phases) sum += phase.seconds;
  return sum;
}

double Profile::Flops() const {
  double sum = 0;
  for (const PhaseProfile& phase : phases) sum += phase.flops;
  return sum;
}

double Profile::BoundSeconds() const {
  double sum = 0;
  for (const PhaseProfile& phase : phases) sum += phase.bound_seconds;
  return sum;
}

absl::StatusOr<ProfileWithTrace> MakeProfile(FileSystem& files,
                                             const v1::RunConfig& config,
                                             int64_t updates) {
  if (config.learner().device() == v1::Device::cuda) {
    return NoPhasesOnADevice(config);
  }
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<EmbeddedSystem> system,
                      FilledSystem(files, config));
  LearnerLoop& learner = system->learner();
  const SacOptions& options = learner.agent().options();
  const bool fused = options.engine == SacOptions::Engine::kFused;
  ProfileWithTrace result{.profile = {}, .clock = PhaseClock(options.threads)};
  PhaseClock& clock = result.clock;
  if (!learner.MarkPhases(&clock)) return NoPhasesOnADevice(config);
  SF_RETURN_IF_ERROR(learner.Update(kUpdatesBefore).status());
  clock.Clear();
  const int64_t start = PhaseClock::SteadyNanoseconds();
  SF_RETURN_IF_ERROR(learner.Update(updates).status());
  const int64_t end = PhaseClock::SteadyNanoseconds();
  learner.MarkPhases(nullptr);

  Profile& profile = result.profile;
  const auto count = static_cast<double>(updates);
  profile.engine = fused ? "fused" : "reference";
  profile.threads = fused ? options.threads : 1;
  profile.batch = config.sac().batch_size();
  profile.updates = updates;
  profile.wall_seconds = kNanosecond * static_cast<double>(end - start) / count;
  for (int phase = 0; phase < kUpdatePhases; ++phase) {
    const auto of = static_cast<UpdatePhase>(phase);
    profile.phases.push_back(ProfileOf(options, profile.batch, of,
                                       SecondsIn(clock, of) / count,
                                       &profile.bound));
  }
  profile.idle_seconds =
      std::max(0.0, profile.threads * profile.wall_seconds - profile.Seconds());
  return result;
}

}  // namespace softfleet
