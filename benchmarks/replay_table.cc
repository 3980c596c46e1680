// SPDX-License-Identifier: Apache-2.0
// The replay table with HalfCheetah's rows (17 observations, 6 actions) and
// batches of 256. Items are rows.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "experience/step_block.h"
#include "replay/table.h"

namespace softfleet {
namespace {

constexpr int64_t kObservation = 17;
constexpr int64_t kAction = 6;
constexpr int64_t kCapacity = 1'000'000;
constexpr int64_t kBatch = 256;

TableOptions Options(int64_t run_rows) {
  TableOptions options;
  options.schema.observations = {{"state", DType::kF32, {kObservation}}};
  options.schema.action = {ActionSpec::Kind::kContinuous, kAction, 0};
  options.capacity_rows = kCapacity;
  options.expected_run_rows = run_rows;
  return options;
}

// Blocks of one environment in episodes of 1000 steps or a little more.
class Writer {
 public:
  Writer(uint64_t environment, int64_t rows) {
    block_.environment = environment;
    block_.rows = rows;
    const std::vector<float> observations((rows + 1) * kObservation, 0.5f);
    block_.observations.resize(1);
    block_.observations[0].resize(observations.size() * sizeof(float));
    std::memcpy(block_.observations[0].data(), observations.data(),
                block_.observations[0].size());
    block_.actions.assign(rows * kAction, 0.25f);
    block_.rewards.assign(rows, 1.0f);
  }

  const StepBlock& Next() {
    if (block_.end != EpisodeEnd::kNone) {
      ++block_.episode;
      block_.first_step = 0;
    } else if (started_) {
      block_.first_step += block_.rows;
    }
    started_ = true;
    const uint64_t length = block_.first_step + block_.rows;
    const bool ends = length >= 1000;
    block_.end = ends ? EpisodeEnd::kTruncated : EpisodeEnd::kNone;
    block_.episode_length = ends ? length : 0;
    return block_;
  }

 private:
  StepBlock block_;
  bool started_ = false;
};

void Append(benchmark::State& state, Table& table,
            std::vector<Writer>& writers) {
  const absl::Status status =
      table.Append(writers[table.rows_appended() % writers.size()].Next());
  if (!status.ok()) state.SkipWithError(status.ToString().c_str());
}

// Blocks of `rows` from several environments in turn, so that they are linked
// and not taken over.
void BM_AddBlocks(benchmark::State& state) {
  const int64_t rows = state.range(0);
  auto table = Table::Create(Options(rows)).value();
  std::vector<Writer> writers;
  for (uint64_t i = 0; i < 7; ++i) writers.emplace_back(i, rows);
  for (auto _ : state) Append(state, *table, writers);
  state.SetItemsProcessed(state.iterations() * rows);
  state.counters["bytes_per_row"] =
      static_cast<double>(table->bytes()) / kCapacity;
}
BENCHMARK(BM_AddBlocks)->Arg(32)->Arg(256);

// Row by row of one environment: every row takes the closing slot over.
void BM_AddRowByRow(benchmark::State& state) {
  auto table = Table::Create(Options(TableOptions::kRowByRowRun)).value();
  std::vector<Writer> writers = {Writer(0, 1)};
  for (auto _ : state) Append(state, *table, writers);
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes_per_row"] =
      static_cast<double>(table->bytes()) / kCapacity;
}
BENCHMARK(BM_AddRowByRow);

// A full table, made once: filling it takes longer than measuring.
const Table& FullTable() {
  static const std::unique_ptr<Table> table = [] {
    auto full = Table::Create(Options(32)).value();
    std::vector<Writer> writers;
    for (uint64_t i = 0; i < 8; ++i) writers.emplace_back(i, 32);
    for (int64_t i = 0; i < kCapacity / 32 + 1000; ++i) {
      if (!full->Append(writers[i % 8].Next()).ok()) std::abort();
    }
    return full;
  }();
  return *table;
}

void BM_Sample(benchmark::State& state) {
  const Table& table = FullTable();
  std::vector<uint64_t> ids(kBatch);
  uint64_t step = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.SampleUniform(1, step++, ids).ok());
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(BM_Sample);

void BM_SampleAndGather(benchmark::State& state) {
  const Table& table = FullTable();
  const int n_step = static_cast<int>(state.range(0));
  std::vector<uint64_t> ids(kBatch);
  TransitionBatch batch;
  uint64_t step = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.SampleUniform(1, step++, ids).ok());
    benchmark::DoNotOptimize(table.Gather(ids, n_step, 0.99, &batch).ok());
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(BM_SampleAndGather)->ArgName("n_step")->Arg(1)->Arg(3);

}  // namespace
}  // namespace softfleet
