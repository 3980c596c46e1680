// SPDX-License-Identifier: Apache-2.0
// What MujocoEnvironment adds to Gymnasium's numbers, which the golden and the
// side-by-side tests compare: saves, errors, options, models of one's own.
#include "environments/mujoco/mujoco_environment.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/test_directory.h"
#include "tests/environments/mujoco/mujoco_fixture.h"
#include "tests/testing/observed.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::MakeMujoco;
using testing::Named;
using testing::NumbersSetting;
using testing::PlayFromStart;
using testing::TextSetting;

std::string ErrorOf(const EnvironmentOptions& options) {
  const auto made = MakeEnvironment(options);
  EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument)
      << made.status();
  return std::string(made.status().message());
}

// A cart on a rail, with `extra` among its bodies.
std::string CartXml(const std::string& extra) {
  return absl::StrCat(
      "<mujoco><worldbody><body name='cart'>"
      "<joint name='slider' type='slide' axis='1 0 0'/><geom size='0.1'/>",
      extra,
      "</body></worldbody><actuator><motor joint='slider' ctrllimited='true' "
      "ctrlrange='-1 1'/></actuator></mujoco>");
}

std::string Write(const TestDirectory& directory, const std::string& name,
                  const std::string& text) {
  const std::string path = directory / name;
  EXPECT_TRUE(WriteFileAtomically(RealFileSystem(), path, text).ok());
  return path;
}

TEST(MujocoEnvironment, AnUnstableSimulationIsTheErrorOfItsStepAlone) {
  const auto unstable = MakeMujoco("HalfCheetah-v5");
  const auto other = MakeMujoco("HalfCheetah-v5");
  ASSERT_TRUE(other->Reset(1).ok());
  std::vector<double> state(18);
  state[9] = 1e12;  // finite, and faster than MuJoCo computes with
  ASSERT_TRUE(unstable->ResetTo(state).ok());
  const absl::Status status = unstable->Step(std::vector<float>(6)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("HalfCheetah-v5"), HasSubstr("QVEL"),
                    HasSubstr("unstable")));
  EXPECT_EQ(unstable->Step(std::vector<float>(6)).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(other->Step(std::vector<float>(6)).ok());
  EXPECT_EQ(PlayFromStart(*unstable, 4), PlayFromStart(*other, 4));
}

// Observations too, although they lag the state.
TEST(MujocoEnvironment, ASaveInMidEpisodeIsBitExact) {
  for (const std::string& name : testing::MujocoNames()) {
    SCOPED_TRACE(name);
    const auto environment = MakeMujoco(name);
    PlayFromStart(*environment, 1, 2);
    const auto twin = MakeMujoco(name);
    ASSERT_TRUE(twin->Restore(environment->Save().value()).ok());
    EXPECT_EQ(twin->state(), environment->state());
    const auto seen = environment->observation();
    EXPECT_THAT(std::vector<double>(seen.begin(), seen.end()),
                ::testing::ElementsAreArray(twin->observation()));
    Philox random(2, Purpose::kTest);
    Philox same = random;
    const StepResult ours = testing::RandomStep(*environment, random).value();
    const StepResult twins = testing::RandomStep(*twin, same).value();
    EXPECT_EQ(ours.reward, twins.reward);
    EXPECT_EQ(ObservedFloats(*environment), ObservedFloats(*twin));
  }
}

TEST(MujocoEnvironment, GroupsAreTheObservationInOrder) {
  const auto environment = MakeMujoco("SparseReach-v0");
  ASSERT_TRUE(environment->Reset(1).ok());
  ObservationBuffer buffer(environment->spec());
  buffer.Read(*environment);
  std::vector<float> all;
  for (const auto group : buffer.groups()) {
    const auto* const values = reinterpret_cast<const float*>(group.data());
    all.insert(all.end(), values, values + group.size() / sizeof(float));
  }
  ASSERT_EQ(all.size(), environment->observation().size());
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i], static_cast<float>(environment->observation()[i]));
  }
}

TEST(MujocoEnvironment, ASimulationOfAnotherSizeIsRefused) {
  const auto environment = MakeMujoco("Hopper-v5");
  ASSERT_TRUE(environment->Reset(1).ok());
  const std::vector<double> six(6);
  const std::vector<double> five(5);
  for (const auto& [qpos, qvel, warmstart] :
       {std::array{five, six, six}, std::array{six, five, six},
        std::array{six, six, five}}) {
    EXPECT_EQ(environment->SetSimulation({qpos, qvel, warmstart, 0}).code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(MujocoEnvironment, AModelOfOnesOwnIsRead) {
  const TestDirectory directory;
  const std::string path = Write(directory, "cart.xml", CartXml(""));
  const auto environment =
      MakeMujoco(Named("HalfCheetah-v5", {TextSetting("xml_file", path)}));
  EXPECT_EQ(environment->spec().observations[0].elements(), 1);  // qvel
  EXPECT_EQ(environment->spec().action.dimension, 1);
  EXPECT_EQ(PlayFromStart(*environment, 1, 10).size(), 10u);
}

TEST(MujocoEnvironment, AModelThatIsNoneSaysWhy) {
  const TestDirectory directory;
  const auto with = [&](const std::string& path) {
    return ErrorOf(Named("Reacher-v5", {TextSetting("xml_file", path)}));
  };
  EXPECT_THAT(with("/nowhere.xml"),
              AllOf(HasSubstr("Reacher-v5"), HasSubstr("/nowhere.xml")));
  const std::string text = Write(directory, "text.xml", "no model");
  EXPECT_THAT(with(text), AllOf(HasSubstr(text), HasSubstr("MuJoCo")));
  const std::string small = Write(directory, "small.xml", CartXml(""));
  EXPECT_THAT(with(small), HasSubstr("the model has 1 position"));
  std::string joints;
  for (const char* const axis : {"1 0 0", "0 1 0", "0 0 1"}) {
    absl::StrAppend(&joints, "<joint type='hinge' axis='", axis, "'/>");
  }
  const std::string armless = Write(directory, "armless.xml", CartXml(joints));
  EXPECT_THAT(with(armless), HasSubstr("\"fingertip\""));
}

TEST(MujocoEnvironment, OptionsThatAreNoneAreRefused) {
  EXPECT_THAT(ErrorOf(Named("Hopper-v5", {NumbersSetting("frame_skip", {0})})),
              HasSubstr("frame_skip is 0"));
  EXPECT_THAT(ErrorOf(Named("Hopper-v5", {NumbersSetting("healthy_z", {0})})),
              HasSubstr("healthy_z_range"));
  EXPECT_THAT(ErrorOf(Named("Ant-v5", {NumbersSetting("main_body", {99})})),
              HasSubstr("0 to 13"));
  EXPECT_THAT(ErrorOf(Named("Ant-v5", {TextSetting("main_body", "tail")})),
              HasSubstr("\"tail\""));
  // What cannot fall has no health.
  EXPECT_THAT(
      ErrorOf(Named("Swimmer-v5", {NumbersSetting("healthy_reward", {1})})),
      HasSubstr("healthy_reward"));
}

TEST(MujocoEnvironment, FrameSkipSetsTheRateOfSteps) {
  const auto environment =
      MakeMujoco(Named("HalfCheetah-v5", {NumbersSetting("frame_skip", {2})}));
  EXPECT_DOUBLE_EQ(environment->spec().control_frequency, 50);
  ASSERT_TRUE(environment->Reset(1).ok());
  ASSERT_TRUE(environment->Step(std::vector<float>(6)).ok());
  EXPECT_NEAR(environment->data().time, 0.02, 1e-12);
}

}  // namespace
}  // namespace softfleet
