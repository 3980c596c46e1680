// SPDX-License-Identifier: Apache-2.0
// What a row of experience looks like: named observation groups and one
// action. Actors, tables and learners agree on a Schema before any row moves.
// Values; thread-safe when const.
#ifndef SOFTFLEET_EXPERIENCE_SCHEMA_H_
#define SOFTFLEET_EXPERIENCE_SCHEMA_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/tensor.h"

namespace softfleet {

// One part of an observation, stored in its own column with its own dtype.
struct ObservationGroup {
  // Unique, of letters, digits and _ - . /, e.g. "state", "pixels".
  std::string name;
  DType dtype = DType::kF32;  // kF32 or kU8
  Shape shape;                // of one unstacked observation

  // Of one unstacked observation.
  int64_t elements() const { return NumElements(shape); }
  size_t bytes() const {
    return static_cast<size_t>(elements()) * DTypeSize(dtype);
  }
  bool operator==(const ObservationGroup&) const = default;
};

// Actions in policy space: a vector in [-1, 1]^dimension, or an index in
// [0, num_actions).
struct ActionSpec {
  enum class Kind : uint8_t { kContinuous, kDiscrete };
  Kind kind = Kind::kContinuous;
  int64_t dimension = 0;    // continuous only
  int64_t num_actions = 0;  // discrete only
  bool operator==(const ActionSpec&) const = default;

  bool continuous() const { return kind == Kind::kContinuous; }
  // Columns a policy network's input has for the action: dimension, or 0.
  int64_t columns() const { return continuous() ? dimension : 0; }
};

struct Schema {
  // Elements of one group's observation, and size of an action: a bound far
  // above any use that keeps every later size product within 63 bits.
  static constexpr int64_t kMaxElements = int64_t{1} << 28;
  static constexpr int kMaxFrameStack = 1024;

  std::vector<ObservationGroup> observations;
  ActionSpec action;
  // A learner sees the last `frame_stack` observations, oldest first. Rows
  // are stored unstacked.
  int frame_stack = 1;
  bool operator==(const Schema&) const = default;

  // OK, or InvalidArgument that names the offending part.
  absl::Status Validate() const;
  // Elements of all groups together, unstacked.
  int64_t ObservationElements() const;
  // A short text that is equal exactly when two valid schemas are:
  // "state:F32[3] action:continuous[1] stack:1".
  std::string Describe() const;
};

}  // namespace softfleet

#endif  // SOFTFLEET_EXPERIENCE_SCHEMA_H_
