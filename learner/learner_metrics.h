// SPDX-License-Identifier: Apache-2.0
// What a learner shows to Prometheus. Thread-safe, as metrics are.
#ifndef SOFTFLEET_LEARNER_LEARNER_METRICS_H_
#define SOFTFLEET_LEARNER_LEARNER_METRICS_H_

#include <map>

#include "core/metrics.h"
#include "experience/snapshot.h"
#include "sac/update.h"

namespace softfleet {

struct LearnerMetrics {
  // `registry` must outlive this.
  explicit LearnerMetrics(MetricRegistry& registry);

  // Means over the updates measured last; NaN where there are none leaves the
  // values as they are.
  void Show(const SacStatistics& statistics);
  // 1 for `state`, 0 for the others.
  void Show(RunState state);

  // How far the run is.
  Counter& received_rows;
  Gauge& total_steps;
  Counter& updates;
  Gauge& run_steps;
  Gauge& run_updates;
  Gauge& updates_per_step;
  Gauge& updates_per_step_target;
  Gauge& policy_lag_updates;
  std::map<RunState, Gauge*> run_state;

  // Where the time goes.
  Histogram& receive_seconds;
  Histogram& update_seconds;
  Histogram& publish_seconds;
  Histogram& checkpoint_seconds;

  // What the updates look like.
  Gauge& critic_loss;
  Gauge& actor_loss;
  Gauge& alpha_loss;
  Gauge& alpha;
  Gauge& entropy;
  Gauge& target_entropy;
  Gauge& q_mean;
  Gauge& td_abs_mean;
  Gauge& action_std_mean;
  Gauge& saturated_fraction;
  Gauge& critic_gradient_norm;
  Gauge& actor_gradient_norm;
  Counter& nonfinite_updates;
  Counter& nonfinite_snapshots;

  // What is published.
  Gauge& snapshot_version;
  Gauge& snapshot_publish_seconds;
  Gauge& snapshot_timestamp_seconds;
  Gauge& snapshot_bytes;
  Counter& evaluations_skipped;

  // What arrives.
  Gauge& mirror_rows;
  Gauge& mirror_bytes;
  Counter& overtaken_rows;
  Counter& invalid_rows;
  Counter& repeated_rows;
  Counter& episodes;
  Gauge& episode_return;
  Gauge& episode_length;
  Gauge& shards;
  Gauge& shards_attached;
  Gauge& sessions;

  Counter& checkpoints;
  Gauge& checkpoint_timestamp_seconds;

 private:
  class Maker;
  explicit LearnerMetrics(Maker make);
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_LEARNER_METRICS_H_
