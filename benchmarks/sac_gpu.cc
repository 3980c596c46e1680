// SPDX-License-Identifier: Apache-2.0
// The CUDA engine on this machine's device 0: first whether it computes what
// the CPU does (the same launches by plain loops), by graphs and launch by
// launch; then updates per second at HalfCheetah's sizes, 2x256, drawing its
// rows from a ring of a million on the device. Prints JSON.
//
//   sac_gpu [seconds per repetition, 2] [repetitions, 5]
//
// Exits 1 where a result is wrong, and 0 with "skipped: no CUDA device here: "
// and the driver's reason where there is none. Needs CUDA and the standard
// library only (sac/cuda/bare).
#include <cuda_runtime_api.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "sac/cuda/device_update.h"
#include "sac/cuda/engine.h"
#include "tests/sac_cuda/plain_backend.h"

namespace softfleet {
namespace {

constexpr uint64_t kSeed = 5;
constexpr uint32_t kTestPurpose = 14;  // core/philox.h

// Double 1e-9: what the CPU's own tests ask for. Float: twenty steps of Adam.
constexpr double kDoubleTolerance = 1e-9;
constexpr double kFloatTolerance = 2e-2;

SacCudaOptions MakeOptions(int64_t observation_dim, int64_t action_dim,
                           int64_t width, int32_t batch, bool float64) {
  SacCudaOptions o = {};
  o.observation_dim = observation_dim;
  o.action_dim = action_dim;
  o.continuous = 1;
  o.float64 = float64 ? 1 : 0;
  o.batch_size = batch;
  o.actor_layers = o.critic_layers = 2;
  for (int i = 0; i < 2; ++i) o.actor_hidden[i] = o.critic_hidden[i] = width;
  o.num_critics = 2;
  o.policy_delay = 1;
  o.log_std_min = -20;
  o.log_std_max = 2;
  o.tau = 0.005;
  o.actor_learning_rate = o.critic_learning_rate = o.alpha_learning_rate = 3e-4;
  o.adam_beta1 = 0.9;
  o.adam_beta2 = 0.999;
  o.adam_epsilon = 1e-8;
  o.alpha_init = 1;
  o.target_entropy = -static_cast<double>(action_dim);
  o.priority_epsilon = 1e-6;
  o.seed = kSeed;
  return o;
}

SacCudaSampling MakeSampling() {
  SacCudaSampling sampling = {};
  sampling.n_step = 1;
  sampling.gamma = 0.99;
  sampling.reward_scale = 1;
  return sampling;
}

RowRingShape MakeShape(const SacCudaOptions& options, uint64_t rows,
                       uint64_t blocks) {
  RowRingShape shape = {};
  shape.slots = rows + blocks;
  shape.capacity_rows = rows;
  shape.groups = 1;
  shape.group[0] = {static_cast<uint32_t>(options.observation_dim), 4};
  shape.action_columns = static_cast<uint32_t>(options.action_dim);
  return shape;
}

// Block number `number` of `rows` random rows, an episode of its own.
std::vector<uint64_t> StageBlock(const RowRingShape& shape, uint64_t number,
                                 uint64_t rows) {
  const uint64_t first = number * (rows + 1);
  std::vector<uint64_t> stage(
      sizeof(StagedBlock) / 8 + 1 +
      (rows + 1) * (shape.CellBytes(0) + shape.CellBytes(1) + 16) / 8 + 16);
  auto* bytes = reinterpret_cast<unsigned char*>(stage.data());
  auto& block = *reinterpret_cast<StagedBlock*>(bytes);
  block.after = {first + rows + 1, 0, (number + 1) * rows};
  block.first_id = first;
  block.ids = rows + 1;
  const PhiloxStream random = {kSeed, kTestPurpose,
                               static_cast<uint32_t>(number), 0};
  uint64_t end = (sizeof(StagedBlock) + 15) / 16 * 16, place = 0;
  for (uint32_t column = 0; column < shape.flags(); ++column) {
    const uint64_t cells = column == shape.action() ? rows : rows + 1;
    block.column[column] = {first, cells, end};
    auto* values = reinterpret_cast<float*>(bytes + end);
    const uint64_t count = cells * shape.CellBytes(column) / 4;
    for (uint64_t i = 0; i < count; ++i) {
      values[i] = static_cast<float>(2 * random.Uniform(place++) - 1);
    }
    // The closing slot's reward is its link: none.
    if (column == shape.reward_or_link()) values[rows] = 0;
    end += (count * 4 + 15) / 16 * 16;
  }
  block.column[shape.flags()] = {first, rows + 1, end};
  std::fill_n(bytes + end, rows, static_cast<unsigned char>(kRingRow));
  bytes[end + rows - 1] |= kRingTerminated;
  bytes[end + rows] = kRingClosing;
  return stage;
}

void Feed(CudaEngine& engine, const RowRingShape& shape, uint64_t blocks,
          uint64_t rows) {
  for (uint64_t i = 0; i < blocks; ++i) {
    const std::vector<uint64_t> stage = StageBlock(shape, i, rows);
    std::memcpy(engine.StageBuffer(stage.size() * 8), stage.data(),
                stage.size() * 8);
    engine.PlaceStaged(stage.size() * 8);
  }
}

// Parameters and targets U(+-0.2), everything else 0.
template <typename T>
std::vector<T> MakeState(const SacCudaOptions& options) {
  const StateLayout layout(options);
  std::vector<T> state(layout.elements);
  const PhiloxStream random = {kSeed, kTestPurpose, 1000000, 0};
  uint64_t place = 0;
  const auto fill = [&](int64_t first, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      state[first + i] = static_cast<T>(0.4 * random.Uniform(place++) - 0.2);
    }
  };
  fill(layout.actor_parameters, layout.actor.elements);
  fill(layout.critic_parameters, options.num_critics * layout.critic.elements);
  std::copy_n(&state[layout.critic_parameters],
              options.num_critics * layout.critic.elements,
              &state[layout.targets]);
  return state;
}

template <typename T>
std::vector<T> TrainOnDevice(const SacCudaOptions& options, bool graphs,
                             int updates) {
  const RowRingShape shape = MakeShape(options, 500, 5);
  auto engine = CudaEngine::Make(options, 0);
  std::vector<T> state = MakeState<T>(options);
  SacCudaCounters counters = {};
  engine->WriteState(state.data(), counters);
  engine->UseGraphs(graphs);
  engine->AttachRing(shape, MakeSampling(), /*normalise=*/false);
  Feed(*engine, shape, 5, 100);
  engine->Train(updates);
  engine->ReadState(state.data(), &counters);
  return state;
}

template <typename T>
std::vector<T> TrainOnCpu(const SacCudaOptions& options, int updates) {
  const RowRingShape shape = MakeShape(options, 500, 5);
  testing::PlainBackend backend;
  DeviceUpdate<T, testing::PlainBackend> update(options, backend);
  std::vector<T> state = MakeState<T>(options);
  std::copy(state.begin(), state.end(), update.state());
  std::vector<uint64_t> memory(RowRingBytes(shape) / 8);
  const RowRing ring =
      MakeRowRing(shape, reinterpret_cast<unsigned char*>(memory.data()));
  for (uint64_t i = 0; i < 5; ++i) {
    const std::vector<uint64_t> stage = StageBlock(shape, i, 100);
    PlaceBlock(SoloTeam(), ring,
               *reinterpret_cast<const StagedBlock*>(stage.data()));
  }
  for (int i = 0; i < updates; ++i) {
    update.StepFromRing(true, ring, MakeSampling(), nullptr, nullptr);
  }
  return std::vector<T>(update.state(), update.state() + state.size());
}

template <typename T>
double LargestDifference(const std::vector<T>& a, const std::vector<T>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(static_cast<double>(a[i] - b[i])) /
                              (1 + std::abs(static_cast<double>(b[i])));
    if (!(difference <= largest)) largest = difference;  // NaN stays
  }
  return largest;
}

