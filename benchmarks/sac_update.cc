// SPDX-License-Identifier: Apache-2.0
// Updates per second of the fused update on one and two threads and of the
// reference: the usual sizes (HalfCheetah, 2x256), and small networks where
// per-operation cost shows; with layer normalisation in the critics; in
// bfloat16 where the processor has it. With two threads look at real time.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/philox.h"
#include "sac/sac_agent.h"

namespace softfleet {
namespace {

// Arguments: observation_dim, action_dim, width of both hidden layers, batch,
// threads; 0 threads: the reference, on one.
void Measure(SacOptions options, benchmark::State& state) {
  options.threads = std::max(1, static_cast<int>(state.range(4)));
  if (state.range(4) == 0) options.engine = SacOptions::Engine::kReference;
  options.observation_dim = state.range(0);
  options.action_dim = state.range(1);
  options.actor_hidden = {state.range(2), state.range(2)};
  options.critic_hidden = options.actor_hidden;
  options.target_entropy = -static_cast<double>(options.action_dim);
  const int64_t batch_size = state.range(3);
  const auto created = SacAgent::Create(options, 1);
  if (!created.ok()) {
    state.SkipWithError(std::string(created.status().message()).c_str());
    return;
  }
  SacAgent* const agent = created->get();

  std::vector<float> observations(batch_size * options.observation_dim);
  std::vector<float> actions(batch_size * options.action_dim);
  FillNormal(1, Purpose::kTest, 0, 0, observations);
  FillUniform(1, Purpose::kTest, 1, 0, actions);
  const std::vector<double> rewards(batch_size, 1), discounts(batch_size, .99);
  const std::vector<uint8_t> terminated(batch_size, 0);
  SacBatch batch;
  batch.size = batch_size;
  batch.observations = batch.next_observations = observations;
  batch.actions = actions;
  batch.rewards = rewards;
  batch.discounts = discounts;
  batch.terminated = terminated;
  std::vector<float> noise(actions.size()), next_noise(actions.size());
  uint64_t step = 0;
  for (auto _ : state) {
    ++step;
    FillNormal(1, Purpose::kUpdateNoise, 0, step, noise);
    FillNormal(1, Purpose::kUpdateNextNoise, 0, step, next_noise);
    if (!agent->Update(batch, {noise, next_noise, {}}).ok()) std::abort();
  }
  state.counters["updates/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
void BM_SacUpdate(benchmark::State& state) { Measure({}, state); }
BENCHMARK(BM_SacUpdate)
    ->ArgNames({"obs", "act", "width", "batch", "threads"})
    ->ArgsProduct({{17}, {6}, {256}, {256}, {1, 2, 0}})
    ->ArgsProduct({{17}, {6}, {64}, {256}, {1, 2, 0}})
    ->ArgsProduct({{3}, {1}, {256}, {256}, {1, 2, 0}})
    ->ArgsProduct({{3}, {1}, {64}, {256}, {1, 2, 0}})
    ->ArgsProduct({{3}, {1}, {64}, {128}, {1, 0}})
    ->ArgsProduct({{3}, {1}, {32}, {64}, {1, 0}})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

void BM_SacUpdateLayerNorm(benchmark::State& state) {
  SacOptions options;
  options.critic_layer_norm = true;
  Measure(options, state);
}
BENCHMARK(BM_SacUpdateLayerNorm)
    ->ArgNames({"obs", "act", "width", "batch", "threads"})
    ->ArgsProduct({{17}, {6}, {256}, {256}, {1, 2, 0}})
    ->ArgsProduct({{17}, {6}, {64}, {256}, {1, 2, 0}})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

void BM_SacUpdateBFloat16(benchmark::State& state) {
  SacOptions options;
  options.precision = SacOptions::Precision::kBFloat16;
  Measure(options, state);
}
BENCHMARK(BM_SacUpdateBFloat16)
    ->ArgNames({"obs", "act", "width", "batch", "threads"})
    ->ArgsProduct({{17}, {6}, {256}, {256}, {1, 2}})
    ->ArgsProduct({{17}, {6}, {64}, {256}, {1, 2}})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace softfleet
