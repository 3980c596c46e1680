// SPDX-License-Identifier: Apache-2.0
// Observation normalisation: running mean and variance (updated by the
// learner, once per row, in double) and their application. Values; not
// thread-safe while updated.
#ifndef SOFTFLEET_POLICY_NORMALISER_H_
#define SOFTFLEET_POLICY_NORMALISER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "experience/snapshot.h"

namespace softfleet {

// A state that has seen nothing: mean 0, variance 1.
NormaliserState EmptyNormaliser(int64_t elements);

// OK, or InvalidArgument that names the number: mean and variance have
// `elements` finite numbers, no variance and no count is negative.
absl::Status CheckNormaliser(const NormaliserState& state, int64_t elements);

// Folds `rows` x `elements` numbers (row-major) into `state` block-wise: Chan,
// Golub & LeVeque 1983, the pairwise update of mean and population variance.
// What the empty state stands for (mean 0, variance 1) has no weight. No rows
// change nothing.
void UpdateNormaliser(std::span<const float> observations, int64_t rows,
                      NormaliserState* state);

// Puts mean 0 and variance 1 where `schema` has uint8 groups, which are scaled
// and never normalised. Call it after every update if there are any.
void ExemptByteGroups(const Schema& schema, NormaliserState* state);

// 1 / sqrt(variance + 1e-8) of each element.
std::vector<double> NormaliserScale(const NormaliserState& state);

// In place: clip((x - mean) / sqrt(variance + 1e-8), -10, 10). `observations`
// is [rows, frames x elements] where elements = state.mean.size(): a stack's
// frames all use the same statistics.
void ApplyNormaliser(const NormaliserState& state,
                     std::span<float> observations);

}  // namespace softfleet

#endif  // SOFTFLEET_POLICY_NORMALISER_H_