// Prints both differences; whether they are small.
template <typename T>
bool Check(const char* name, double tolerance) {
  const SacCudaOptions options =
      MakeOptions(17, 6, 48, 64, sizeof(T) == sizeof(double));
  constexpr int kUpdates = 20;
  const std::vector<T> by_graph = TrainOnDevice<T>(options, true, kUpdates);
  const std::vector<T> by_launch = TrainOnDevice<T>(options, false, kUpdates);
  const std::vector<T> on_cpu = TrainOnCpu<T>(options, kUpdates);
  const double launch = LargestDifference(by_graph, by_launch);
  const double cpu = LargestDifference(by_graph, on_cpu);
  std::printf(
      "  \"%s\": {\"graph_to_launches\": %.3g, \"graph_to_cpu\": %.3g,"
      " \"limit\": %.3g},\n",
      name, launch, cpu, tolerance);
  return launch <= tolerance && cpu <= tolerance;
}

double UpdatesPerSecond(CudaEngine& engine, double seconds) {
  using Clock = std::chrono::steady_clock;
  engine.Wait();
  const auto start = Clock::now();
  int64_t updates = 0;
  std::chrono::duration<double> spent{};
  do {
    engine.Train(500);
    engine.Wait();
    updates += 500;
    spent = Clock::now() - start;
  } while (spent.count() < seconds);
  return static_cast<double>(updates) / spent.count();
}

