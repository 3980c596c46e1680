// SPDX-License-Identifier: Apache-2.0
// An OpenGL context that draws into memory with Mesa's software renderer.
// libOSMesa is opened when the first one is made, so that programs that never
// draw do not need it. A context is current in one thread at a time.
#ifndef SOFTFLEET_ENVIRONMENTS_RENDERING_OFFSCREEN_GL_H_
#define SOFTFLEET_ENVIRONMENTS_RENDERING_OFFSCREEN_GL_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace softfleet {

class OffscreenGl {
 public:
  // NotFound: libOSMesa is not installed, with the package that has it.
  static absl::StatusOr<std::unique_ptr<OffscreenGl>> Create(int width,
                                                             int height);
  ~OffscreenGl();

  // Before OpenGL is used in this thread.
  absl::Status MakeCurrent();

 private:
  OffscreenGl(int width, int height, void* context);

  int width_;
  int height_;
  void* context_;
  std::vector<uint8_t> buffer_;  // the window's, RGBA
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_RENDERING_OFFSCREEN_GL_H_
