// SPDX-License-Identifier: Apache-2.0
// How long a checkpoint keeps a loop from going on, with a full table of
// HalfCheetah's rows. Prints one JSON object; times in milliseconds.
//
//   table       the table alone: written at once, and frozen and written by a
//               thread while rows are appended
//   lockstep    a whole run of 2x256 networks, batch 256: the rounds in which a
//   overlapped  checkpoint is begun, those while its files are being written,
//               and all others ("quiet"). stall_ms is what beginning one adds
//               to a median quiet round; capture_ms is the instant alone.
//               cluster_capture_ms is that of a cluster's learner, whose table
//               is its shards', with rows from 65536 environments.
//
//   checkpoint_stall [rows=1000000] [directory=/tmp] [checkpoints=3]
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "benchmarks/or_die.h"
#include "cli/system_checkpoint.h"
#include "cli/training_run.h"
#include "core/file_system.h"
#include "core/thread.h"
#include "learner/cluster_checkpoint.h"
#include "learner/received_steps.h"
#include "replay/table.h"
#include "run/config.h"

namespace softfleet {
namespace {

constexpr int64_t kObservation = 17;
constexpr int64_t kAction = 6;

// Long enough for the files to be written before the next is begun.
constexpr int64_t kCheckpointInterval = 1000;
constexpr char kRun[] = R"(
  total_steps: 1000000
  environment { name: "HalfCheetah-v5" }
  sac {
    actor_hidden: [256, 256]
    critic_hidden: [256, 256]
    batch_size: 256
  }
  learner { warmup_steps: 500 }
  evaluation { interval: 0 }
)";

StepBlock Row(uint64_t step) {
  StepBlock block;
  block.environment = 1;  // not the run's own
  block.first_step = step % 1000;
  block.episode = step / 1000;
  block.rows = 1;
  block.observations = {
      std::vector<std::byte>(2 * kObservation * sizeof(float))};
  block.actions.assign(kAction, 0);
  block.rewards = {static_cast<float>(step % 7)};
  return block;
}

// Goes once around the table's ring.
void Fill(Table& table, int64_t rows) {
  for (int64_t i = 0; i < rows + rows / 10; ++i) Check(table.Append(Row(i)));
}

double Milliseconds(absl::Time began) {
  return absl::ToDoubleMilliseconds(absl::Now() - began);
}

nlohmann::json MeasureTable(int64_t rows, const std::string& path) {
  TableOptions options;
  options.schema.observations = {{"state", DType::kF32, {kObservation}}};
  options.schema.action = {ActionSpec::Kind::kContinuous, kAction, 0};
  options.capacity_rows = rows;
  options.expected_run_rows = TableOptions::kRowByRowRun;
  const auto table = OrDie(Table::Create(options));
  Fill(*table, rows);
  FileSystem& files = RealFileSystem();
  absl::Time began = absl::Now();
  Check(table->Save(files, path).status());
  const double at_once = Milliseconds(began);

  began = absl::Now();
  const auto instant = table->Freeze();
  const double freeze = Milliseconds(began);
  std::atomic<bool> written = false;
  Thread writer("writer", [&] {
    Check(instant->Write(files, path).status());
    written = true;
  });
  double longest = 0;
  int64_t appended = 0;
  while (!written) {
    const absl::Time before = absl::Now();
    Check(table->Append(Row(static_cast<uint64_t>(appended))));
    longest = std::max(longest, Milliseconds(before));
    ++appended;
    // Some 10,000 rows a second, many times what a learner keeps up with.
    while (Milliseconds(before) < 0.1) {
    }
  }
  writer.Join();
  const double beside = Milliseconds(began);
  const uint64_t size = OrDie(files.Size(path));
  Check(files.Remove(path));
  return {{"bytes", size},        {"at_once_ms", at_once},
          {"freeze_ms", freeze},  {"longest_append_ms", longest},
          {"written_ms", beside}, {"rows_meanwhile", appended}};
}

nlohmann::json Describe(std::vector<double> rounds) {
  if (rounds.empty()) return nullptr;
  std::sort(rounds.begin(), rounds.end());
  return {{"rounds", rounds.size()},
          {"median_ms", rounds[rounds.size() / 2]},
          {"longest_ms", rounds.back()}};
}

double CaptureMilliseconds(EmbeddedSystem& system) {
  const absl::Time began = absl::Now();
  OrDie(CaptureSystem(system));
  return Milliseconds(began);
}

double ClusterCaptureMilliseconds(const LearnerLoop& learner) {
  ReceivedSteps steps;
  for (uint64_t i = 0; i < 65536; ++i) {
    StepBlock block = Row(i);
    block.environment = i;
    steps.Receive(block, 1);
  }
  const absl::Time began = absl::Now();
  OrDie(CaptureCluster(learner, steps));
  return Milliseconds(began);
}

v1::RunConfig MakeConfig(int64_t rows, const std::string& schedule) {
  v1::RunConfig config = OrDie(ParseConfig(kRun, "benchmark"));
  config.set_checkpoint_interval(kCheckpointInterval);
  config.mutable_replay()->set_capacity(rows);
  Check(ApplyOverride("learner.schedule=" + schedule, &config));
  return WithDefaults(config);
}

nlohmann::json MeasureRun(int64_t rows, const std::string& directory,
                          const std::string& schedule, int64_t checkpoints) {
  FileSystem& files = RealFileSystem();
  Check(files.RemoveAll(directory));
  std::vector<double> begun, writing, quiet;
  absl::Time before;
  int64_t last = 0;      // step at the last round's end
  std::string underway;  // the checkpoint that is being written
  TrainingObserver observer;
  observer.on_round = [&](const MetricsRow& now) {
    const double took = Milliseconds(before);
    const auto step = static_cast<int64_t>(now.step);
    const bool began = Crossed(kCheckpointInterval, last, step);
    last = step;
    std::vector<double>& rounds = began               ? begun
                                  : !underway.empty() ? writing
                                                      : quiet;
    if (now.updates > 0) rounds.push_back(took);
    if (began) {
      underway =
          JoinPath(directory, absl::StrFormat("checkpoints/step-%012d", step));
    }
    if (!underway.empty() && files.Exists(underway)) underway.clear();
    before = absl::Now();
  };
  const auto run = OrDie(TrainingRun::Open(
      files, SystemClock(), MakeConfig(rows, schedule), directory, observer));
  Fill(run->system().table(), rows);
  before = absl::Now();
  const int64_t end = checkpoints * kCheckpointInterval + 500;
  OrDie(run->Run([&] { return last >= end; }));

  Check(files.RemoveAll(directory));
  nlohmann::json result = {{"capture_ms", CaptureMilliseconds(run->system())},
                           {"cluster_capture_ms", ClusterCaptureMilliseconds(
                                                      run->system().learner())},
                           {"begun", Describe(begun)},
                           {"writing", Describe(writing)},
                           {"quiet", Describe(quiet)}};
  result["stall_ms"] = result["begun"]["longest_ms"].get<double>() -
                       result["quiet"]["median_ms"].get<double>();
  return result;
}

}  // namespace
}  // namespace softfleet

int main(int argc, char** argv) {
  using namespace softfleet;
  const int64_t rows = argc > 1 ? std::atoll(argv[1]) : 1000000;
  const std::string directory =
      JoinPath(argc > 2 ? argv[2] : "/tmp", "checkpoint_stall");
  const int64_t checkpoints = argc > 3 ? std::atoll(argv[3]) : 3;
  nlohmann::json result = {{"rows", rows}};
  result["table"] = MeasureTable(rows, directory + ".table");
  for (const char* schedule : {"lockstep", "overlapped"}) {
    result[schedule] = MeasureRun(rows, directory, schedule, checkpoints);
  }
  std::cout << result.dump(1) << "\n";
  return 0;
}
