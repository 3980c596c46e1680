// SPDX-License-Identifier: Apache-2.0
// A learner without a table: rows that a test makes, batches that are a pure
// function of the update's number.
#ifndef SOFTFLEET_TESTS_LEARNER_FAKES_H_
#define SOFTFLEET_TESTS_LEARNER_FAKES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experience/interfaces.h"
#include "learner/learner_loop.h"
#include "learner/learner_options.h"
#include "learner/row_sampler.h"

namespace softfleet {

// Hands out what was put into `arrived`, once.
class FakeSource : public StepSource {
 public:
  absl::StatusOr<int64_t> Poll(
      const std::function<absl::Status(const StepBlock&)>& receive) override;

  std::vector<StepBlock> arrived;
};

// Draws RandomBatch(options, update) and writes down `update`.
class FakeSampler : public RowSampler {
 public:
  explicit FakeSampler(const LearnerOptions& options) : options_(options) {}
  absl::Status Draw(uint64_t update, TransitionBatch* batch) override;

  std::vector<uint64_t> updates;
  // Replaces every reward where it is not 0.
  double reward = 0;

 private:
  LearnerOptions options_;
};

// Tiny networks over 3 observation elements and 2 action dimensions (or 4
// actions), warm-up 10, one update per step.
LearnerOptions SmallLearner(bool continuous);

TransitionBatch RandomBatch(const LearnerOptions& options, uint64_t update);

// `rows` rows of random observations, the same for the same `seed`.
StepBlock RandomRows(const Schema& schema, int64_t rows, uint64_t seed);

// What the agent is given; borrows `batch`.
SacBatch AgentBatch(const TransitionBatch& batch);

// A loop with its two sides.
struct FakeLearner {
  explicit FakeLearner(const LearnerOptions& learner_options);
  // Lets `rows` rows arrive and runs once; the updates done.
  int64_t Receive(int64_t rows, int64_t max_updates = 1 << 30);

  LearnerOptions options;
  FakeSource source;
  FakeSampler sampler;
  std::unique_ptr<LearnerLoop> loop;
  uint64_t blocks = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_LEARNER_FAKES_H_
