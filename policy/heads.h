// SPDX-License-Identifier: Apache-2.0
// What the network's outputs mean: turns one row of them per state into
// actions and log-probabilities. Private to the room. Not thread-safe: heads
// may use scratch space inside.
#ifndef SOFTFLEET_POLICY_HEADS_H_
#define SOFTFLEET_POLICY_HEADS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "experience/schema.h"
#include "experience/snapshot.h"
#include "policy/policy.h"

namespace softfleet {

class ActionHead {
 public:
  virtual ~ActionHead() = default;
  // Numbers per row that the network must give and that Act reads as noise.
  virtual int64_t inputs() const = 0;
  virtual int64_t noise_columns() const = 0;

  // outputs: [n, inputs] of the network, finite. noise: [n, noise_columns],
  // not read in deterministic mode. Sizes are the caller's promise.
  virtual void Act(std::span<const float> outputs, int64_t n, ActionMode mode,
                   std::span<const float> noise, PolicyOutput* output) = 0;
  // See Policy::Distribution.
  virtual void Distribution(std::span<const float> outputs, int64_t n,
                            std::vector<float>* parameters) = 0;
};

// InvalidArgument names an unknown head or log_std_mode, a head that does not
// fit the schema's actions, or wrong log_std limits.
absl::StatusOr<std::unique_ptr<ActionHead>> MakeActionHead(
    const Head& head, const ActionSpec& action);

}  // namespace softfleet

#endif  // SOFTFLEET_POLICY_HEADS_H_
