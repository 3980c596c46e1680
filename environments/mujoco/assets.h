// SPDX-License-Identifier: Apache-2.0
// The MuJoCo models that Gymnasium 1.4.0 ships, embedded into the library
// (assets/*.xml, MIT licence beside them). Thread-safe: constants.
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_ASSETS_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_ASSETS_H_

#include <span>

#include "absl/strings/string_view.h"

namespace softfleet {

// The XML of "half_cheetah.xml"; empty where there is no such model.
std::span<const unsigned char> FindMujocoAsset(absl::string_view file);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_ASSETS_H_
