// SPDX-License-Identifier: Apache-2.0
// A run as a local cluster: the real programs as processes of this machine,
// started again when they die, until the learner says the run is finished or
// somebody stops it. One thread.
#ifndef SOFTFLEET_CLI_LOCAL_CLUSTER_RUN_H_
#define SOFTFLEET_CLI_LOCAL_CLUSTER_RUN_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/local_cluster.h"
#include "cli/supervisor.h"
#include "core/clock.h"

namespace softfleet {

class LocalClusterRun {
 public:
  // How long a stop may take: the learner writes a checkpoint, actors hand
  // over what they have.
  static constexpr absl::Duration kGrace = absl::Seconds(30);

  LocalClusterRun(Clock& clock, std::function<void(const std::string&)> on_note)
      : clock_(&clock), supervisor_(clock, std::move(on_note)) {}

  // Starts every process.
  absl::Status Start(const LocalCluster& cluster);
  // Looks after them. True once the learner has ended by itself.
  absl::StatusOr<bool> RunOnce();
  // Ends what still runs, those who write first, the shards last: SIGTERM, a
  // grace period, SIGKILL.
  void Stop();

  int restarts() const { return supervisor_.restarts(); }
  const Supervisor& supervisor() const { return supervisor_; }

 private:
  // SIGTERM to these, then waits until they have ended or `deadline`
  // (Clock::Monotonic) has passed.
  void End(const std::vector<size_t>& processes, absl::Duration deadline);

  Clock* clock_;
  Supervisor supervisor_;
  std::vector<size_t> shards_, actors_, evaluator_, learner_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_LOCAL_CLUSTER_RUN_H_
