// SPDX-License-Identifier: Apache-2.0
// Runs whose updates are computed on a CUDA device, by the plug-in of plain
// loops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/safetensors.h"
#include "tests/cli/run_fixture.h"
#include "tests/core/test_directory.h"
#include "tests/sac_cuda/plain_device.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

class RunDeviceTest : public testing::TestWithParam<const char*> {
 protected:
  v1::RunConfig Config(const std::string& device) const {
    return With(ShortRun(GetParam()),
                {"sac.precision=float64", "learner.device=" + device});
  }
  Outcome Go(const v1::RunConfig& config, const std::string& run,
             int64_t rounds = 1 << 30) {
    const auto outcome =
        Drive(RealFileSystem(), config, directory_ / run, rounds);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.value_or(Outcome{});
  }
  TensorMap Learned(const std::string& run) {
    const std::vector<std::string> checkpoints = Checkpoints(directory_ / run);
    const auto content = ReadSafetensors(
        RealFileSystem(), JoinPath(checkpoints.back(), "learner.safetensors"));
    EXPECT_TRUE(content.ok()) << content.status();
    return content.ok() ? content->tensors : TensorMap();
  }

  const PlainDevice plain_;
  TestDirectory directory_;
};

TEST_P(RunDeviceTest, LearnsWhatARunOnTheCpuLearns) {
  EXPECT_TRUE(Go(Config("cpu"), "cpu").finished);
  EXPECT_TRUE(Go(Config("auto"), "device").finished);
  ExpectNear(Learned("device"), Learned("cpu"), 1e-6);
}

TEST_P(RunDeviceTest, AnInterruptedRunEndsAsOneThatWasNot) {
  const v1::RunConfig config = Config("cuda");
  EXPECT_TRUE(Go(config, "undisturbed").finished);
  // In the warm-up, between checkpoints, when rows have been overwritten.
  for (const int64_t rounds : {10, 40, 95, 70}) {
    EXPECT_FALSE(Go(config, "run", rounds).finished);
  }
  EXPECT_TRUE(Go(config, "run").finished);
  ExpectEqual(Collect(directory_ / "run"), Collect(directory_ / "undisturbed"));
}

TEST_P(RunDeviceTest, ARunGoesOnOnTheOtherDevice) {
  EXPECT_TRUE(Go(Config("cpu"), "cpu").finished);
  EXPECT_FALSE(Go(Config("cuda"), "run", 100).finished);
  EXPECT_FALSE(Go(Config("cpu"), "run", 60).finished);
  EXPECT_TRUE(Go(Config("cuda"), "run").finished);
  ExpectNear(Learned("run"), Learned("cpu"), 1e-6);
}

// The plain device has a gibibyte.
TEST_P(RunDeviceTest, RowsThatDoNotFitStayInTheHostsMemory) {
  const auto config = [this](const std::string& device) {
    return With(Config(device), {"replay.capacity=60000000"});
  };
  EXPECT_TRUE(Go(config("cpu"), "cpu").finished);
  EXPECT_TRUE(Go(config("cuda"), "device").finished);
  ExpectNear(Learned("device"), Learned("cpu"), 1e-6);
}

TEST_P(RunDeviceTest, ADivergedRunIsDiagnosedByItsLastBatch) {
  const auto outcome =
      Drive(RealFileSystem(), With(Config("cuda"), {"sac.reward_scale=1e200"}),
            directory_ / "run");
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kDataLoss)
      << outcome.status();
  const auto diagnosis =
      RealFileSystem().Read(directory_ / "run" + "/diagnosis.json");
  ASSERT_TRUE(diagnosis.ok()) << diagnosis.status();
  const auto json = nlohmann::json::parse(*diagnosis);
  ASSERT_EQ(json["batches"].size(), 1);
  EXPECT_EQ(json["batches"][0]["update"], json["update"]);
  EXPECT_EQ(json["batches"][0]["rows"].size(), 32);
  EXPECT_THAT(json["last_batch"]["largest_reward"].get<std::string>(),
              HasSubstr("e+20"));
}

INSTANTIATE_TEST_SUITE_P(Environments, RunDeviceTest,
                         testing::Values("Pendulum-v1", "CartPole-v1"),
                         [](const auto& info) {
                           return std::string(info.param).substr(0, 4);
                         });

}  // namespace
}  // namespace softfleet
