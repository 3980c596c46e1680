// SPDX-License-Identifier: Apache-2.0
// A plug-in whose one "device" is this process's memory and whose kernels are
// plain loops: everything on the host's side of the door, and the door itself,
// is tested with it where there is no GPU.
#include <cstdio>
#include <cstring>
#include <vector>

#include "sac/cuda/device_update.h"
#include "sac/cuda/engine.h"
#include "sac/cuda/engine_door.h"
#include "sac/cuda/plugin_abi.h"
#include "tests/sac_cuda/plain_backend.h"

namespace softfleet {
namespace {

template <typename T>
class PlainCudaEngine : public CudaEngine {
 public:
  explicit PlainCudaEngine(const SacCudaOptions& options)
      : options_(options), update_(options, backend_) {}

  void ReadState(void* state, SacCudaCounters* counters) override {
    std::memcpy(state, update_.state(), update_.layout().elements * sizeof(T));
    *counters = update_.scalars()->counters;
  }
  void ReadPolicy(void* state) override {
    const StateLayout& layout = update_.layout();
    const auto read = [&](int64_t first, int64_t count) {
      std::memcpy(static_cast<T*>(state) + first, update_.state() + first,
                  count * sizeof(T));
    };
    read(layout.actor_parameters, layout.actor.elements);
    read(layout.log_alpha, layout.elements - layout.log_alpha);
  }
  void WriteState(const void* state, const SacCudaCounters& counters) override {
    std::memcpy(update_.state(), state, update_.layout().elements * sizeof(T));
    update_.scalars()->counters = counters;
  }
  void UseGraphs(bool) override {}

  void* BatchBuffer() override {
    return buffer_ = Buffer(update_.batch_layout().bytes);
  }
  void Update(bool noise, bool weights) override {
    std::memcpy(update_.batch_bytes(), buffer_, update_.batch_layout().bytes);
    typename DeviceUpdate<T, testing::PlainBackend>::Sources sources;
    sources.noise = noise;
    sources.weights = weights;
    const bool act = NextActs();
    update_.Begin(act);
    update_.Step(act, sources);
  }

  void AttachRing(const RowRingShape& shape, const SacCudaSampling& sampling,
                  bool normalise) override {
    ring_ = MakeRowRing(shape, backend_.Allocate<unsigned char>(
                                   static_cast<int64_t>(RowRingBytes(shape))));
    sampling_ = sampling;
    if (normalise) mean_ = backend_.Allocate<double>(2 * shape.FrameElements());
    if (shape.prioritized != 0) ResetMasses(SoloTeam(), ring_);
  }
  void* StageBuffer(size_t bytes) override { return buffer_ = Buffer(bytes); }
  void PlaceStaged(size_t) override {
    PlaceBlock(SoloTeam(), ring_, *static_cast<const StagedBlock*>(buffer_));
  }
  void SetNormaliser(const double* mean, const double* scale) override {
    const size_t elements = ring_.shape.FrameElements();
    std::memcpy(mean_, mean, elements * sizeof(double));
    std::memcpy(mean_ + elements, scale, elements * sizeof(double));
  }
  void LoadColumn(uint32_t column, const void* bytes, size_t size) override {
    std::memcpy(ring_.column[column], bytes, size);
  }
  void LoadCounters(const RowRingCounters& counters) override {
    *ring_.counters = counters;
    if (ring_.shape.prioritized != 0) ResetMasses(SoloTeam(), ring_);
  }
  void Train(int64_t count) override {
    for (; count > 0; --count) {
      update_.StepFromRing(
          NextActs(), ring_, sampling_, mean_,
          mean_ == nullptr ? nullptr : mean_ + ring_.shape.FrameElements());
    }
  }

  void Wait() override {}
  void ReadStatistics(int64_t update, SacCudaStatistics* out) override {
    *out = update_.statistics()[(update - 1) % update_.kStatistics];
  }
  void ReadBatch(void* out) override {
    std::memcpy(out, update_.batch_bytes(), update_.batch_layout().bytes);
  }

 private:
  void* Buffer(size_t bytes) {
    memory_.assign(bytes / sizeof(uint64_t) + 1, 0);
    return memory_.data();
  }
  bool NextActs() {
    return (update_.scalars()->counters.updates + 1) % options_.policy_delay ==
           0;
  }

  const SacCudaOptions options_;
  testing::PlainBackend backend_;
  DeviceUpdate<T, testing::PlainBackend> update_;
  std::vector<uint64_t> memory_;
  void* buffer_ = nullptr;
  RowRing ring_ = {};
  SacCudaSampling sampling_ = {};
  double* mean_ = nullptr;
};

int32_t DeviceCount(char*, size_t) { return 1; }

int32_t DescribeDevice(int32_t, SacCudaDevice* out, char*, size_t) {
  *out = {};
  std::snprintf(out->name, sizeof(out->name), "plain loops");
  out->free_bytes = out->total_bytes = uint64_t{1} << 30;
  return 0;
}

int32_t SelfTest(int32_t, char*, size_t) { return 0; }

}  // namespace

std::unique_ptr<CudaEngine> CudaEngine::Make(const SacCudaOptions& options,
                                             int) {
  if (options.float64 != 0) {
    return std::make_unique<PlainCudaEngine<double>>(options);
  }
  return std::make_unique<PlainCudaEngine<float>>(options);
}

}  // namespace softfleet

extern "C" __attribute__((visibility("default"))) const softfleet::SacCudaApi*
softfleet_sac_cuda_api() {
  static constexpr softfleet::SacCudaApi kApi = {
      softfleet::kSacCudaAbiVersion, softfleet::DeviceCount,
      softfleet::DescribeDevice, softfleet::SelfTest,
      &softfleet::kSacCudaEngineApi};
  return &kApi;
}
