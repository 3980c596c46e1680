// SPDX-License-Identifier: Apache-2.0
// Pictures of environments without a screen or a GPU: MuJoCo's own renderer on
// Mesa's software OpenGL (libOSMesa.so.8, opened when it is needed), and plain
// drawings of the others. Not thread-safe; one renderer, one thread.
#ifndef SOFTFLEET_ENVIRONMENTS_RENDERING_RENDERER_H_
#define SOFTFLEET_ENVIRONMENTS_RENDERING_RENDERER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "environments/environment.h"
#include "environments/rendering/frame.h"

namespace softfleet {

struct RenderOptions {
  int width = 640;
  int height = 480;
  // MuJoCo: a camera of the model by name; empty = "track" where there is one,
  // else a free camera that looks at the whole model.
  std::string camera;
  // MuJoCo: shadows, reflections and smooth edges; without them a frame takes a
  // tenth of the time.
  bool fine = true;
};

class Renderer {
 public:
  virtual ~Renderer() = default;
  // Draws the environment as it is now; the frame gets its size.
  virtual absl::Status Render(const Environment& environment, Frame* frame) = 0;
};

// For environments like this one, and only for those. Unimplemented:
// there is no picture of it. NotFound: no such camera (with the known ones), or
// no libOSMesa (with the package that has it). InvalidArgument: a size that is
// not positive or above 8192.
absl::StatusOr<std::unique_ptr<Renderer>> MakeRenderer(
    const Environment& environment, const RenderOptions& options);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_RENDERING_RENDERER_H_
