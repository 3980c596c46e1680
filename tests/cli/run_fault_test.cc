// SPDX-License-Identifier: Apache-2.0
// A full disk, an I/O error or a crash at the file operations of a whole run:
// the same run, started again, ends as one that met no fault.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "core/fault_file_system.h"
#include "tests/cli/run_fixture.h"
#include "tests/core/test_directory.h"
#include "tests/run/recording_file_system.h"

namespace softfleet {
namespace {

// 80 steps with two evaluations, three checkpoints and three rows.
v1::RunConfig TinyRun() {
  return With(ShortRun("Pendulum-v1"),
              {"total_steps=80", "environment.max_episode_steps=20",
               "replay.capacity=60", "sac.batch_size=8", "sac.actor_hidden=8",
               "learner.warmup_steps=20", "checkpoint_interval=30",
               "evaluation.interval=50", "evaluation.episodes=1",
               "metrics_interval=25", "learner.keep_checkpoints=1"});
}

// Every operation of a run is hit by one of so many faults in turn.
constexpr int64_t kStride = 4;

class RunFaultTest : public testing::TestWithParam<Fault> {};

TEST_P(RunFaultTest, TheSameCommandAfterAFaultEndsBitEqual) {
  const TestDirectory directory;
  const v1::RunConfig config = TinyRun();
  // Syncs are skipped: no power is lost here.
  RecordingFileSystem base;
  FaultInjectingFileSystem files(base);
  ASSERT_TRUE(Drive(files, config, directory / "undisturbed").ok());
  const Traces wanted = Collect(directory / "undisturbed");
  const int64_t operations = files.operations();
  ASSERT_GT(operations, 100);

  int failures = 0;
  const auto offset = static_cast<int64_t>(GetParam()) % kStride;
  for (int64_t k = offset; k < operations; k += kStride) {
    SCOPED_TRACE(testing::Message() << "operation " << k);
    const std::string run = directory / "run";
    ASSERT_TRUE(base.RemoveAll(run).ok());
    files.SetPlan({.fault = GetParam(), .at = k});
    const auto first = Drive(files, config, run);
    EXPECT_TRUE(files.fired());
    if (!first.ok()) ++failures;
    const auto second = Drive(base, config, run);
    ASSERT_TRUE(second.ok()) << second.status() << " after " << first.status();
    ASSERT_TRUE(second->finished);
    ExpectEqual(Collect(run), wanted);
    if (HasFailure()) break;
    base.log.clear();
  }
  // Most faults end the run; none passes as success unnoticed but those at
  // conveniences (the number in the lock file, tidying up).
  EXPECT_GT(failures, operations / kStride / 2);
}

INSTANTIATE_TEST_SUITE_P(Faults, RunFaultTest,
                         testing::Values(Fault::kDiskFull, Fault::kIoError,
                                         Fault::kCrash),
                         [](const auto& info) {
                           switch (info.param) {
                             case Fault::kDiskFull:
                               return "FullDisk";
                             case Fault::kIoError:
                               return "IoError";
                             default:
                               return "Crash";
                           }
                         });

}  // namespace
}  // namespace softfleet
