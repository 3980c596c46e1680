// SPDX-License-Identifier: Apache-2.0
#include "environments/rendering/canvas.h"

#include <array>
#include <cmath>
#include <numbers>
#include <optional>

#include "core/philox.h"
#include "gtest/gtest.h"

namespace softfleet {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr Colour kBlack = {0, 0, 0};
constexpr Colour kWhite = {255, 255, 255};

// A black frame that shows `width` units around the origin.
struct Page {
  explicit Page(double width, int pixels = 400) {
    frame.Resize(pixels, pixels);
    canvas.emplace(frame, Point{0, 0}, width);
    canvas->Clear(kBlack);
  }
  // What is white, in square units.
  double Area(double width) const {
    double sum = 0;
    for (size_t i = 0; i < frame.pixels.size(); i += 3) sum += frame.pixels[i];
    const double side = width / frame.width;
    return sum / 255 * side * side;
  }
  Frame frame;
  std::optional<Canvas> canvas;
};

TEST(CanvasTest, ADiscHasItsAreaWhereverItLies) {
  Philox random(1, Purpose::kTest);
  for (int i = 0; i < 50; ++i) {
    Page page(4);
    const double radius = 0.2 + 0.7 * random.NextUniform();
    const Point centre = {random.NextUniform() - 0.5,
                          random.NextUniform() - 0.5};
    page.canvas->Disc(centre, radius, kWhite);
    // An edge of a hundredth unit per pixel is off by less than a tenth of it.
    EXPECT_NEAR(page.Area(4), kPi * radius * radius, 0.001 * 2 * kPi * radius);
  }
}

TEST(CanvasTest, ARodHasItsAreaInEveryDirection) {
  for (int degrees = 0; degrees < 360; degrees += 15) {
    const double angle = degrees * kPi / 180;
    Page page(4);
    page.canvas->Rod({0, 0}, {std::cos(angle), std::sin(angle)}, 0.3, kWhite);
    EXPECT_NEAR(page.Area(4), 0.3 + kPi * 0.15 * 0.15, 0.005) << degrees;
  }
}

TEST(CanvasTest, ABoxCoversItsPixelsAndNoOthers) {
  Page page(4, 40);  // ten pixels to a unit
  page.canvas->Box({-1, 0}, {1, 0.5}, kWhite);
  for (int row = 0; row < 40; ++row) {
    for (int column = 0; column < 40; ++column) {
      const bool inside = column >= 10 && column < 30 && row >= 15 && row < 20;
      const auto at = static_cast<size_t>((row * 40 + column) * 3);
      EXPECT_EQ(page.frame.pixels[at], inside ? 255 : 0)
          << row << " " << column;
    }
  }
}

TEST(CanvasTest, WhatLiesOutsideTheFrameIsLeftOut) {
  Page page(4);
  page.canvas->Disc({10, 10}, 1, kWhite);
  page.canvas->Rod({-100, 5}, {100, 5}, 1, kWhite);
  EXPECT_EQ(page.Area(4), 0);
  page.canvas->Box({-100, -100}, {100, 100}, kWhite);
  EXPECT_NEAR(page.Area(4), 16, 1e-9);
}

}  // namespace
}  // namespace softfleet
