// SPDX-License-Identifier: Apache-2.0
// Drawings show the state: what is looked for stands where geometry says.
#include "environments/rendering/drawings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <set>
#include <string>

#include "environments/navigation/two_ways_map.h"
#include "environments/registry.h"
#include "environments/rendering/renderer.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

std::unique_ptr<Environment> Make(const std::string& name) {
  EnvironmentOptions options;
  options.name = name;
  return MakeEnvironment(options).value();
}

Frame Draw(Environment& environment, const std::vector<double>& state) {
  RenderOptions options;
  options.width = options.height = 320;
  const auto renderer = MakeRenderer(environment, options).value();
  EXPECT_TRUE(environment.ResetTo(state).ok());
  Frame frame;
  EXPECT_TRUE(renderer->Render(environment, &frame).ok());
  return frame;
}

using Rgb = std::array<uint8_t, 3>;

Rgb Pixel(const Frame& frame, double x, double y) {
  const auto at = static_cast<size_t>(
      (static_cast<int>(y) * frame.width + static_cast<int>(x)) * 3);
  return {frame.pixels[at], frame.pixels[at + 1], frame.pixels[at + 2]};
}

TEST(DrawingsTest, ThePendulumPointsWhereItsAngleSays) {
  const auto pendulum = Make("Pendulum-v1");
  for (int degrees = 0; degrees < 360; degrees += 30) {
    const double theta = degrees * M_PI / 180;
    const Frame frame = Draw(*pendulum, {theta, 0});
    // A hundred pixels to a metre; theta grows anticlockwise from upright.
    const double x = 160 - 80 * std::sin(theta);
    const double y = 160 - 80 * std::cos(theta);
    EXPECT_NE(Pixel(frame, x, y), Pixel(frame, 2, 2)) << degrees;
    EXPECT_EQ(Pixel(frame, 320 - x, 320 - y), Pixel(frame, 2, 2)) << degrees;
  }
}

constexpr Rgb kLand = {250, 250, 250};

// 320 pixels show 10.4 m around the map's middle.
Rgb PixelOnMap(const Frame& frame, Point at) {
  const double scale = 320 / 10.4;
  return Pixel(frame, 160 + scale * at.x, 160 - scale * at.y);
}

TEST(DrawingsTest, TheMapShowsWhereNothingCanGo) {
  for (const char* const name : {"PointMass-v0", "PointMassGrid-v0"}) {
    const auto navigation = Make(name);
    ASSERT_TRUE(navigation->Reset(1).ok());
    const Frame frame = Draw(*navigation, navigation->state());
    for (int x = TwoWaysMap::kLeft; x < TwoWaysMap::kRight; ++x) {
      for (int y = TwoWaysMap::kBottom; y < TwoWaysMap::kTop; ++y) {
        if (y == 0 && (x < -3 || x == 3)) continue;  // start and goal
        EXPECT_EQ(PixelOnMap(frame, {x + 0.5, y + 0.5}) == kLand,
                  TwoWaysMap::IsFree({x, y}))
            << name << " " << x << " " << y;
      }
    }
  }
}

TEST(DrawingsTest, TheMapShowsWhichWayIsBlocked) {
  const auto navigation = Make("PointMass-v0");
  const Point tunnel = {0.05, 3.5}, bridge = {0.05, -1.5};
  for (const char* const way : {"tunnel", "bridge"}) {
    Physics physics;
    physics.blocked = {way};
    ASSERT_TRUE(navigation->SetPhysics(physics).ok());
    const Frame frame = Draw(*navigation, {-4, 0.5, 0, 0});
    EXPECT_EQ(PixelOnMap(frame, tunnel) == kLand, way != std::string("tunnel"));
    EXPECT_EQ(PixelOnMap(frame, bridge) == kLand, way != std::string("bridge"));
  }
}

TEST(DrawingsTest, TheMapShowsTheBodyAndItsGoal) {
  EnvironmentOptions options;
  options.name = "PointMass-v0";
  options.settings = {{"goal_conditioned", {}, true, {}}};
  const auto navigation = MakeEnvironment(options).value();
  const Point body = {-2.5, 2.5}, goal = {2.5, -2.5};
  const Frame frame = Draw(*navigation, {body.x, body.y, 0, 0, goal.x, goal.y});
  const std::set<Rgb> colours = {kLand, PixelOnMap(frame, body),
                                 PixelOnMap(frame, goal)};
  EXPECT_EQ(colours.size(), 3);
  EXPECT_EQ(PixelOnMap(frame, {body.x + 0.35, body.y}), kLand);
  EXPECT_EQ(PixelOnMap(frame, {goal.x + 0.4, goal.y}), PixelOnMap(frame, goal));
  EXPECT_EQ(PixelOnMap(frame, {3.5, 0.5}), kLand);  // the fixed goal's place
}

TEST(DrawingsTest, EveryStateElementOfAPositionIsSeen) {
  for (const std::string& name : EnvironmentNames()) {
    const auto environment = Make(name);
    if (FindDrawing(*environment) == nullptr) continue;
    ASSERT_TRUE(environment->Reset(1).ok());
    std::vector<double> state = environment->state();
    const Frame before = Draw(*environment, state);
    state[0] += name == "PointMassGrid-v0" ? 1 : 0.2;
    EXPECT_NE(Draw(*environment, state).pixels, before.pixels) << name;
  }
}

TEST(RendererTest, RefusesSizesThatAreNone) {
  const auto pendulum = Make("Pendulum-v1");
  for (const int width : {0, -1, 8193}) {
    RenderOptions options;
    options.width = width;
    EXPECT_THAT(
        std::string(MakeRenderer(*pendulum, options).status().message()),
        HasSubstr("width"));
  }
}

}  // namespace
}  // namespace softfleet
