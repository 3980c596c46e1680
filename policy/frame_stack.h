// SPDX-License-Identifier: Apache-2.0
// One environment's newest observations as a policy reads them: float, groups
// concatenated, frames oldest first. Not thread-safe; one owner.
#ifndef SOFTFLEET_POLICY_FRAME_STACK_H_
#define SOFTFLEET_POLICY_FRAME_STACK_H_

#include <cstddef>
#include <span>
#include <vector>

#include "experience/schema.h"

namespace softfleet {

// Bytes of each group, in the schema's order.
using ObservationGroups = std::span<const std::span<const std::byte>>;

class FrameStack {
 public:
  explicit FrameStack(const Schema& schema);

  // An episode starts: every frame is its first observation.
  void Begin(ObservationGroups observation);
  // The oldest frame goes, `observation` becomes the newest.
  void Push(ObservationGroups observation);

  // [frame_stack x observation elements].
  std::span<const float> values() const { return frames_; }

 private:
  // Writes one frame at `out`; uint8 in units of 1/255.
  void Decode(ObservationGroups observation, float* out) const;

  std::vector<ObservationGroup> groups_;
  size_t frame_;  // elements of one frame
  std::vector<float> frames_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_POLICY_FRAME_STACK_H_
