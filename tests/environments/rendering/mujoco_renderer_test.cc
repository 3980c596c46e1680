// SPDX-License-Identifier: Apache-2.0
// Pictures of MuJoCo's models, drawn without a screen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "environments/registry.h"
#include "environments/rendering/renderer.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

class MujocoRendererTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto renderer = MakeRenderer(*cheetah_, Small());
    if (absl::IsNotFound(renderer.status())) GTEST_SKIP() << renderer.status();
    ASSERT_TRUE(cheetah_->Reset(1).ok());
  }
  static std::unique_ptr<Environment> Make(const std::string& name) {
    EnvironmentOptions options;
    options.name = name;
    return MakeEnvironment(options).value();
  }
  static RenderOptions Small() {
    RenderOptions options;
    options.width = 96;
    options.height = 64;
    options.fine = false;
    return options;
  }
  static Frame Draw(const Environment& environment, Renderer& renderer) {
    Frame frame;
    EXPECT_TRUE(renderer.Render(environment, &frame).ok());
    return frame;
  }
  std::unique_ptr<Environment> cheetah_ = Make("HalfCheetah-v5");
};

std::vector<uint8_t> Rows(const Frame& frame, int from, int to) {
  return {frame.pixels.begin() + from * frame.width * 3,
          frame.pixels.begin() + to * frame.width * 3};
}

TEST_F(MujocoRendererTest, ShowsWhatHasMovedAndNothingElse) {
  const auto renderer = MakeRenderer(*cheetah_, Small()).value();
  const Frame before = Draw(*cheetah_, *renderer);
  ASSERT_EQ(before.pixels.size(), size_t{96 * 64 * 3});
  EXPECT_EQ(Draw(*cheetah_, *renderer).pixels, before.pixels);
  std::vector<double> state = cheetah_->state();
  state[2] += 1;  // the torso's angle
  ASSERT_TRUE(cheetah_->ResetTo(state).ok());
  EXPECT_NE(Draw(*cheetah_, *renderer).pixels, before.pixels);
}

// The camera follows the torso: far above the floor it sees the sky alone.
TEST_F(MujocoRendererTest, TheFirstRowsAreTheSkyAndTheLastTheFloor) {
  const auto renderer = MakeRenderer(*cheetah_, Small()).value();
  const Frame standing = Draw(*cheetah_, *renderer);
  std::vector<double> state = cheetah_->state();
  state[1] += 100;
  ASSERT_TRUE(cheetah_->ResetTo(state).ok());
  const Frame aloft = Draw(*cheetah_, *renderer);
  EXPECT_EQ(Rows(standing, 0, 4), Rows(aloft, 0, 4));
  EXPECT_NE(Rows(standing, 60, 64), Rows(aloft, 60, 64));
}

TEST_F(MujocoRendererTest, ARendererDoesNotDisturbTheSimulation) {
  const auto renderer = MakeRenderer(*cheetah_, Small()).value();
  const auto twin = Make("HalfCheetah-v5");
  ASSERT_TRUE(twin->Reset(1).ok());
  const std::vector<float> action(6, 0.5f);
  for (int step = 0; step < 5; ++step) {
    Draw(*cheetah_, *renderer);
    ASSERT_TRUE(cheetah_->Step(action).ok());
    ASSERT_TRUE(twin->Step(action).ok());
    EXPECT_EQ(cheetah_->Save(), twin->Save());
  }
}

TEST_F(MujocoRendererTest, TwoRenderersDoNotMixTheirPictures) {
  const auto ant = Make("Ant-v5");
  ASSERT_TRUE(ant->Reset(1).ok());
  const auto first = MakeRenderer(*cheetah_, Small()).value();
  const Frame cheetah = Draw(*cheetah_, *first);
  const auto second = MakeRenderer(*ant, Small()).value();
  EXPECT_NE(Draw(*ant, *second).pixels, cheetah.pixels);
  EXPECT_EQ(Draw(*cheetah_, *first).pixels, cheetah.pixels);
  Frame frame;
  EXPECT_THAT(std::string(first->Render(*ant, &frame).message()),
              HasSubstr("Ant-v5 is not what this renderer was made for"));
}

TEST_F(MujocoRendererTest, AnUnknownCameraIsNamedWithThoseThereAre) {
  RenderOptions options = Small();
  options.camera = "trakc";
  EXPECT_THAT(std::string(MakeRenderer(*cheetah_, options).status().message()),
              HasSubstr("no camera \"trakc\"; did you mean \"track\"?"));
}

}  // namespace
}  // namespace softfleet
