// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>

#include "sac/cuda/cuda_backend.h"
#include "sac/cuda/device_scope.h"
#include "sac/cuda/device_update.h"
#include "sac/cuda/engine.h"
#include "sac/cuda/pinned_buffer.h"

namespace softfleet {
namespace {

// A captured sequence of launches; empty until the second time it is run, so
// that the first time, which may load kernels and allocate, is not captured.
class Graph {
 public:
  Graph() = default;
  ~Graph() { Clear(); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  void Run(cudaStream_t stream, const std::function<void()>& launches) {
    if (!warm_) {
      warm_ = true;
      return launches();
    }
    if (executable_ == nullptr) Capture(stream, launches);
    CudaCheck(cudaGraphLaunch(executable_, stream), "cudaGraphLaunch");
  }
  void Clear() {
    if (executable_ != nullptr) cudaGraphExecDestroy(executable_);
    executable_ = nullptr;
  }

 private:
  void Capture(cudaStream_t stream, const std::function<void()>& launches) {
    CudaCheck(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal),
              "cudaStreamBeginCapture");
    launches();
    cudaGraph_t graph = nullptr;
    CudaCheck(cudaStreamEndCapture(stream, &graph), "cudaStreamEndCapture");
    const cudaError_t error = cudaGraphInstantiate(&executable_, graph, 0);
    cudaGraphDestroy(graph);
    CudaCheck(error, "cudaGraphInstantiate");
  }

  bool warm_ = false;
  cudaGraphExec_t executable_ = nullptr;
};

template <typename T>
class TypedEngine : public CudaEngine {
 public:
  TypedEngine(const SacCudaOptions& options, int device)
      : options_(options),
        device_(device),
        backend_(options.tf32 != 0),
        update_(options, backend_) {}

  void ReadState(void* state, SacCudaCounters* counters) override {
    const DeviceScope scope(device_);
    Copy(state, update_.state(), StateBytes());
    Copy(counters, &update_.scalars()->counters, sizeof(*counters));
  }
  void ReadPolicy(void* state) override {
    const DeviceScope scope(device_);
    const StateLayout& layout = update_.layout();
    const auto read = [&](int64_t first, int64_t count) {
      Copy(static_cast<T*>(state) + first, update_.state() + first,
           static_cast<size_t>(count) * sizeof(T));
    };
    read(layout.actor_parameters, layout.actor.elements);
    read(layout.log_alpha, layout.elements - layout.log_alpha);
  }
  void WriteState(const void* state, const SacCudaCounters& counters) override {
    const DeviceScope scope(device_);
    Copy(update_.state(), state, StateBytes());
    Copy(&update_.scalars()->counters, &counters, sizeof(counters));
    updates_ = counters.updates;
  }

  void UseGraphs(bool graphs) override { use_graphs_ = graphs; }

  void* BatchBuffer() override {
    const DeviceScope scope(device_);
    return batches_.Next(BatchBytes());
  }
  void Update(bool noise, bool weights) override {
    const DeviceScope scope(device_);
    const void* batch = batches_.Send(BatchBytes(), stream());
    CudaCheck(cudaMemcpyAsync(update_.batch_bytes(), batch, BatchBytes(),
                              cudaMemcpyDeviceToDevice, stream()),
              "cudaMemcpyAsync");
    batches_.Release(stream());
    typename DeviceUpdate<T, CudaBackend>::Sources sources;
    sources.noise = noise;
    sources.weights = weights;
    const bool act = NextActs();
    Run(from_batch_[act ? 1 : 0][noise ? 1 : 0][weights ? 1 : 0], [&] {
      update_.Begin(act);
      update_.Step(act, sources);
    });
  }

