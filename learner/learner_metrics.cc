// SPDX-License-Identifier: Apache-2.0
#include "learner/learner_metrics.h"

#include <cmath>
#include <string>
#include <utility>

#include "core/lost_rows.h"
#include "experience/run_phase.h"

namespace softfleet {

// Registers metrics under this room's prefix.
class LearnerMetrics::Maker {
 public:
  explicit Maker(MetricRegistry& registry) : registry_(registry) {}

  Gauge& Shown(const std::string& name, const std::string& unit,
               const std::string& help) {
    return registry_.AddGauge(
        {.name = "sac_learner_" + name, .unit = unit, .help = help});
  }
  Counter& Counted(const std::string& name, const std::string& unit,
                   const std::string& help) {
    return registry_.AddCounter({.name = "sac_learner_" + name + "_total",
                                 .kind = MetricKind::kCounter,
                                 .unit = unit,
                                 .help = help});
  }
  // Of updates: a mean.
  Gauge& Mean(const std::string& name, const std::string& unit,
              const std::string& help) {
    return Shown(name, unit,
                 help +
                     ", mean over the updates measured since the last row "
                     "of metrics.csv.");
  }
  Counter& Skipped() {
    return registry_.AddCounter(
        {.name = "sac_evaluations_skipped_total",
         .kind = MetricKind::kCounter,
         .unit = "1",
         .help = "Evaluations that were due and replaced by a newer one "
                 "before an evaluator fetched or finished them."});
  }
  Histogram& Phase(const std::string& phase) {
    return registry_.AddHistogram(
        {.name = "sac_learner_phase_seconds",
         .kind = MetricKind::kHistogram,
         .unit = "seconds",
         .help = "One go of a phase of the learner's round: receive (rows "
                 "into the mirror), update (a few optimisation steps), "
                 "publish (a snapshot), checkpoint (taking the instant that a "
                 "thread then writes).",
         .labels = {"phase"},
         .buckets = ExponentialBuckets(1e-5, 4, 11)},
        {phase});
  }
  Counter& Nonfinite(const std::string& what) {
    return registry_.AddCounter(
        {.name = "sac_learner_nonfinite_total",
         .kind = MetricKind::kCounter,
         .unit = "1",
         .help = "Losses (update) and parameters (snapshot) that were not "
                 "finite. One is enough to end the run: training has "
                 "diverged.",
         .labels = {"what"}},
        {what});
  }
  Gauge& State(RunState state) {
    return registry_.AddGauge(
        {.name = "sac_learner_run_state",
         .unit = "1",
         .help = "1 for the state the run is in, 0 for the others: waiting "
                 "(for a shard), warming (rows come, updates do not yet), "
                 "running, finished, failed.",
         .labels = {"state"}},
        {std::string(PhaseName(state))});
  }
  Counter& Overtaken() { return LostRows(registry_, "overtaken"); }

