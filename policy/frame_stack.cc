// SPDX-License-Identifier: Apache-2.0
#include "policy/frame_stack.h"

#include <algorithm>
#include <cstring>

namespace softfleet {

FrameStack::FrameStack(const Schema& schema)
    : groups_(schema.observations),
      frame_(static_cast<size_t>(schema.ObservationElements())),
      frames_(frame_ * static_cast<size_t>(schema.frame_stack)) {}

void FrameStack::Begin(ObservationGroups observation) {
  for (size_t at = 0; at < frames_.size(); at += frame_) {
    Decode(observation, &frames_[at]);
  }
}

void FrameStack::Push(ObservationGroups observation) {
  std::copy(frames_.begin() + static_cast<ptrdiff_t>(frame_), frames_.end(),
            frames_.begin());
  Decode(observation, frames_.data() + frames_.size() - frame_);
}

void FrameStack::Decode(ObservationGroups observation, float* out) const {
  for (size_t g = 0; g < groups_.size(); ++g) {
    const auto elements = static_cast<size_t>(groups_[g].elements());
    if (groups_[g].dtype == DType::kU8) {
      for (size_t i = 0; i < elements; ++i) {
        out[i] =
            static_cast<float>(std::to_integer<int>(observation[g][i])) / 255;
      }
    } else {
      std::memcpy(out, observation[g].data(), observation[g].size());
    }
    out += elements;
  }
}

}  // namespace softfleet
