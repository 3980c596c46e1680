// SPDX-License-Identifier: Apache-2.0
#include "learner/row_sampler.h"

#include "core/status.h"

namespace softfleet {

absl::Status TableSampler::Draw(uint64_t update, TransitionBatch* batch) {
  SF_RETURN_IF_ERROR(table_->SampleUniform(options_.seed, update, ids_));
  return table_->Gather(ids_, options_.n_step, options_.gamma, batch);
}

}  // namespace softfleet
