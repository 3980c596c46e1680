// SPDX-License-Identifier: Apache-2.0
// CheckpointStore with a full disk, an I/O error or a crash at every one of its
// operations: a checkpoint is there whole or not at all, and no other one goes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/match.h"
#include "core/fault_file_system.h"
#include "core/log.h"
#include "tests/run/checkpoint_testing.h"

namespace softfleet {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::Not;

class CheckpointFaultTest : public CheckpointTest {
 protected:
  CheckpointFaultTest() { SetLogLevel(LogLevel::kOff); }
  ~CheckpointFaultTest() override { SetLogLevel(LogLevel::kInfo); }

  // Puts checkpoints of these steps, marked with their step, in place.
  void Reset(const std::vector<uint64_t>& steps) {
    ASSERT_TRUE(files_.RemoveAll(path_).ok());
    const CheckpointStore store = OpenStore(files_, path_);
    for (const uint64_t step : steps) {
      ASSERT_TRUE(Write(store, files_, step, step).ok());
    }
  }

  // Runs `act` on a store of these steps with a fault at operation 0, 1, ...
  // and `check` behind it, until `act` has seen no fault.
  void ForEveryFault(
      const std::vector<uint64_t>& steps,
      const std::function<absl::Status(CheckpointStore, FileSystem&)>& act,
      const std::function<void(absl::Status, const FaultPlan&)>& check) {
    const std::vector<FaultPlan> plans = {
        {.fault = Fault::kDiskFull},
        {.fault = Fault::kDiskFull, .sticky = true},
        {.fault = Fault::kIoError},
        {.fault = Fault::kIoError, .sticky = true},
        {.fault = Fault::kCrash}};
    for (FaultPlan plan : plans) {
      bool fired = true;
      for (plan.at = 0; fired; ++plan.at) {
        SCOPED_TRACE(absl::StrCat("fault ", static_cast<int>(plan.fault),
                                  plan.sticky ? " for ever" : "",
                                  " at operation ", plan.at));
        Reset(steps);
        FaultInjectingFileSystem files(files_);
        const CheckpointStore store = OpenStore(files, path_);
        files.SetPlan(plan);
        const absl::Status status = act(store, files);
        fired = files.fired();
        EXPECT_TRUE(fired || status.ok()) << status;
        check(status, plan);
        ASSERT_LT(plan.at, 200) << "it never ends";
      }
    }
  }

  CheckpointStore Store() { return OpenStore(files_, path_); }
  std::vector<std::string> Names() { return files_.List(path_).value(); }
  // The store goes on as if nothing had happened.
  void ExpectUsable() {
    ASSERT_TRUE(Write(Store(), files_, 90, 9).ok());
    uint64_t step = 0;
    EXPECT_EQ(NewestMark(Store(), &step), 9);
    EXPECT_EQ(step, 90u);
    for (const std::string& name : Names()) {
      EXPECT_FALSE(absl::StrContains(name, ".")) << name << " is left over";
    }
  }
};

TEST_F(CheckpointFaultTest, AWriteHappensWholeOrNotAtAll) {
  ForEveryFault(
      {10, 20},
      [](CheckpointStore store, FileSystem& files) {
        return Write(store, files, 30, 30);
      },
      [&](const absl::Status& status, const FaultPlan& plan) {
        uint64_t step = 0;
        EXPECT_EQ(NewestMark(Store(), &step), step);
        // The last sync may fail with the checkpoint in place.
        EXPECT_TRUE(step == 30 || (step == 20 && !status.ok()));
        EXPECT_EQ(Store().NewestValid().value()->skipped.size(), 0u);
        if (plan.fault == Fault::kDiskFull && !status.ok()) {
          EXPECT_THAT(Names(), Each(Not(EndsWith(".tmp"))));
        }
        ExpectUsable();
      });
}

TEST_F(CheckpointFaultTest, TheFirstWriteToo) {
  ForEveryFault(
      {},
      [](CheckpointStore store, FileSystem& files) {
        return Write(store, files, 30, 30);
      },
      [&](const absl::Status& status, const FaultPlan&) {
        const float mark = NewestMark(Store(), nullptr);
        EXPECT_TRUE(mark == 30 || (mark == -1 && !status.ok()));
        ExpectUsable();
      });
}

TEST_F(CheckpointFaultTest, ReplacingAStepNeverLosesBoth) {
  ForEveryFault(
      {10, 20},
      [](CheckpointStore store, FileSystem& files) {
        return Write(store, files, 20, 21);
      },
      [&](const absl::Status& status, const FaultPlan& plan) {
        uint64_t step = 0;
        const float mark = NewestMark(Store(), &step);
        EXPECT_EQ(step, 20u);
        EXPECT_TRUE(mark == 21 || (mark == 20 && !status.ok())) << mark;
        EXPECT_THAT(Store().Steps().value(), ElementsAre(10, 20));
        if (mark == 20 && plan.fault != Fault::kCrash && !plan.sticky) {
          EXPECT_THAT(Names(),
                      ElementsAre("step-000000000010", "step-000000000020"));
        }
        // Nor does a second failure, of a Write that cleans up first.
        EXPECT_FALSE(Store()
                         .Write(CheckpointManifest(),
                                [](const std::string&, CheckpointManifest*) {
                                  return absl::CancelledError("enough");
                                })
                         .ok());
        EXPECT_EQ(NewestMark(Store(), &step), mark);
        EXPECT_EQ(step, 20u);
        ExpectUsable();
      });
}

TEST_F(CheckpointFaultTest, GoingBackKeepsTheFutureUntilThePresentIsSafe) {
  ForEveryFault(
      {10, 20, 30},
      [](CheckpointStore store, FileSystem& files) {
        return Write(store, files, 15, 15);
      },
      [&](const absl::Status& status, const FaultPlan&) {
        const std::vector<uint64_t> steps = Store().Steps().value();
        const bool there =
            std::find(steps.begin(), steps.end(), 15) != steps.end();
        EXPECT_TRUE(there || !status.ok());
        if (!there) {
          EXPECT_THAT(steps, ElementsAre(10, 20, 30));
        }
        EXPECT_EQ(NewestMark(Store(), nullptr), steps.back());
        ExpectUsable();
      });
}

TEST_F(CheckpointFaultTest, RetainNeverLeavesHalfACheckpoint) {
  ForEveryFault(
      {10, 20, 30, 40, 50},
      [](CheckpointStore store, FileSystem&) { return store.Retain(2, 20); },
      [&](const absl::Status& status, const FaultPlan&) {
        if (status.ok()) {
          EXPECT_THAT(Store().Steps().value(), ElementsAre(20, 40, 50));
        }
        EXPECT_EQ(NewestMark(Store(), nullptr), 50);
        // Every one that is still there is whole, from the newest down.
        while (!Store().Steps().value().empty()) {
          const auto found = Store().NewestValid();
          ASSERT_TRUE(found.ok()) << found.status();
          EXPECT_THAT((*found)->skipped, testing::IsEmpty());
          ASSERT_TRUE(files_.RemoveAll((*found)->directory).ok());
        }
      });
}

}  // namespace
}  // namespace softfleet
