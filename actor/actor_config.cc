// SPDX-License-Identifier: Apache-2.0
#include "actor/actor_config.h"

#include "environments/environment_config.h"

namespace softfleet {
namespace {

// What both kinds share.
ActorOptions Shared(const v1::RunConfig& config) {
  const v1::ActorConfig& actor = config.actor();
  ActorOptions options;
  options.environment = MakeEnvironmentOptions(config.environment());
  options.num_environments = actor.num_environments();
  options.seed = config.seed();
  options.frame_stack = config.environment().frame_stack();
  options.exploration_spread = actor.exploration_spread();
  options.step_threads = actor.step_threads();
  if (actor.step_deadline_seconds() > 0) {
    options.step_deadline = absl::Seconds(actor.step_deadline_seconds());
  }
  options.environment.step_deadline = options.step_deadline;
  return options;
}

}  // namespace

ActorOptions MakeActorOptions(const v1::RunConfig& config) {
  const v1::ActorConfig& actor = config.actor();
  ActorOptions options = Shared(config);
  options.lock_step = false;
  options.block_rows = actor.block_rows();
  options.block_time = absl::Seconds(actor.block_seconds());
  options.control_period = absl::Seconds(actor.control_period_seconds());
  options.safe_action = {actor.safe_action().begin(),
                         actor.safe_action().end()};
  return options;
}

ActorOptions MakeEmbeddedActorOptions(const v1::RunConfig& config) {
  ActorOptions options = Shared(config);
  options.block_rows = 1;
  return options;
}

}  // namespace softfleet
