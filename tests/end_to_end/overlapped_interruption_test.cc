// SPDX-License-Identifier: Apache-2.0
// softfleet train with learner.schedule=overlapped, stopped and killed: the
// same command goes on from the newest checkpoint, and nothing is missing at
// the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "core/philox.h"
#include "run/checkpoint_store.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/program.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

// Slow enough to be interrupted.
constexpr uint64_t kUpdatesPerStep = 64, kWarmup = 50, kTotalSteps = 1500;

class OverlappedInterruptionTest : public testing::Test {
 protected:
  std::vector<std::string> Arguments() const {
    return Train(config_, run_,
                 {"learner.schedule=overlapped",
                  absl::StrCat("learner.updates_per_step=", kUpdatesPerStep)});
  }

  // Of the newest checkpoint; step 0 where there is none.
  CheckpointManifest Newest() const {
    const auto store =
        CheckpointStore::Open(RealFileSystem(), JoinPath(run_, "checkpoints"));
    EXPECT_TRUE(store.ok()) << store.status();
    if (!store.ok()) return {};
    const auto found = store->NewestValid();
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() && found->has_value() ? (*found)->manifest
                                            : CheckpointManifest{};
  }

  // The next start goes on from it.
  std::string Resumption() const {
    return absl::StrCat("resumed at step ", Newest().step, " from ");
  }

  // To the end, with every record of a run that was left alone.
  void ExpectItEnds() {
    const std::string resumption = Resumption();
    const Finished last = Softfleet(Arguments());
    EXPECT_EQ(last.exit_code, 0) << last.err;
    EXPECT_THAT(last.err, HasSubstr(resumption));
    EXPECT_THAT(last.err, HasSubstr("the learner waited "));
    const CheckpointManifest end = Newest();
    EXPECT_EQ(end.step, kTotalSteps);
    EXPECT_EQ(end.updates, kUpdatesPerStep * (kTotalSteps - kWarmup));
    EXPECT_EQ(AuditOf(run_).size(), 3u);
  }

  const TestDirectory directory_;
  const std::string config_ = WriteShortConfig(directory_.path());
  const std::string run_ = directory_ / "run";
};

TEST_F(OverlappedInterruptionTest, AStopSaysWhereItsCheckpointIsAndGoesOn) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const std::string resumption = Resumption();
    const auto process = Start(Arguments());
    ASSERT_TRUE(process->WaitFor(" steps/s")) << process->err();
    process->Signal(signal);
    ASSERT_EQ(process->Wait(), 0) << process->err();
    const CheckpointManifest stopped = Newest();
    EXPECT_THAT(process->out(),
                HasSubstr(absl::StrCat("stopped at step ", stopped.step,
                                       " with a checkpoint; to go on:")));
    EXPECT_THAT(process->err(), HasSubstr("the learner waited "));
    if (signal == SIGINT) {
      EXPECT_THAT(process->err(), HasSubstr(resumption));
    }
    // Not one that was due: one of where it was.
    EXPECT_GE(stopped.step, 50u);
    EXPECT_LT(stopped.step, kTotalSteps);
    EXPECT_LE(stopped.updates, kUpdatesPerStep * (stopped.step - kWarmup));
  }
  ExpectItEnds();
}

TEST_F(OverlappedInterruptionTest, KilledItGoesOnFromTheNewestCheckpoint) {
  constexpr uint64_t kSeed = 21;
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  Philox random(kSeed, Purpose::kTest);
  for (int kill = 0; kill < 4; ++kill) {
    const CheckpointManifest before = Newest();
    const auto process = Start(Arguments());
    // Beyond the checkpoint after that, and then anywhere.
    const uint64_t next = before.step / 200 * 200 + 250;
    ASSERT_TRUE(process->WaitFor(absl::StrCat("step ", next / 10)))
        << process->err();
    process->Ended(absl::Microseconds(random.NextBelow(50000)));
    process->Signal(SIGKILL);
    ASSERT_EQ(process->Wait(), 128 + SIGKILL) << process->err();
    if (before.step > 0) {
      EXPECT_THAT(process->err(), HasSubstr(absl::StrCat("resumed at step ",
                                                         before.step, " ")));
    }
    EXPECT_GE(Newest().step, before.step);
  }
  EXPECT_GT(Newest().step, 0u);
  ExpectItEnds();
}

}  // namespace
}  // namespace softfleet
