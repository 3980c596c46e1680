// SPDX-License-Identifier: Apache-2.0
// What a learner needs to know of a run's configuration. Values.
#ifndef SOFTFLEET_LEARNER_LEARNER_OPTIONS_H_
#define SOFTFLEET_LEARNER_LEARNER_OPTIONS_H_

#include <cstdint>
#include <string>

#include "experience/schema.h"
#include "experience/snapshot.h"
#include "sac/update.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

struct LearnerOptions {
  enum class Device { kCpu, kCuda, kAuto };

  uint64_t seed = 1;
  Schema schema;
  ActionBounds bounds;
  SacOptions sac;
  Device device = Device::kCpu;
  int64_t batch_size = 256;
  int n_step = 1;
  double reward_scale = 1;
  bool normalize_observations = false;
  double updates_per_step = 1;
  int64_t warmup_steps = 10000;
  std::string environment;  // its name, for snapshots
};

// The options of a validated configuration for an environment with that
// schema and those bounds.
//
// target_entropy, where unset: minus the action dimension, in whichever space
// entropy is counted (CleanRL's convention for the environment's units), or
// target_entropy_scale * ln(number of actions).
LearnerOptions MakeLearnerOptions(const v1::RunConfig& config,
                                  const Schema& schema,
                                  const ActionBounds& bounds);

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_LEARNER_OPTIONS_H_
