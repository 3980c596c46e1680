// SPDX-License-Identifier: Apache-2.0
// The CUDA engine's update as an UpdateEngine on a PlainBackend.
#ifndef SOFTFLEET_TESTS_SAC_CUDA_PLAIN_ENGINE_H_
#define SOFTFLEET_TESTS_SAC_CUDA_PLAIN_ENGINE_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sac/cuda/device_update.h"
#include "sac/cuda/engine_buffers.h"
#include "sac/update_engine.h"
#include "tests/sac_cuda/plain_backend.h"

namespace softfleet::testing {

template <typename T>
class PlainEngine : public UpdateEngine {
 public:
  PlainEngine(const SacOptions& options, int64_t batch_size, uint64_t seed)
      : options_(ToCudaOptions(options, batch_size, seed)),
        update_(options_, backend_),
        views_(ViewState(options_, update_.state())) {
    update_.state()[update_.layout().log_alpha] =
        static_cast<T>(std::log(options.alpha_init));
  }

  void Update(const SacBatch& batch, const SacDraws& draws,
              SacStatistics* statistics, SacTrace*) override {
    PackBatch(options_, batch, draws,
              reinterpret_cast<std::byte*>(update_.batch_bytes()));
    Step(/*noise=*/false, !batch.weights.empty());
    if (statistics != nullptr) {
      *statistics = ToStatistics(
          update_.statistics()[(counters_.updates - 1) % update_.kStatistics]);
    }
  }
  // With the batch there is, and the engine's own draws if `noise`.
  void Step(bool noise, bool weights) {
    const bool act = (counters_.updates + 1) % options_.policy_delay == 0;
    update_.Begin(act);
    typename DeviceUpdate<T, PlainBackend>::Sources sources;
    sources.noise = noise;
    sources.weights = weights;
    update_.Step(act, sources);
    const SacCudaCounters& now = update_.scalars()->counters;
    counters_ = {now.updates, now.actor_steps, now.alpha_steps};
  }

  void StepFromRing(const RowRing& ring, const SacCudaSampling& sampling) {
    const bool act = (counters_.updates + 1) % options_.policy_delay == 0;
    update_.StepFromRing(act, ring, sampling, nullptr, nullptr);
    ++counters_.updates;
  }

  const std::vector<SacStateView>& State() override { return views_; }
  SacCounters& counters() override { return counters_; }
  DeviceUpdate<T, PlainBackend>& update() { return update_; }
  const SacCudaOptions& options() const { return options_; }

 private:
  SacCudaOptions options_;
  PlainBackend backend_;
  DeviceUpdate<T, PlainBackend> update_;
  std::vector<SacStateView> views_;
  SacCounters counters_;
};

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_SAC_CUDA_PLAIN_ENGINE_H_
