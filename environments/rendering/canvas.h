// SPDX-License-Identifier: Apache-2.0
// Draws plain shapes with smooth edges: what the environments without a 3-D
// model are shown with. World coordinates, y upwards; one unit is as long in x
// as in y. Not thread-safe.
#ifndef SOFTFLEET_ENVIRONMENTS_RENDERING_CANVAS_H_
#define SOFTFLEET_ENVIRONMENTS_RENDERING_CANVAS_H_

#include <cstdint>
#include <functional>
#include <span>

#include "environments/point.h"
#include "environments/rendering/frame.h"

namespace softfleet {

struct Colour {
  uint8_t red = 0;
  uint8_t green = 0;
  uint8_t blue = 0;
};

class Canvas {
 public:
  // Shows `width` units of the world around `centre` across the frame, which
  // has its size already and must outlive the canvas.
  Canvas(Frame& frame, Point centre, double width);

  void Clear(Colour colour);
  void Disc(Point centre, double radius, Colour colour);
  // A line of some thickness with round ends.
  void Rod(Point from, Point to, double thickness, Colour colour);
  // An upright rectangle.
  void Box(Point low, Point high, Colour colour);
  // Joined rods.
  void Path(std::span<const Point> points, double thickness, Colour colour);

 private:
  // Covers the pixels within the world's box [low, high] by how far inside
  // `distance` (negative inside, in units) says they are.
  void Fill(Point low, Point high, const std::function<double(Point)>& distance,
            Colour colour);

  Frame& frame_;
  Point corner_;  // the frame's upper left, in the world
  double scale_;  // pixels per unit
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_RENDERING_CANVAS_H_
