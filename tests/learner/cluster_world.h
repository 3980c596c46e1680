// SPDX-License-Identifier: Apache-2.0
// A cluster in one thread: shards that live on, actors that push rows whenever
// a shard's gate is open, an evaluator, and a learner that is killed and
// started again on one run directory.
#ifndef SOFTFLEET_TESTS_LEARNER_CLUSTER_WORLD_H_
#define SOFTFLEET_TESTS_LEARNER_CLUSTER_WORLD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/metrics.h"
#include "core/philox.h"
#include "learner/cluster_run.h"
#include "tests/core/test_directory.h"
#include "tests/learner/fake_shard.h"

namespace softfleet {

// 600 steps of tiny networks, warm-up 50, an evaluation every 200 steps, a
// checkpoint every 150, a metrics row every 100; `set` as --set takes it.
v1::RunConfig ClusterConfig(const std::vector<std::string>& set = {});

class ClusterWorld {
 public:
  ClusterWorld(const v1::RunConfig& config, int shards, uint64_t seed = 1);
  ~ClusterWorld();

  // For learners and evaluators that start from now on.
  void Configure(const v1::RunConfig& config) { config_ = config; }
  // Starts the learner; false, with a failure, if it cannot.
  bool Start();
  // kill -9.
  void Kill();

  // One of each: actors push, the learner does a round (which may fail, see
  // `failure`), the evaluator looks for work.
  void Step();
  // Steps until the run is finished or failed; false if it never is.
  bool RunToEnd(int most_steps = 20000);

  void Act();
  void Round();
  // Fetches what waits to be evaluated and reports it, if there is anything.
  void Evaluate();
  // What was fetched last, as a report.
  EvaluationReport Report(const Snapshot& snapshot) const;
  // Posts a report, lets the learner do a round; its answer.
  absl::StatusOr<bool> Post(const EvaluationReport& report);

  ClusterRun& run() { return *run_; }
  RunRecorder& recorder() { return *recorder_; }
  ParameterBoard& board() { return *board_; }
  LearnerMetrics& metrics() { return *metrics_; }
  FakeShard& shard(int s) { return *shards_[s]; }
  int64_t shards() const { return std::ssize(shards_); }
  const std::string& directory() const { return run_dir_; }
  FakeClock& clock() { return clock_; }
  // Positions in the newest checkpoint.
  std::map<std::string, Position> saved_positions() const;

  absl::Status failure;
  std::vector<std::string> notes;
  std::vector<uint64_t> versions;  // as actors saw them
  bool evaluator_works = true;
  int64_t batch_rows = 16;  // pushed at once, at most

 private:
  v1::RunConfig config_;
  LearnerOptions options_;
  TestDirectory directory_;
  std::string run_dir_;
  FakeClock clock_;
  Philox random_;
  std::vector<std::unique_ptr<FakeShard>> shards_;
  uint64_t acted_with_ = 0;  // policy version

  std::unique_ptr<MetricRegistry> registry_;
  std::unique_ptr<LearnerMetrics> metrics_;
  std::unique_ptr<ParameterBoard> board_;
  std::unique_ptr<ReportBox> reports_;
  std::unique_ptr<RunRecorder> recorder_;
  std::unique_ptr<ClusterRun> run_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_LEARNER_CLUSTER_WORLD_H_