  void AttachRing(const RowRingShape& shape, const SacCudaSampling& sampling,
                  bool normalise) override {
    const DeviceScope scope(device_);
    ring_ = MakeRowRing(shape, backend_.Allocate<unsigned char>(
                                   static_cast<int64_t>(RowRingBytes(shape))));
    sampling_ = sampling;
    sampling_.prioritized = static_cast<int32_t>(shape.prioritized);
    if (normalise) mean_ = backend_.Allocate<double>(2 * shape.FrameElements());
    if (shape.prioritized != 0) Reset();
    for (Graph& graph : from_ring_) graph.Clear();
  }
  void* StageBuffer(size_t bytes) override {
    const DeviceScope scope(device_);
    return blocks_.Next(bytes);
  }
  void PlaceStaged(size_t bytes) override {
    const DeviceScope scope(device_);
    const void* block = blocks_.Send(bytes, stream());
    backend_.Teams(
        1, kPlaceTeam,
        PlaceStagedBlock{ring_, static_cast<const StagedBlock*>(block)});
    blocks_.Release(stream());
  }
  void SetNormaliser(const double* mean, const double* scale) override {
    const DeviceScope scope(device_);
    const size_t bytes = ring_.shape.FrameElements() * sizeof(double);
    auto* host = static_cast<unsigned char*>(blocks_.Next(2 * bytes));
    std::copy(mean, mean + bytes / sizeof(double),
              reinterpret_cast<double*>(host));
    std::copy(scale, scale + bytes / sizeof(double),
              reinterpret_cast<double*>(host + bytes));
    const void* sent = blocks_.Send(2 * bytes, stream());
    CudaCheck(cudaMemcpyAsync(mean_, sent, 2 * bytes, cudaMemcpyDeviceToDevice,
                              stream()),
              "cudaMemcpyAsync");
    blocks_.Release(stream());
  }
  void LoadColumn(uint32_t column, const void* bytes, size_t size) override {
    const DeviceScope scope(device_);
    Copy(ring_.column[column], bytes, size);
  }
  void LoadCounters(const RowRingCounters& counters) override {
    const DeviceScope scope(device_);
    Copy(ring_.counters, &counters, sizeof(counters));
    if (ring_.shape.prioritized != 0) Reset();
  }
  void Train(int64_t count) override {
    const DeviceScope scope(device_);
    for (int64_t i = 0; i < count; ++i) {
      const bool act = NextActs();
      Run(from_ring_[act ? 1 : 0], [&] {
        update_.StepFromRing(
            act, ring_, sampling_, mean_,
            mean_ == nullptr ? nullptr : mean_ + ring_.shape.FrameElements());
      });
    }
  }

  void Wait() override {
    const DeviceScope scope(device_);
    CudaCheck(cudaStreamSynchronize(stream()), "cudaStreamSynchronize");
  }
  void ReadStatistics(int64_t update, SacCudaStatistics* out) override {
    const DeviceScope scope(device_);
    Copy(out, update_.statistics() + (update - 1) % update_.kStatistics,
         sizeof(*out));
  }
  void ReadBatch(void* out) override {
    const DeviceScope scope(device_);
    Copy(out, update_.batch_bytes(), BatchBytes());
  }

 private:
  static constexpr int kPlaceTeam = 1024;

  cudaStream_t stream() const { return backend_.stream(); }
  size_t StateBytes() const {
    return static_cast<size_t>(update_.layout().elements) * sizeof(T);
  }
  size_t BatchBytes() const {
    return static_cast<size_t>(update_.batch_layout().bytes);
  }
  // Counts the update that comes; whether actor and temperature step in it.
  bool NextActs() { return ++updates_ % options_.policy_delay == 0; }
  void Run(Graph& graph, const std::function<void()>& launches) {
    if (use_graphs_) {
      graph.Run(stream(), launches);
    } else {
      launches();
    }
  }
  void Reset() { backend_.Teams(1, kPlaceTeam, ResetRing{ring_}); }
  void Copy(void* to, const void* from, size_t bytes) {
    CudaCheck(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream()),
              "cudaMemcpyAsync");
    CudaCheck(cudaStreamSynchronize(stream()), "cudaStreamSynchronize");
  }

  const SacCudaOptions options_;
  const int device_;
  CudaBackend backend_;
  DeviceUpdate<T, CudaBackend> update_;
  int64_t updates_ = 0;
  bool use_graphs_ = true;
  Graph from_batch_[2][2][2];  // acts, noise, weights
  Graph from_ring_[2];         // acts
  PinnedBuffers batches_, blocks_;
  RowRing ring_ = {};
  SacCudaSampling sampling_ = {};
  double* mean_ = nullptr;  // then the scale
};

}  // namespace

std::unique_ptr<CudaEngine> CudaEngine::Make(const SacCudaOptions& options,
                                             int device) {
  const DeviceScope scope(device);
  if (options.float64 != 0) {
    return std::make_unique<TypedEngine<double>>(options, device);
  }
  return std::make_unique<TypedEngine<float>>(options, device);
}

}  // namespace softfleet
