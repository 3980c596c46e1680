// SPDX-License-Identifier: Apache-2.0
#include "actor/actor_metrics.h"

namespace softfleet {
namespace {

// From 10 us (one small environment) to 20 s.
std::vector<double> StepBuckets() { return ExponentialBuckets(1e-5, 2, 22); }

}  // namespace

ActorMetrics::ActorMetrics(MetricRegistry& registry, Clock& clock)
    : clock_(clock),
      steps_(registry.AddCounter(
          {.name = "sac_actor_steps_total",
           .kind = MetricKind::kCounter,
           .unit = "steps",
           .help = "Environment steps taken, all environments together."})),
      episodes_(registry.AddCounter({.name = "sac_actor_episodes_total",
                                     .kind = MetricKind::kCounter,
                                     .unit = "episodes",
                                     .help = "Training episodes that "
                                             "ended."})),
      episode_return_(registry.AddGauge(
          {.name = "sac_actor_episode_return",
           .unit = "1",
           .help = "Return of the training episode that ended last, in the "
                   "environment's rewards, not discounted."})),
      episode_length_(registry.AddGauge(
          {.name = "sac_actor_episode_length",
           .unit = "steps",
           .help = "Length of the training episode that ended last."})),
      policy_version_(registry.AddGauge(
          {.name = "sac_actor_policy_version",
           .unit = "1",
           .help = "Version of the policy in use: learner incarnation * 2^32 "
                   "+ its number."})),
      policy_updates_(registry.AddGauge(
          {.name = "sac_actor_policy_updates",
           .unit = "updates",
           .help = "Learner updates that made the policy in use; those the "
                   "learner has done since are the policy's lag."})),
      policy_age_(registry.AddGauge(
          {.name = "sac_actor_policy_age_seconds",
           .unit = "seconds",
           .help = "Time since the policy in use was first used here."})),
      step_seconds_(registry.AddHistogram(
          {.name = "sac_actor_step_seconds",
           .kind = MetricKind::kHistogram,
           .unit = "seconds",
           .help = "One step of all environments together, with the policy's "
                   "evaluation.",
           .buckets = StepBuckets()})),
      refresh_(registry, [this] { Refresh(); }) {}

void ActorMetrics::AfterStep(ActorLoop& loop, absl::Duration duration) {
  if (loop.steps() == counted_steps_) return;
  steps_.Increment(static_cast<double>(loop.steps() - counted_steps_));
  counted_steps_ = loop.steps();
  step_seconds_.Observe(absl::ToDoubleSeconds(duration));
  for (const FinishedEpisode& episode : loop.TakeFinishedEpisodes()) {
    episodes_.Increment();
    episode_return_.Set(episode.episode_return);
    episode_length_.Set(static_cast<double>(episode.length));
  }
  if (loop.policy() != nullptr) AdoptPolicy(*loop.policy());
}

void ActorMetrics::AdoptPolicy(const Snapshot& policy) {
  MutexLock lock(mutex_);
  if (adopted_.has_value() && version_ == policy.version) return;
  version_ = policy.version;
  adopted_ = clock_.Monotonic();
  policy_version_.Set(static_cast<double>(policy.version));
  policy_updates_.Set(static_cast<double>(policy.updates));
}

void ActorMetrics::Refresh() {
  MutexLock lock(mutex_);
  if (!adopted_.has_value()) return;
  policy_age_.Set(absl::ToDoubleSeconds(clock_.Monotonic() - *adopted_));
}

}  // namespace softfleet
