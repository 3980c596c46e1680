// SPDX-License-Identifier: Apache-2.0
#include "environments/rendering/canvas.h"

#include <algorithm>
#include <cmath>

namespace softfleet {
namespace {

uint8_t Blend(uint8_t below, uint8_t above, double cover) {
  return static_cast<uint8_t>(std::lround(below + (above - below) * cover));
}

}  // namespace

Canvas::Canvas(Frame& frame, Point centre, double width)
    : frame_(frame), scale_(frame.width / width) {
  corner_ = {centre.x - width / 2, centre.y + frame.height / scale_ / 2};
}

void Canvas::Clear(Colour colour) {
  for (size_t i = 0; i < frame_.pixels.size(); i += 3) {
    frame_.pixels[i] = colour.red;
    frame_.pixels[i + 1] = colour.green;
    frame_.pixels[i + 2] = colour.blue;
  }
}

void Canvas::Disc(Point centre, double radius, Colour colour) {
  Fill(
      {centre.x - radius, centre.y - radius},
      {centre.x + radius, centre.y + radius},
      [=](Point p) {
        return std::hypot(p.x - centre.x, p.y - centre.y) - radius;
      },
      colour);
}

void Canvas::Rod(Point from, Point to, double thickness, Colour colour) {
  const double dx = to.x - from.x;
  const double dy = to.y - from.y;
  const double square = dx * dx + dy * dy;
  const double radius = thickness / 2;
  Fill(
      {std::min(from.x, to.x) - radius, std::min(from.y, to.y) - radius},
      {std::max(from.x, to.x) + radius, std::max(from.y, to.y) + radius},
      [=](Point p) {
        const double along =
            square > 0 ? ((p.x - from.x) * dx + (p.y - from.y) * dy) / square
                       : 0;
        const double t = std::clamp(along, 0.0, 1.0);
        return std::hypot(p.x - from.x - t * dx, p.y - from.y - t * dy) -
               radius;
      },
      colour);
}

void Canvas::Box(Point low, Point high, Colour colour) {
  Fill(
      low, high,
      [=](Point p) {
        return std::max({low.x - p.x, p.x - high.x, low.y - p.y, p.y - high.y});
      },
      colour);
}

void Canvas::Path(std::span<const Point> points, double thickness,
                  Colour colour) {
  for (size_t i = 1; i < points.size(); ++i) {
    Rod(points[i - 1], points[i], thickness, colour);
  }
}

void Canvas::Fill(Point low, Point high,
                  const std::function<double(Point)>& distance, Colour colour) {
  const auto within = [](double pixel, int size) {
    return static_cast<int>(std::clamp(pixel, 0.0, static_cast<double>(size)));
  };
  const int left = within((low.x - corner_.x) * scale_ - 1, frame_.width);
  const int right = within((high.x - corner_.x) * scale_ + 2, frame_.width);
  const int top = within((corner_.y - high.y) * scale_ - 1, frame_.height);
  const int bottom = within((corner_.y - low.y) * scale_ + 2, frame_.height);
  for (int row = top; row < bottom; ++row) {
    for (int column = left; column < right; ++column) {
      const Point centre = {corner_.x + (column + 0.5) / scale_,
                            corner_.y - (row + 0.5) / scale_};
      const double cover =
          std::clamp(0.5 - distance(centre) * scale_, 0.0, 1.0);
      if (cover == 0) continue;
      uint8_t* const pixel =
          &frame_.pixels[(static_cast<size_t>(row) *
                              static_cast<size_t>(frame_.width) +
                          static_cast<size_t>(column)) *
                         3];
      pixel[0] = Blend(pixel[0], colour.red, cover);
      pixel[1] = Blend(pixel[1], colour.green, cover);
      pixel[2] = Blend(pixel[2], colour.blue, cover);
    }
  }
}

}  // namespace softfleet
