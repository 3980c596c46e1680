// SPDX-License-Identifier: Apache-2.0
#include "learner/learner_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/learner/cluster_world.h"
#include "tests/sac_cuda/plain_device.h"

namespace softfleet {
namespace {

using testing::AllOf;
using testing::HasSubstr;

using Device = LearnerOptions::Device;

LearnerOptions On(Device device) {
  LearnerOptions options;
  options.sac.observation_dim = 3;
  options.sac.action_dim = 2;
  options.sac.actor_hidden = options.sac.critic_hidden = {4};
  options.device = device;
  return options;
}

std::string Message(const absl::Status& status) {
  return std::string(status.message());
}

TEST(LearnerDeviceTest, TheCpuIsTakenWithoutLookingForADevice) {
  const PlainDevice plain;
  EXPECT_EQ(*MakeDeviceEngine(On(Device::kCpu)), nullptr);
}

TEST(LearnerDeviceTest, ADeviceThatIsThereIsTaken) {
  const PlainDevice plain;
  EXPECT_NE(*MakeDeviceEngine(On(Device::kCuda)), nullptr);
  EXPECT_NE(*MakeDeviceEngine(On(Device::kAuto)), nullptr);
}

TEST(LearnerDeviceTest, WithoutAPlugInCudaSaysWhatToDoAndAutoTakesTheCpu) {
  setenv("SOFTFLEET_CUDA_PLUGIN", "/nowhere/plugin.so", 1);
  const auto engine = MakeDeviceEngine(On(Device::kCuda));
  EXPECT_EQ(engine.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(
      Message(engine.status()),
      AllOf(HasSubstr("learner.device=cuda"), HasSubstr("/nowhere/plugin.so"),
            HasSubstr("cmake --preset cuda"), HasSubstr("learner.device=cpu")));
  EXPECT_EQ(*MakeDeviceEngine(On(Device::kAuto)), nullptr);
  unsetenv("SOFTFLEET_CUDA_PLUGIN");
}

TEST(LearnerDeviceTest, WhatADeviceCannotDoIsRefusedOrLeftToTheCpu) {
  const PlainDevice plain;
  for (const bool reference : {true, false}) {
    for (const Device device : {Device::kCuda, Device::kAuto}) {
      LearnerOptions options = On(device);
      if (reference) {
        options.sac.engine = SacOptions::Engine::kReference;
      } else {
        options.sac.precision = SacOptions::Precision::kBFloat16;
      }
      const auto engine = MakeDeviceEngine(options);
      if (device == Device::kAuto) {
        EXPECT_EQ(*engine, nullptr);
        continue;
      }
      EXPECT_EQ(engine.status().code(), absl::StatusCode::kInvalidArgument);
      EXPECT_THAT(Message(engine.status()),
                  AllOf(HasSubstr(reference ? "reference" : "bf16"),
                        testing::Not(HasSubstr("--preset cuda"))));
    }
  }
}

// What a cluster's learner has learned after being killed twice.
TensorMap LearnedBy(const std::string& device, bool kill) {
  ClusterWorld world(
      ClusterConfig({"sac.precision=float64", "learner.device=" + device}), 2);
  EXPECT_TRUE(world.Start());
  for (int start = 0; kill && start < 2; ++start) {
    for (int i = 0; i < 25; ++i) world.Step();
    EXPECT_TRUE(world.failure.ok()) << world.failure;
    world.Kill();
    EXPECT_TRUE(world.Start());
  }
  EXPECT_TRUE(world.RunToEnd());
  EXPECT_TRUE(world.failure.ok()) << world.failure;
  EXPECT_GT(world.run().loop().updates(), 200);
  return world.run().loop().Save();
}

TEST(LearnerDeviceTest, AClustersLearnerLearnsOnADeviceWhatItLearnsOnTheCpu) {
  const PlainDevice plain;
  for (const bool kill : {false, true}) {
    SCOPED_TRACE(testing::Message() << "killed: " << kill);
    ExpectNear(LearnedBy("cuda", kill), LearnedBy("cpu", kill), 1e-6);
  }
}

}  // namespace
}  // namespace softfleet
