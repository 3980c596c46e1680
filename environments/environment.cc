// SPDX-License-Identifier: Apache-2.0
#include "environments/environment.h"

#include "absl/strings/str_cat.h"

namespace softfleet {

absl::Status Environment::SetPhysics(const Physics& physics) {
  if (physics == Physics()) return absl::OkStatus();
  return absl::UnimplementedError(
      absl::StrCat(spec().name, " has no physics that can be changed"));
}

}  // namespace softfleet
