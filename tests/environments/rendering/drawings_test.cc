// SPDX-License-Identifier: Apache-2.0
// Drawings show the state: what is looked for stands where geometry says.
#include "environments/rendering/drawings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <set>
#include <string>

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

std::array<uint8_t, 3> Pixel(const Frame& frame, double x, double y) {
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

TEST(DrawingsTest, EveryStateElementOfAPositionIsSeen) {
  for (const std::string& name : EnvironmentNames()) {
    if (FindDrawing(name) == nullptr) continue;
    const auto environment = Make(name);
    ASSERT_TRUE(environment->Reset(1).ok());
    std::vector<double> state = environment->state();
    const Frame before = Draw(*environment, state);
    state[0] += 0.2;
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
