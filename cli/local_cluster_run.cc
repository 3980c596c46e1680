// SPDX-License-Identifier: Apache-2.0
#include "cli/local_cluster_run.h"

#include <poll.h>

#include <algorithm>
#include <csignal>

#include "core/status.h"

namespace softfleet {
namespace {

constexpr int kPollMilliseconds = 20;

}  // namespace

absl::Status LocalClusterRun::Start(const LocalCluster& cluster) {
  const auto add = [this](const ProcessSpec& spec,
                          std::vector<size_t>* group) -> absl::Status {
    SF_ASSIGN_OR_RETURN(const size_t process, supervisor_.Add(spec));
    group->push_back(process);
    return absl::OkStatus();
  };
  for (const ProcessSpec& shard : cluster.shards) {
    SF_RETURN_IF_ERROR(add(shard, &shards_));
  }
  SF_RETURN_IF_ERROR(add(cluster.learner, &learner_));
  for (const ProcessSpec& actor : cluster.actors) {
    SF_RETURN_IF_ERROR(add(actor, &actors_));
  }
  return add(cluster.evaluator, &evaluator_);
}

absl::StatusOr<bool> LocalClusterRun::RunOnce() {
  SF_RETURN_IF_ERROR(supervisor_.RunOnce());
  return supervisor_.done(learner_[0]);
}

void LocalClusterRun::End(const std::vector<size_t>& processes,
                          absl::Duration deadline) {
  for (const size_t process : processes) supervisor_.Signal(process, SIGTERM);
  const auto any_runs = [&] {
    return std::any_of(processes.begin(), processes.end(), [&](size_t process) {
      return supervisor_.running(process);
    });
  };
  while (any_runs() && clock_->Monotonic() < deadline) {
    // Nothing to wait for but the children's ends.
    ::poll(nullptr, 0, kPollMilliseconds);
    (void)supervisor_.RunOnce();
  }
}

void LocalClusterRun::Stop() {
  supervisor_.StopRestarting();
  const absl::Duration deadline = clock_->Monotonic() + kGrace;
  for (const auto* group : {&actors_, &evaluator_, &learner_, &shards_}) {
    End(*group, deadline);
  }
  supervisor_.KillAll();
}

}  // namespace softfleet
