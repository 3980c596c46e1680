// SPDX-License-Identifier: Apache-2.0
// Rows per second from an actor's sink into the learner's table: by function
// calls, as in one process, and over a real shard process on loopback (insert
// stream, shard's table, follow stream, mirror). HalfCheetah's rows (17
// observations, 6 actions), one actor, one shard, both ends on this machine's
// cores. Repeated; the median, with the smallest and the largest.
//   cluster_path [seconds per repetition = 2] [repetitions = 5]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/or_die.h"
#include "benchmarks/shard_process.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "learner/table_feed.h"
#include "replay/table.h"
#include "transport/channel.h"
#include "transport/insert_client.h"
#include "transport/shard_link.h"

namespace softfleet {
namespace {

constexpr int64_t kObservation = 17;
constexpr int64_t kAction = 6;
constexpr int64_t kCapacity = 500'000;
constexpr double kRowBytes = 4 * (2 * kObservation + kAction + 2);

Schema CheetahSchema() {
  Schema schema;
  schema.observations = {{"state", DType::kF32, {kObservation}}};
  schema.action = {ActionSpec::Kind::kContinuous, kAction, 0};
  return schema;
}

// The newest block of an endless episode.
StepBlock FirstBlock(int64_t rows) {
  StepBlock block;
  block.rows = rows;
  const std::vector<float> observations((rows + 1) * kObservation, 0.5f);
  block.observations.resize(1);
  block.observations[0].resize(observations.size() * sizeof(float));
  std::memcpy(block.observations[0].data(), observations.data(),
              block.observations[0].size());
  block.actions.assign(rows * kAction, 0.25f);
  block.rewards.assign(rows, 1.0f);
  return block;
}

std::unique_ptr<Table> MakeTable(int64_t rows) {
  TableOptions options;
  options.schema = CheetahSchema();
  options.capacity_rows = kCapacity;
  options.expected_run_rows = rows == 1 ? TableOptions::kRowByRowRun : rows;
  return Table::Create(options).value();
}

// Rows per second by function calls.
double EmbeddedRate(int64_t rows, absl::Duration duration) {
  const std::unique_ptr<Table> table = MakeTable(rows);
  TableFeed feed(*table);
  StepBlock block = FirstBlock(rows);
  const auto receive = [](const StepBlock&) { return absl::OkStatus(); };
  int64_t done = 0;
  const absl::Duration begin = SystemClock().Monotonic();
  while (SystemClock().Monotonic() - begin < duration) {
    Check(feed.Append(block));
    Check(feed.Poll(receive).status());
    block.first_step += static_cast<uint64_t>(rows);
    done += rows;
  }
  return static_cast<double>(done) /
         absl::ToDoubleSeconds(SystemClock().Monotonic() - begin);
}

struct ClusterRate {
  double rows_per_second = 0;
  double server_microseconds_per_row = 0;
};

// Takes what has arrived into the mirror; rows taken.
int64_t Drain(ShardLink& link, Table& mirror) {
  int64_t rows = 0;
  while (std::optional<ShardDelivery> delivery = link.Take()) {
    for (const ShardDelivery::Item& item : delivery->items) {
      Check(mirror.Append(item.block));
      rows += item.block.rows;
    }
  }
  return rows;
}

// Over a shard process that is started for it.
ClusterRate MeasureCluster(const std::string& folder, int64_t rows,
                           absl::Duration duration) {
  const auto [address, server] = StartShard(folder);
  const auto channel = MakeChannel(address, Security()).value();
  ShardLink link(channel, {.address = address,
                           .attach = MakeAttach(CheetahSchema(), kCapacity),
                           .schema = CheetahSchema(),
                           .position = {},
                           .on_arrival = {}});
  link.SetProgress(EverythingAllowed(0, kCapacity));
  MetricRegistry registry;
  InsertMetrics metrics(registry);
  InsertClient::Options options;
  options.run_id = kBenchmarkRun;
  options.schema = CheetahSchema();
  options.client = "benchmark";
  options.pending_rows = 64 * 1024;
  auto insert = InsertClient::Create(channel, options, metrics).value();

  const std::unique_ptr<Table> mirror = MakeTable(rows);
  StepBlock block = FirstBlock(rows);
  int64_t arrived = 0;
  absl::Duration begin = SystemClock().Monotonic();
  double cpu = 0;
  bool warm = false;  // connected, and the first rows are through
  while (!warm || SystemClock().Monotonic() - begin < duration) {
    for (int i = 0; i < 16 && insert->WaitForRoom(absl::ZeroDuration()); ++i) {
      Check(insert->status());
      Check(insert->Append(block));
      block.first_step += static_cast<uint64_t>(rows);
    }
    const int64_t taken = Drain(link, *mirror);
    arrived += taken;
    if (taken > 0) link.SetProgress(EverythingAllowed(arrived, kCapacity));
    if (!warm && arrived > 0) {
      warm = true;
      arrived = 0;
      begin = SystemClock().Monotonic();
      cpu = CpuSeconds(server->pid());
    }
  }
  const double seconds =
      absl::ToDoubleSeconds(SystemClock().Monotonic() - begin);
  const auto counted = static_cast<double>(arrived);
  return {counted / seconds, 1e6 * (CpuSeconds(server->pid()) - cpu) / counted};
}

struct Spread {
  double median, least, most;
};
Spread Of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {values[values.size() / 2], values.front(), values.back()};
}

void Measure(const std::string& folder, int64_t rows, absl::Duration duration,
             int repetitions) {
  std::vector<double> embedded, remote, cpu, ratio;
  for (int i = 0; i < repetitions; ++i) {
    embedded.push_back(EmbeddedRate(rows, duration));
    const ClusterRate rate = MeasureCluster(folder, rows, duration);
    remote.push_back(rate.rows_per_second);
    cpu.push_back(rate.server_microseconds_per_row);
    ratio.push_back(rate.rows_per_second / embedded.back());
  }
  const Spread e = Of(embedded), r = Of(remote), c = Of(cpu), q = Of(ratio);
  std::printf(
      "%4lld rows/block | embedded %9.0f rows/s (%.0f-%.0f) | cluster %9.0f "
      "rows/s (%.0f-%.0f), %6.1f MB/s, %.2f us server CPU/row | ratio %.3f "
      "(%.3f-%.3f)\n",
      static_cast<long long>(rows), e.median, e.least, e.most, r.median,
      r.least, r.most, r.median * kRowBytes / 1e6, c.median, q.median, q.least,
      q.most);
  std::fflush(stdout);
}

}  // namespace
}  // namespace softfleet

int main(int argc, char** argv) {
  using namespace softfleet;
  const absl::Duration duration =
      absl::Seconds(argc > 1 ? std::atof(argv[1]) : 2.0);
  const int repetitions = argc > 2 ? std::atoi(argv[2]) : 5;
  const std::string folder = MakeBenchmarkFolder("cluster_path");
  for (const int64_t rows : {1, 32, 256}) {
    Measure(folder, rows, duration, repetitions);
  }
  std::filesystem::remove_all(folder);
  return 0;
}
