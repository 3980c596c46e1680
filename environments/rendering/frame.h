// SPDX-License-Identifier: Apache-2.0
// A picture of an environment. Plain value.
#ifndef SOFTFLEET_ENVIRONMENTS_RENDERING_FRAME_H_
#define SOFTFLEET_ENVIRONMENTS_RENDERING_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace softfleet {

struct Frame {
  int width = 0;
  int height = 0;
  // [height, width, 3], red green blue, the top row first.
  std::vector<uint8_t> pixels;

  void Resize(int new_width, int new_height) {
    width = new_width;
    height = new_height;
    pixels.resize(static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
  }
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_RENDERING_FRAME_H_
