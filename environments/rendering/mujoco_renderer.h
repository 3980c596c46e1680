// SPDX-License-Identifier: Apache-2.0
// MuJoCo's renderer on Mesa's software OpenGL. Not thread-safe: the OpenGL
// context belongs to the thread that renders.
#ifndef SOFTFLEET_ENVIRONMENTS_RENDERING_MUJOCO_RENDERER_H_
#define SOFTFLEET_ENVIRONMENTS_RENDERING_MUJOCO_RENDERER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "environments/mujoco/mujoco_environment.h"
#include "environments/rendering/renderer.h"

namespace softfleet {

// For environments with this one's model. Errors as MakeRenderer's.
absl::StatusOr<std::unique_ptr<Renderer>> MakeMujocoRenderer(
    const MujocoEnvironment& environment, const RenderOptions& options);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_RENDERING_MUJOCO_RENDERER_H_
