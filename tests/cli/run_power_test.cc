// SPDX-License-Identifier: Apache-2.0
// A machine that loses power at the file operations of a whole run, with any
// part of what was not synced: the same run, started again, ends as one that
// was never disturbed.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>

#include "core/fault_file_system.h"
#include "tests/cli/run_fixture.h"
#include "tests/testing/simulated_disk.h"

namespace softfleet {
namespace {

using testing::SimulatedDisk;

constexpr char kRun[] = "runs/a";

// 80 steps with two evaluations, three checkpoints and three rows.
v1::RunConfig TinyRun() {
  return With(ShortRun("Pendulum-v1"),
              {"total_steps=80", "environment.max_episode_steps=20",
               "replay.capacity=60", "sac.batch_size=8", "sac.actor_hidden=8",
               "learner.warmup_steps=20", "checkpoint_interval=30",
               "evaluation.interval=50", "evaluation.episodes=1",
               "metrics_interval=25", "learner.keep_checkpoints=1"});
}

// Which part of the changes that were not synced is kept.
class RunPowerTest : public ::testing::TestWithParam<double> {
 protected:
  // Checks that `config`, begun on a fresh disk that loses its power at
  // operation `k`, and at `again` of the second start, ends as `wanted`.
  void LoseAndGoOn(const v1::RunConfig& config, const Traces& wanted, int64_t k,
                   int64_t again) {
    SCOPED_TRACE(::testing::Message()
                 << "operations " << k << " and " << again);
    SimulatedDisk disk;
    FaultInjectingFileSystem files(disk);
    int64_t seed = 1000 * k;
    for (const int64_t at : {k, again}) {
      files.SetPlan({.fault = Fault::kCrash, .at = at});
      const auto run = Drive(files, config, kRun);
      if (run.ok() && !files.fired()) break;  // `again` was beyond its end
      disk.LosePower(seed++, GetParam());
    }
    const auto last = Drive(disk, config, kRun);
    ASSERT_TRUE(last.ok()) << last.status();
    ASSERT_TRUE(last->finished);
    ExpectEqual(Collect(kRun, disk), wanted);
  }
};

TEST_P(RunPowerTest, TheSameCommandAfterwardsEndsBitEqual) {
  const v1::RunConfig config = TinyRun();
  SimulatedDisk disk;
  FaultInjectingFileSystem files(disk);
  ASSERT_TRUE(Drive(files, config, kRun).ok());
  const Traces wanted = Collect(kRun, disk);
  const int64_t operations = files.operations();
  ASSERT_GT(operations, 100);
  for (int64_t k = 0; k < operations && !HasFailure(); k += 2) {
    LoseAndGoOn(config, wanted, k, (7 * k) % operations);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kept, RunPowerTest, ::testing::Values(0.0, 0.5, 0.9, 1.0),
    [](const auto& info) {
      return std::to_string(static_cast<int>(100 * info.param)) + "Percent";
    });

}  // namespace
}  // namespace softfleet
