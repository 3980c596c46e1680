// SPDX-License-Identifier: Apache-2.0
#include "environments/rendering/drawings.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "environments/classic/classic_control.h"
#include "environments/navigation/navigation.h"
#include "environments/rendering/canvas.h"

namespace softfleet {
namespace {

constexpr Colour kPaper = {250, 250, 250};
constexpr Colour kInk = {60, 64, 72};
constexpr Colour kFirst = {204, 119, 34};
constexpr Colour kSecond = {52, 112, 180};
constexpr Colour kGoal = {58, 146, 84};
constexpr Colour kStart = {226, 229, 234};
constexpr Colour kGate = {196, 48, 48};

// `length` away at `angle`, which is 0 upwards and grows anticlockwise.
Point Away(Point from, double angle, double length) {
  return {from.x - length * std::sin(angle), from.y + length * std::cos(angle)};
}

void DrawPendulum(const Environment& environment, Frame& frame) {
  const double theta = environment.state()[0];
  Canvas canvas(frame, {0, 0}, 3.2);
  canvas.Clear(kPaper);
  canvas.Rod({0, 0}, Away({0, 0}, theta, 1), 0.2, kFirst);
  canvas.Disc({0, 0}, 0.05, kInk);
}

// The track is as wide as an episode may go: +-2.4 m.
void DrawCartPole(const Environment& environment, Frame& frame) {
  const std::vector<double> state = environment.state();
  const double x = state[0];
  Canvas canvas(frame, {0, 0.8}, 5.2);
  canvas.Clear(kPaper);
  canvas.Rod({-2.4, 0}, {2.4, 0}, 0.02, kInk);
  canvas.Box({x - 0.25, -0.12}, {x + 0.25, 0.12}, kInk);
  canvas.Rod({x, 0.12}, Away({x, 0.12}, -state[2], 1), 0.1, kFirst);
  canvas.Disc({x, 0.12}, 0.05, kSecond);
}

double HillHeight(double x) { return std::sin(3 * x) * 0.45 + 0.55; }

// The same hills for both kinds of action; the flag is where the goal begins.
void DrawMountainCar(double goal, const Environment& environment,
                     Frame& frame) {
  constexpr double kLeft = -1.2, kRight = 0.6;
  const double x = environment.state()[0];
  std::vector<Point> hills;
  for (int i = 0; i <= 90; ++i) {
    const double at = kLeft + (kRight - kLeft) * i / 90;
    hills.push_back({at, HillHeight(at)});
  }
  const double slope = std::atan(3 * 0.45 * std::cos(3 * x));
  const Point middle = Away({x, HillHeight(x)}, slope, 0.05);
  const Point reach = {0.05 * std::cos(slope), 0.05 * std::sin(slope)};
  const Point flag = {goal, HillHeight(goal)};
  Canvas canvas(frame, {(kLeft + kRight) / 2, 0.6}, 1.9);
  canvas.Clear(kPaper);
  canvas.Path(hills, 0.01, kInk);
  canvas.Rod(flag, {flag.x, flag.y + 0.2}, 0.012, kGoal);
  canvas.Box({flag.x, flag.y + 0.13}, {flag.x + 0.1, flag.y + 0.2}, kGoal);
  canvas.Rod({middle.x - reach.x, middle.y - reach.y},
             {middle.x + reach.x, middle.y + reach.y}, 0.06, kFirst);
}

void DrawMountainCarDiscrete(const Environment& environment, Frame& frame) {
  DrawMountainCar(0.5, environment, frame);
}

void DrawMountainCarContinuous(const Environment& environment, Frame& frame) {
  DrawMountainCar(0.45, environment, frame);
}

// Two links of 1 m; the tip has to come above the line at 1 m. Angles are from
// hanging down, the second's from the first.
void DrawAcrobot(const Environment& environment, Frame& frame) {
  const std::vector<double> state = environment.state();
  const Point elbow = Away({0, 0}, state[0] + M_PI, 1);
  const Point tip = Away(elbow, state[0] + state[1] + M_PI, 1);
  Canvas canvas(frame, {0, 0}, 6);
  canvas.Clear(kPaper);
  canvas.Rod({-2.2, 1}, {2.2, 1}, 0.02, kGoal);
  canvas.Rod({0, 0}, elbow, 0.2, kFirst);
  canvas.Rod(elbow, tip, 0.2, kSecond);
  canvas.Disc({0, 0}, 0.06, kInk);
  canvas.Disc(elbow, 0.06, kInk);
}

// Leaves a thin line between cells: they show how far a metre is.
void DrawCell(Cell cell, Colour colour, Canvas& canvas) {
  constexpr double kGap = 0.01;
  canvas.Box({cell.x + kGap, cell.y + kGap},
             {cell.x + 1 - kGap, cell.y + 1 - kGap}, colour);
}

// A gate stands where a way is blocked, at x = 0.
void DrawGate(const TwoWaysMap& map, int row, Canvas& canvas) {
  if (!TwoWaysMap::IsFree({0, row}) || map.IsOpen({-1, row}, {0, row})) return;
  canvas.Box({-0.1, static_cast<double>(row)}, {0.1, row + 1.0}, kGate);
}

// Land is bright; what nothing can enter, the map's surroundings too, is dark.
void DrawNavigation(const Environment& environment, Frame& frame) {
  const auto& navigation =
      static_cast<const Navigation&>(environment.innermost());
  Canvas canvas(frame, {0, 0},
                std::max(10.4, 8.4 * frame.width / frame.height));
  canvas.Clear(kInk);
  for (int x = TwoWaysMap::kLeft; x < TwoWaysMap::kRight; ++x) {
    for (int y = TwoWaysMap::kBottom; y < TwoWaysMap::kTop; ++y) {
      if (TwoWaysMap::IsFree({x, y})) DrawCell({x, y}, kPaper, canvas);
    }
  }
  for (const Cell start : TwoWaysMap::kStart) DrawCell(start, kStart, canvas);
  for (int y = TwoWaysMap::kBottom; y < TwoWaysMap::kTop; ++y) {
    DrawGate(navigation.map(), y, canvas);
  }
  canvas.Disc(navigation.goal(), 0.5, kGoal);
  canvas.Disc(navigation.position(), 0.25, kFirst);
}

struct Entry {
  const char* name;
  Drawing drawing;
};

constexpr Entry kDrawings[] = {
    {"Acrobot-v1", DrawAcrobot},
    {"CartPole-v1", DrawCartPole},
    {"MountainCar-v0", DrawMountainCarDiscrete},
    {"MountainCarContinuous-v0", DrawMountainCarContinuous},
    {"Pendulum-v1", DrawPendulum},
};

}  // namespace

// Somebody's own environment may have the name of one that is built in.
Drawing FindDrawing(const Environment& environment) {
  const Environment& inner = environment.innermost();
  if (dynamic_cast<const Navigation*>(&inner)) return DrawNavigation;
  if (dynamic_cast<const ClassicControl*>(&inner) == nullptr) return nullptr;
  for (const Entry& entry : kDrawings) {
    if (inner.spec().name == entry.name) return entry.drawing;
  }
  return nullptr;
}

}  // namespace softfleet