 private:
  MetricRegistry& registry_;
};

LearnerMetrics::LearnerMetrics(MetricRegistry& registry)
    : LearnerMetrics(Maker(registry)) {}

LearnerMetrics::LearnerMetrics(Maker make)
    : received_rows(make.Counted(
          "received_rows", "rows",
          "Rows (environment steps) received since this process began.")),
      total_steps(
          make.Shown("total_steps", "steps",
                     "Environment steps after which the run is finished.")),
      updates(
          make.Counted("updates", "updates",
                       "Optimisation steps done since this process began.")),
      run_steps(make.Shown("run_steps", "steps",
                           "Environment steps received over the whole run, "
                           "whatever was stopped and resumed.")),
      run_updates(make.Shown("run_updates", "updates",
                             "Optimisation steps over the whole run; a restart "
                             "takes those since the checkpoint back.")),
      updates_per_step(make.Shown(
          "updates_per_step", "updates per step",
          "Updates per row beyond the warm-up, over the whole run.")),
      updates_per_step_target(
          make.Shown("updates_per_step_target", "updates per step",
                     "learner.updates_per_step of the configuration.")),
      policy_lag_updates(make.Shown(
          "policy_lag_updates", "updates",
          "How many updates old the policy was that chose an action, when its "
          "row was received; mean of the rows received last.")),
      run_state{{RunState::kWaiting, &make.State(RunState::kWaiting)},
                {RunState::kWarming, &make.State(RunState::kWarming)},
                {RunState::kRunning, &make.State(RunState::kRunning)},
                {RunState::kFinished, &make.State(RunState::kFinished)},
                {RunState::kFailed, &make.State(RunState::kFailed)}},
      receive_seconds(make.Phase("receive")),
      update_seconds(make.Phase("update")),
      publish_seconds(make.Phase("publish")),
      checkpoint_seconds(make.Phase("checkpoint")),
      critic_loss(
          make.Mean("critic_loss", "1", "Loss of all critics together")),
      actor_loss(make.Mean("actor_loss", "1", "Loss of the actor")),
      alpha_loss(make.Mean("alpha_loss", "1", "Loss of the temperature")),
      alpha(make.Mean("alpha", "1", "Temperature")),
      entropy(make.Mean("entropy", "nats",
                        "Entropy of the policy in the space of its target")),
      target_entropy(make.Shown("target_entropy", "nats",
                                "Entropy that the temperature is steered to.")),
      q_mean(
          make.Mean("q_mean", "1", "Value of stored actions by all critics")),
      td_abs_mean(
          make.Mean("td_abs_mean", "1",
                    "Absolute error of the critics against their targets")),
      action_std_mean(
          make.Mean("action_std_mean", "1",
                    "Standard deviation of sampled actions in [-1, 1]")),
      saturated_fraction(make.Mean(
          "saturated_fraction", "1",
          "Share of sampled action components beyond 0.99 of the bounds")),
      critic_gradient_norm(make.Mean("critic_gradient_norm", "1",
                                     "Norm of the gradient of all critics")),
      actor_gradient_norm(make.Mean("actor_gradient_norm", "1",
                                    "Norm of the actor's gradient")),
      nonfinite_updates(make.Nonfinite("update")),
      nonfinite_snapshots(make.Nonfinite("snapshot")),
      snapshot_version(
          make.Shown("snapshot_version", "1",
                     "Version of the newest published policy: incarnation of "
                     "the learner times 2^32, plus a number.")),
      snapshot_publish_seconds(make.Shown(
          "snapshot_publish_seconds", "seconds",
          "Time it took to make and serialise the newest published policy.")),
      snapshot_timestamp_seconds(make.Shown(
          "snapshot_timestamp_seconds", "seconds",
          "When the newest policy was published, since the Unix epoch.")),
      snapshot_bytes(
          make.Shown("snapshot_bytes", "bytes",
                     "Size of the newest published policy on the wire.")),
      evaluations_skipped(make.Skipped()),
      mirror_rows(
          make.Shown("mirror_rows", "rows",
                     "Rows in the learner's mirror that can be drawn.")),
      mirror_bytes(make.Shown("mirror_bytes", "bytes",
                              "Bytes of the mirror's columns.")),
      overtaken_rows(make.Overtaken()),
      invalid_rows(make.Counted("invalid_rows", "rows",
                                "Rows that a shard sent and that failed the "
                                "check at the door; none in a sound cluster.")),
      repeated_rows(make.Counted("repeated_rows", "rows",
                                 "Rows that came again after a shard had died "
                                 "and were left out.")),
      episodes(make.Counted("episodes", "episodes",
                            "Training episodes that ended, by rows received.")),
      episode_return(make.Shown("episode_return", "1",
                                "Mean return of the newest training episodes "
                                "(at most 100); NaN before the first.")),
      episode_length(make.Shown("episode_length", "steps",
                                "Mean length of the newest training episodes "
                                "(at most 100); NaN before the first.")),
      shards(make.Shown("shards", "1", "Shards the learner was started with.")),
      shards_attached(make.Shown("shards_attached", "1",
                                 "Shards that are attached to the run now.")),
      sessions(make.Shown("sessions", "1",
                          "Live sessions of actors at all attached shards.")),
      checkpoints(make.Counted(
          "checkpoints", "1", "Checkpoints written since this process began.")),
      checkpoint_timestamp_seconds(
          make.Shown("checkpoint_timestamp_seconds", "seconds",
                     "When the newest checkpoint was written, since the Unix "
                     "epoch; 0 before the first.")) {}

void LearnerMetrics::Show(const SacStatistics& statistics) {
  if (std::isnan(statistics.critic_loss)) return;
  critic_loss.Set(statistics.critic_loss);
  actor_loss.Set(statistics.actor_loss);
  alpha_loss.Set(statistics.alpha_loss);
  alpha.Set(statistics.alpha);
  entropy.Set(statistics.entropy);
  q_mean.Set(statistics.q_mean);
  td_abs_mean.Set(statistics.td_abs_mean);
  action_std_mean.Set(statistics.action_std_mean);
  saturated_fraction.Set(statistics.saturated_fraction);
  critic_gradient_norm.Set(statistics.critic_gradient_norm);
  actor_gradient_norm.Set(statistics.actor_gradient_norm);
}

void LearnerMetrics::Show(RunState state) {
  for (const auto& [one, gauge] : run_state) gauge->Set(one == state ? 1 : 0);
}

}  // namespace softfleet
