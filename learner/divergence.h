// SPDX-License-Identifier: Apache-2.0
// What is looked at so that nothing that is not finite is learned from, and
// what can be told of a training that diverged: which tensors, since which
// update, from which rows. Not thread-safe.
#ifndef SOFTFLEET_LEARNER_DIVERGENCE_H_
#define SOFTFLEET_LEARNER_DIVERGENCE_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/tensor.h"
#include "experience/schema.h"
#include "replay/batch.h"

namespace softfleet {

// OK, or DataLoss naming the update, the field with the observation's group,
// the row's id, the element and the value of the first that is not finite.
// `batch` is of rows of `schema`.
absl::Status CheckFinite(const Schema& schema, const TransitionBatch& batch,
                         uint64_t update);

// The rows of the newest updates. Allocates only until it is full.
class DrawnRows {
 public:
  explicit DrawnRows(int64_t updates) : batches_(updates) {}

  void Add(uint64_t update, std::span<const uint64_t> ids);

  struct Batch {
    uint64_t update = 0;
    std::vector<uint64_t> ids;
  };
  // Those after update `after`, oldest first.
  std::vector<Batch> Since(uint64_t after) const;

 private:
  std::vector<Batch> batches_;  // by update modulo the size
};

// A JSON object: "update" (the newest), "sound_update" (the newest that was
// found sound), "tensors" (what is not finite of `state`: name, how many, the
// first one's index and value), "batches" (update and row ids of those since),
// "last_batch" (largest magnitudes of the newest batch).
std::string DescribeDivergence(uint64_t update, uint64_t sound_update,
                               const TensorMap& state, const DrawnRows& rows,
                               const TransitionBatch& batch);

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_DIVERGENCE_H_
