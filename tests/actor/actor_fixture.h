// SPDX-License-Identifier: Apache-2.0
// An actor whose blocks are kept and whose policies a test hands out.
#ifndef SOFTFLEET_TESTS_ACTOR_ACTOR_FIXTURE_H_
#define SOFTFLEET_TESTS_ACTOR_ACTOR_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actor/actor_loop.h"
#include "experience/interfaces.h"

namespace softfleet {

class RecordingSink : public StepSink {
 public:
  absl::Status Append(const StepBlock& block) override;

  std::vector<StepBlock> blocks;
};

class FakePolicies : public PolicySource {
 public:
  absl::StatusOr<std::shared_ptr<const Snapshot>> Latest(
      uint64_t have) override;

  std::shared_ptr<const Snapshot> newest;
};

// One row of a block, by itself.
struct Row {
  uint64_t environment = 0, episode = 0, step = 0;
  std::vector<float> observation, action, next_observation;
  int32_t discrete_action = 0;
  float reward = 0;
  EpisodeEnd end = EpisodeEnd::kNone;
  bool operator==(const Row&) const = default;
};

// The rows of one environment, in order; of a schema with one float group.
std::vector<Row> RowsOf(const std::vector<StepBlock>& blocks,
                        const Schema& schema, uint64_t environment);

// "Pendulum-v1" or "CartPole-v1" with short episodes, seed 6.
ActorOptions Options(const std::string& environment, int num_environments);

// A random network for the environment's rows (seeded by the version), or
// uniform actions.
std::shared_ptr<const Snapshot> RandomPolicy(const std::string& environment,
                                             uint64_t version,
                                             bool act_uniformly = false,
                                             int frame_stack = 1);

// A loop with its two sides; uniform actions until told otherwise.
struct RecordedActor {
  explicit RecordedActor(const ActorOptions& options);
  void Run(int steps);

  ActorOptions options;
  RecordingSink sink;
  FakePolicies policies;
  std::unique_ptr<ActorLoop> loop;
};

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_ACTOR_ACTOR_FIXTURE_H_
