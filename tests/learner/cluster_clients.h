// SPDX-License-Identifier: Apache-2.0
// An actor and an evaluator as far as a learner can tell: they join, insert
// made-up rows, report made-up evaluations, and leave when the run is
// finished. Each is a thread of its own.
#ifndef SOFTFLEET_TESTS_LEARNER_CLUSTER_CLIENTS_H_
#define SOFTFLEET_TESTS_LEARNER_CLUSTER_CLIENTS_H_

#include <grpcpp/channel.h>

#include <atomic>
#include <memory>
#include <string>

#include "core/metrics.h"
#include "core/thread.h"
#include "softfleet/v1/run.pb.h"
#include "transport/insert_client.h"

namespace softfleet {

std::shared_ptr<grpc::Channel> Connect(const std::string& address);

// Inserts rows of TestSchema as fast as it may.
class TestActor {
 public:
  explicit TestActor(const std::string& learner)
      : learner_(learner), thread_("actor", [this] { Run(); }) {}
  // Stops it, wherever it is.
  ~TestActor() { stop_ = true; }

  // It was told that the run is finished, and all its rows were stored.
  std::atomic<bool> finished = false;
  std::atomic<bool> versions_fell = false;

 private:
  void Run();

  const std::string learner_;
  std::atomic<bool> stop_ = false;
  MetricRegistry registry_;
  InsertMetrics metrics_{registry_};
  Thread thread_;
};

// Reports whatever is to be evaluated, without evaluating it.
class TestEvaluator {
 public:
  TestEvaluator(const std::string& learner, const v1::RunConfig& config);
  ~TestEvaluator() { stop_ = true; }

 private:
  void Run();

  const std::string learner_;
  const std::string config_hash_;
  std::atomic<bool> stop_ = false;
  Thread thread_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_LEARNER_CLUSTER_CLIENTS_H_