void Measure(const char* name, int64_t width, bool graphs, bool tf32,
             double seconds, int repetitions, bool last) {
  SacCudaOptions options = MakeOptions(17, 6, width, 256, false);
  options.tf32 = tf32 ? 1 : 0;
  constexpr uint64_t kRows = 4000, kBlocks = 250;
  const RowRingShape shape = MakeShape(options, kRows * kBlocks, kBlocks);
  auto engine = CudaEngine::Make(options, 0);
  const std::vector<float> state = MakeState<float>(options);
  engine->WriteState(state.data(), {});
  engine->UseGraphs(graphs);
  engine->AttachRing(shape, MakeSampling(), /*normalise=*/false);
  Feed(*engine, shape, kBlocks, kRows);
  engine->Train(20);
  std::vector<double> rates;
  for (int i = 0; i < repetitions; ++i) {
    rates.push_back(UpdatesPerSecond(*engine, seconds));
  }
  std::sort(rates.begin(), rates.end());
  std::printf(
      "    \"%s\": {\"median\": %.1f, \"least\": %.1f, \"most\": "
      "%.1f}%s\n",
      name, rates[rates.size() / 2], rates.front(), rates.back(),
      last ? "" : ",");
  std::fflush(stdout);
}

int Run(double seconds, int repetitions) {
  int devices = 0;
  const cudaError_t error = cudaGetDeviceCount(&devices);
  if (error != cudaSuccess || devices == 0) {
    std::printf("skipped: no CUDA device here: %s\n",
                error == cudaSuccess ? "the driver reports none"
                                     : cudaGetErrorString(error));
    return 0;
  }
  cudaDeviceProp device;
  cudaGetDeviceProperties(&device, 0);
  std::printf("{\n  \"device\": \"%s\",\n", device.name);
  bool right = Check<double>("float64", kDoubleTolerance);
  right = Check<float>("float32", kFloatTolerance) && right;
  std::printf("  \"right\": %s,\n  \"updates_per_second\": {\n",
              right ? "true" : "false");
  Measure("2x256 graph", 256, true, false, seconds, repetitions, false);
  Measure("2x256 launches", 256, false, false, seconds, repetitions, false);
  Measure("2x256 graph tf32", 256, true, true, seconds, repetitions, false);
  Measure("2x64 graph", 64, true, false, seconds, repetitions, true);
  std::printf("  }\n}\n");
  return right ? 0 : 1;
}

}  // namespace
}  // namespace softfleet

int main(int argc, char** argv) {
  try {
    return softfleet::Run(argc > 1 ? std::atof(argv[1]) : 2,
                          argc > 2 ? std::max(1, std::atoi(argv[2])) : 5);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sac_gpu: %s\n", error.what());
    return 1;
  }
}
