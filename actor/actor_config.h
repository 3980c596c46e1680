// SPDX-License-Identifier: Apache-2.0
// What a run's configuration asks of its actors. A target of its own
// (softfleet::actor_config): the loop itself knows no protobuf.
#ifndef SOFTFLEET_ACTOR_ACTOR_CONFIG_H_
#define SOFTFLEET_ACTOR_ACTOR_CONFIG_H_

#include "actor/actor_loop.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

// For an actor of a cluster; `config` has its defaults filled in.
ActorOptions MakeActorOptions(const v1::RunConfig& config);

// For a run in one process: in lock-step, and every row is a block.
ActorOptions MakeEmbeddedActorOptions(const v1::RunConfig& config);

}  // namespace softfleet

#endif  // SOFTFLEET_ACTOR_ACTOR_CONFIG_H_
