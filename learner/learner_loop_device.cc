// SPDX-License-Identifier: Apache-2.0
// The learner's loop where updates are computed on a CUDA device.
#include <algorithm>

#include "core/status.h"
#include "learner/divergence.h"
#include "learner/learner_loop.h"
#include "sac/cuda_update.h"

namespace softfleet {

absl::Status LearnerLoop::AttachTable(Table& table) {
  CudaRows rows;
  rows.table = table.options();
  rows.n_step = options_.n_step;
  rows.gamma = options_.sac.gamma;
  rows.reward_scale = options_.reward_scale;
  rows.normalise = normaliser_.has_value();
  SF_RETURN_IF_ERROR(device_->AttachRows(
      rows, [this](uint64_t update, TransitionBatch* batch) {
        return DrawBatch(update, batch);
      }));
  return table.CopyTo(device_);
}

absl::Status LearnerLoop::SendNormaliser() {
  if (!normaliser_.has_value() || !device_->rows_on_device() ||
      normaliser_sent_) {
    return absl::OkStatus();
  }
  normaliser_sent_ = true;
  return device_->SetNormaliser(normaliser_->mean,
                                NormaliserScale(*normaliser_));
}

absl::StatusOr<int64_t> LearnerLoop::UpdateOnDevice(int64_t max_updates) {
  const int64_t due = std::min(max_updates, allowed_updates() - updates());
  if (due <= 0) return 0;
  SF_RETURN_IF_ERROR(SendNormaliser());
  for (int64_t done = 0; done < due;) {
    const int64_t count =
        std::min(due - done, measured_updates_ - updates() % measured_updates_);
    SF_RETURN_IF_ERROR(device_->Train(count));
    done += count;
    if (updates() % measured_updates_ != 0) continue;
    SF_ASSIGN_OR_RETURN(const SacStatistics statistics, device_->Statistics());
    SF_RETURN_IF_ERROR(Measure(statistics));
  }
  return due;
}

std::string LearnerLoop::DiagnoseDevice() const {
  // Of the batches that were drawn there only the last is to be had.
  const TransitionBatch last = device_->ReadRows().value_or(TransitionBatch());
  DrawnRows drawn(1);
  drawn.Add(static_cast<uint64_t>(updates()), last.ids);
  return DescribeDivergence(static_cast<uint64_t>(updates()), sound_update_,
                            agent_->Save(), drawn, last);
}

}  // namespace softfleet
