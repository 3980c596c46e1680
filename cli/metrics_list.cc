// SPDX-License-Identifier: Apache-2.0
#include "cli/metrics_list.h"

#include <algorithm>
#include <functional>
#include <string>

#include "actor/actor_metrics.h"
#include "core/clock.h"
#include "core/process_metrics.h"
#include "core/waiting_timer.h"
#include "evaluation/evaluator_metrics.h"
#include "learner/learner_metrics.h"
#include "replay_server/replay_server_metrics.h"
#include "transport/insert_client.h"

namespace softfleet {
namespace {

std::vector<MetricDefinition> Registered(
    const std::function<void(MetricRegistry&)>& add) {
  MetricRegistry registry;
  add(registry);
  return registry.definitions();
}

}  // namespace

std::vector<ProcessDefinitions> AllMetrics() {
  std::vector<ProcessDefinitions> processes;
  processes.push_back(
      {"every program", Registered([](MetricRegistry& registry) {
         ProcessMetrics process(registry, "softfleet");
       })});
  processes.push_back({"softfleet-actor", Registered([](MetricRegistry& all) {
                         ActorMetrics actor(all, SystemClock());
                         InsertMetrics insert(all);
                         WaitingTimer waiting(all, {"session"}, SystemClock());
                       })});
  processes.push_back(
      {"softfleet-replay-server", Registered([](MetricRegistry& registry) {
         ReplayServerMetrics shard(registry);
       })});
  processes.push_back({"softfleet-learner", Registered([](MetricRegistry& all) {
                         LearnerMetrics learner(all);
                         WaitingTimer waiting(all, {"rows"}, SystemClock());
                       })});
  processes.push_back(
      {"softfleet-evaluator", Registered([](MetricRegistry& registry) {
         EvaluatorMetrics evaluator(registry);
         WaitingTimer waiting(registry, {"policy"}, SystemClock());
       })});
  return processes;
}

}  // namespace softfleet
