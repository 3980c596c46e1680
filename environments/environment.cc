// SPDX-License-Identifier: Apache-2.0
#include "environments/environment.h"

#include "core/status.h"

namespace softfleet {

absl::Status Environment::SetPhysics(const Physics& physics) {
  return Annotate(CheckPhysics(physics, {}), spec().name);
}

}  // namespace softfleet
