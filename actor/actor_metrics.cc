// SPDX-License-Identifier: Apache-2.0
#include "actor/actor_metrics.h"

#include <string>

namespace softfleet {
namespace {

// From 10 us (one small environment) to 20 s.
std::vector<double> StepBuckets() { return ExponentialBuckets(1e-5, 2, 22); }

std::array<Counter*, kFailureReasons.size()> AddFailures(
    MetricRegistry& registry) {
  std::array<Counter*, kFailureReasons.size()> failures;
  for (size_t i = 0; i < failures.size(); ++i) {
    failures[i] = &registry.AddCounter(
        {.name = "sac_environment_failures_total",
         .kind = MetricKind::kCounter,
         .unit = "1",
         .help =
             "Episodes that were given up because their environment failed: "
             "error (it returned one or threw an exception), not_finite (a "
             "number that is none), hang (a step took longer than "
             "actor.step_deadline_seconds), crash (its process died).",
         .labels = {"reason"}},
        {std::string(kFailureReasons[i])});
  }
  return failures;
}

Counter& AddMissedDeadlines(MetricRegistry& registry,
                            const std::string& reason) {
  return registry.AddCounter(
      {.name = "sac_actor_missed_deadlines_total",
       .kind = MetricKind::kCounter,
       .unit = "1",
       .help = "Ticks of real time that were missed: policy (no action was "
               "there, the safe action was executed), step (the step or reset "
               "before still ran; nothing was executed).",
       .labels = {"reason"}},
      {reason});
}

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
           .help = "One round of the actor's loop, with the policy's "
                   "evaluation: one step of all environments together, with "
                   "step threads of about half of them.",
           .buckets = StepBuckets()})),
      failures_(AddFailures(registry)),
      dropped_rows_(registry.AddCounter(
          {.name = "sac_actor_dropped_rows_total",
           .kind = MetricKind::kCounter,
           .unit = "rows",
           .help = "Steps taken whose rows were not sent because their "
                   "environment failed later in the episode."})),
      taken_over_rows_(registry.AddCounter(
          {.name = "sac_actor_taken_over_rows_total",
           .kind = MetricKind::kCounter,
           .unit = "rows",
           .help = "Steps in which a person or a safety layer acted instead of "
                   "the policy, as the environment says."})),
      missed_by_policy_(AddMissedDeadlines(registry, "policy")),
      missed_by_step_(AddMissedDeadlines(registry, "step")),
      tick_lateness_(registry.AddHistogram(
          {.name = "sac_actor_tick_lateness_seconds",
           .kind = MetricKind::kHistogram,
           .unit = "seconds",
           .help = "In real time, how long after its tick a step began.",
           .buckets = StepBuckets()})),
      refresh_(registry, [this] { Refresh(); }) {}

void ActorMetrics::AfterStep(const ActorLoop& loop, absl::Duration duration) {
  const ActorCounts now = loop.counts();
  const auto add = [](Counter& counter, uint64_t before, uint64_t after) {
    if (after > before) counter.Increment(static_cast<double>(after - before));
  };
  add(steps_, counted_.steps, now.steps);
  add(dropped_rows_, counted_.dropped_rows, now.dropped_rows);
  add(taken_over_rows_, counted_.taken_over_rows, now.taken_over_rows);
  add(missed_by_policy_, counted_.safe_rows, now.safe_rows);
  add(missed_by_step_, counted_.missed_ticks, now.missed_ticks);
  for (size_t i = 0; i < failures_.size(); ++i) {
    add(*failures_[i], counted_.failures[i], now.failures[i]);
  }
  if (now.steps > counted_.steps) {
    step_seconds_.Observe(absl::ToDoubleSeconds(duration));
  }
  counted_ = now;
  CountEpisodes(loop);
  for (const absl::Duration lateness : loop.latenesses()) {
    tick_lateness_.Observe(absl::ToDoubleSeconds(lateness));
  }
  if (loop.policy() != nullptr) AdoptPolicy(*loop.policy());
}

void ActorMetrics::CountEpisodes(const ActorLoop& loop) {
  for (const FinishedEpisode& episode : loop.finished_episodes()) {
    episodes_.Increment();
    episode_return_.Set(episode.episode_return);
    episode_length_.Set(static_cast<double>(episode.length));
  }
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
