// SPDX-License-Identifier: Apache-2.0
// Drawings of the environments without a 3-D model, from what they are in
// alone. Thread-safe: free functions.
#ifndef SOFTFLEET_ENVIRONMENTS_RENDERING_DRAWINGS_H_
#define SOFTFLEET_ENVIRONMENTS_RENDERING_DRAWINGS_H_

#include "environments/environment.h"
#include "environments/rendering/frame.h"

namespace softfleet {

// Draws `environment`, which may be wrapped, into a frame that has its size.
using Drawing = void (*)(const Environment& environment, Frame& frame);

// How such an environment is drawn; null if nobody has said.
Drawing FindDrawing(const Environment& environment);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_RENDERING_DRAWINGS_H_
