// SPDX-License-Identifier: Apache-2.0
// How long a checkpoint of a full table of HalfCheetah's rows keeps the loop
// from going on: written at once, and written by a thread while rows are
// appended. Prints one JSON object; times in milliseconds.
//
//   checkpoint_stall [rows=1000000] [directory=/tmp]
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/file_system.h"
#include "core/thread.h"
#include "replay/table.h"

namespace softfleet {
namespace {

constexpr int64_t kObservation = 17;
constexpr int64_t kAction = 6;

StepBlock Row(uint64_t step) {
  StepBlock block;
  block.first_step = step % 1000;
  block.episode = step / 1000;
  block.rows = 1;
  block.observations = {
      std::vector<std::byte>(2 * kObservation * sizeof(float))};
  block.actions.assign(kAction, 0);
  block.rewards = {static_cast<float>(step % 7)};
  return block;
}

double Milliseconds(absl::Time began) {
  return absl::ToDoubleMilliseconds(absl::Now() - began);
}

int Run(int64_t rows, const std::string& directory) {
  TableOptions options;
  options.schema.observations = {{"state", DType::kF32, {kObservation}}};
  options.schema.action = {ActionSpec::Kind::kContinuous, kAction, 0};
  options.capacity_rows = rows;
  options.expected_run_rows = TableOptions::kRowByRowRun;
  const auto table = Table::Create(options).value();
  uint64_t step = 0;
  const auto append = [&] { return table->Append(Row(step++)).ok(); };
  for (int64_t i = 0; i < rows + rows / 10; ++i) {
    if (!append()) return 1;
  }
  FileSystem& files = RealFileSystem();
  const std::string path = JoinPath(directory, "checkpoint_stall.table");
  absl::Time began = absl::Now();
  if (!table->Save(files, path).ok()) return 1;
  const double at_once = Milliseconds(began);

  began = absl::Now();
  const auto instant = table->Freeze();
  const double freeze = Milliseconds(began);
  std::atomic<bool> written = false;
  bool good = false;
  Thread writer("writer", [&] {
    good = instant->Write(files, path).ok();
    written = true;
  });
  double longest = 0;
  int64_t appended = 0;
  while (!written) {
    const absl::Time before = absl::Now();
    if (!append()) return 1;
    longest = std::max(longest, Milliseconds(before));
    ++appended;
    // Some 10,000 rows a second, many times what a learner keeps up with.
    while (Milliseconds(before) < 0.1) {
    }
  }
  writer.Join();
  const double beside = Milliseconds(began);
  const uint64_t size = files.Size(path).value_or(0);
  if (!files.Remove(path).ok() || !good) return 1;
  std::printf(
      "{\"rows\": %lld, \"bytes\": %llu, \"at_once_ms\": %.1f, "
      "\"freeze_ms\": %.3f, \"longest_append_ms\": %.3f, \"written_ms\": %.1f, "
      "\"rows_meanwhile\": %lld}\n",
      static_cast<long long>(rows), static_cast<unsigned long long>(size),
      at_once, freeze, longest, beside, static_cast<long long>(appended));
  return 0;
}

}  // namespace
}  // namespace softfleet

int main(int argc, char** argv) {
  return softfleet::Run(argc > 1 ? std::atoll(argv[1]) : 1000000,
                        argc > 2 ? argv[2] : "/tmp");
}
