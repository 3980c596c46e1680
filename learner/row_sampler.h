// SPDX-License-Identifier: Apache-2.0
// Where a learner's batches are drawn from.
#ifndef SOFTFLEET_LEARNER_ROW_SAMPLER_H_
#define SOFTFLEET_LEARNER_ROW_SAMPLER_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "replay/batch.h"
#include "replay/table.h"

namespace softfleet {

// One caller at a time.
class RowSampler {
 public:
  virtual ~RowSampler() = default;
  // Fills `batch` with what update number `update` (from 1) learns from; a
  // pure function of the rows there are and of `update`.
  virtual absl::Status Draw(uint64_t update, TransitionBatch* batch) = 0;
};

// Uniform draws from a table in this process, which must outlive it.
class TableSampler : public RowSampler {
 public:
  struct Options {
    uint64_t seed = 1;
    int64_t batch_size = 256;
    int n_step = 1;
    double gamma = 0.99;
  };
  TableSampler(const Table& table, const Options& options)
      : table_(&table), options_(options), ids_(options.batch_size) {}

  absl::Status Draw(uint64_t update, TransitionBatch* batch) override;

 private:
  const Table* table_;
  Options options_;
  std::vector<uint64_t> ids_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_ROW_SAMPLER_H_
