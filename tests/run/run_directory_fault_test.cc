// SPDX-License-Identifier: Apache-2.0
// RunDirectory::Open with a full disk, an I/O error or a crash at every one of
// its operations: afterwards it opens again and nothing is lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/fault_file_system.h"
#include "run/config.h"
#include "run/run_directory.h"
#include "tests/core/test_directory.h"
#include "tests/run/config_testing.h"
#include "tests/run/recording_file_system.h"

namespace softfleet {
namespace {

v1::RunConfig Longer() {
  v1::RunConfig config = Pendulum();
  config.set_total_steps(5000000);
  return config;
}

// A fault and how many of its kind follow.
std::vector<FaultPlan> Plans() {
  return {{.fault = Fault::kDiskFull},
          {.fault = Fault::kDiskFull, .sticky = true},
          {.fault = Fault::kIoError},
          {.fault = Fault::kIoError, .sticky = true},
          {.fault = Fault::kCrash, .torn_fraction = 0},
          {.fault = Fault::kCrash},
          {.fault = Fault::kCrash, .torn_fraction = 1}};
}

class RunDirectoryFaultTest : public ::testing::Test {
 protected:
  // Calls `scenario` for every plan with a fault at operation 0, 1, ... until
  // one has seen no fault, each time in a fresh place.
  template <typename Scenario>
  void ForEveryFault(const Scenario& scenario) {
    for (FaultPlan plan : Plans()) {
      bool fired = true;
      for (plan.at = 0; fired; ++plan.at) {
        SCOPED_TRACE(absl::StrCat("fault ", static_cast<int>(plan.fault),
                                  plan.sticky ? " for ever" : "",
                                  " at operation ", plan.at));
        TestDirectory directory;
        RecordingFileSystem base;
        FaultInjectingFileSystem files(base);
        scenario(directory / "runs/a", base, files, plan);
        fired = files.fired();
        ASSERT_LT(plan.at, 100) << "the scenario never ends";
        EXPECT_GT(files.operations(), 0);
      }
    }
  }
};

TEST_F(RunDirectoryFaultTest, CreationCanBeRepeated) {
  ForEveryFault([](const std::string& path, FileSystem& disk,
                   FaultInjectingFileSystem& files, const FaultPlan& plan) {
    files.SetPlan(plan);
    uint64_t given = 0;
    std::string run_id;
    {
      const auto run = RunDirectory::Open(files, path, Pendulum());
      if (run.ok()) {
        given = (*run)->incarnation();
        run_id = (*run)->run_id();
      }
    }
    const auto run = RunDirectory::Open(disk, path, Pendulum());
    ASSERT_TRUE(run.ok()) << run.status();
    EXPECT_GT((*run)->incarnation(), given);
    EXPECT_TRUE(given == 0 || (*run)->run_id() == run_id);
    EXPECT_EQ((*run)->created(), (*run)->incarnation() == 1);
    EXPECT_EQ(disk.Read((*run)->File("config.textproto")).value(),
              EffectiveConfig(Pendulum()));
  });
}

TEST_F(RunDirectoryFaultTest, AnInterruptedResumptionLosesNothing) {
  ForEveryFault([](const std::string& path, FileSystem& disk,
                   FaultInjectingFileSystem& files, const FaultPlan& plan) {
    const std::string run_id =
        RunDirectory::Open(disk, path, Pendulum()).value()->run_id();
    const std::string metrics = JoinPath(path, "metrics.csv");
    ASSERT_TRUE(WriteFileAtomically(disk, metrics, "step\n10\n").ok());
    files.SetPlan(plan);
    uint64_t given = 1;
    {
      const auto run = RunDirectory::Open(files, path, Longer());
      if (run.ok()) given = (*run)->incarnation();
    }
    // Both the old and the new length may go on from here.
    for (const v1::RunConfig& config : {Pendulum(), Longer()}) {
      const auto run = RunDirectory::Open(disk, path, config);
      ASSERT_TRUE(run.ok()) << run.status();
      EXPECT_EQ((*run)->run_id(), run_id);
      EXPECT_FALSE((*run)->created());
      EXPECT_GT((*run)->incarnation(), given);
      given = (*run)->incarnation();
      EXPECT_EQ(disk.Read((*run)->File("config.textproto")).value(),
                EffectiveConfig(config));
    }
    EXPECT_EQ(disk.Read(metrics).value(), "step\n10\n");
    // What must not change is still guarded.
    v1::RunConfig other = Pendulum();
    other.mutable_sac()->set_gamma(0.5);
    EXPECT_EQ(RunDirectory::Open(disk, path, other).status().code(),
              absl::StatusCode::kFailedPrecondition);
  });
}

TEST_F(RunDirectoryFaultTest, AnIncarnationIsDurableBeforeItIsGivenOut) {
  // Whatever the disk does, no two openings that succeed get the same one.
  ForEveryFault([](const std::string& path, FileSystem& disk,
                   FaultInjectingFileSystem& files, const FaultPlan& plan) {
    uint64_t last = 0;
    files.SetPlan(plan);
    FileSystem* const disks[] = {&files, &files, &files, &disk};
    for (FileSystem* used : disks) {
      const auto run = RunDirectory::Open(*used, path, Pendulum());
      if (!run.ok()) continue;
      EXPECT_GT((*run)->incarnation(), last);
      last = (*run)->incarnation();
    }
    EXPECT_GT(last, 0u);
  });
}

TEST(RunDirectoryDurabilityTest, EveryStepIsDurableBeforeTheNext) {
  TestDirectory directory;
  RecordingFileSystem files;
  const std::string path = directory / "runs/a";
  const auto written = [&](const std::string& name) {
    const std::string file = JoinPath(path, name);
    return std::vector<std::string>{"sync " + file + ".tmp",
                                    "rename " + file + ".tmp to " + file,
                                    "sync directory " + path};
  };
  ASSERT_TRUE(RunDirectory::Open(files, path, Pendulum()).ok());
  std::vector<std::string> expected = {"sync directory " + (directory / "runs"),
                                       "sync directory " + directory.path()};
  for (const std::string name : {"run.json", "config.textproto"}) {
    for (const std::string& line : written(name)) expected.push_back(line);
  }
  EXPECT_THAT(files.log, testing::ElementsAreArray(expected));

  files.log.clear();
  ASSERT_TRUE(RunDirectory::Open(files, path, Pendulum()).ok());
  EXPECT_THAT(files.log, testing::ElementsAreArray(written("run.json")));
}

}  // namespace
}  // namespace softfleet
