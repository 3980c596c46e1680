// SPDX-License-Identifier: Apache-2.0
#include "environments/navigation/two_ways_map.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace softfleet {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// What is between the banks, and the row of each way through it.
constexpr int kBarrierLeft = -1, kBarrierRight = 1;
constexpr std::array<int, kWays> kRow = {3, -2};

size_t Index(Way way) { return static_cast<size_t>(way); }

int Sign(double x) { return x > 0 ? 1 : -1; }

// The part of a displacement after which a coordinate leaves its cell.
double PartWithinCell(double at, double by) {
  if (by > 0) return (std::floor(at) + 1 - at) / by;
  if (by < 0) return (std::floor(at) - at) / by;
  return kInfinity;
}

// `at + by`, but not beyond its cell, whatever the rounding.
double StayWithinCell(double at, double by) {
  const double low = std::floor(at);
  return std::clamp(at + by, low, std::nextafter(low + 1, low));
}

// Leaves the cell, or stops at its side.
double GoToSide(double at, double by, bool leave) {
  const double side = by > 0 ? std::floor(at) + 1 : std::floor(at);
  return (by > 0) == leave ? side : std::nextafter(side, -kInfinity);
}

double Length(Point a, Point b) {
  const double x = a.x - b.x, y = a.y - b.y;
  return std::sqrt(x * x + y * y);
}

// Where the line from a to b, or its prolongation, is at x.
double HeightAt(Point a, Point b, double x) {
  return a.x == b.x ? a.y : a.y + (x - a.x) * (b.y - a.y) / (b.x - a.x);
}

// Whether the straight line between two free points meets no wall; it may
// touch one.
bool IsStraight(Point a, Point b) {
  if (a.x > b.x) std::swap(a, b);
  if (b.x <= kBarrierLeft || a.x >= kBarrierRight) return true;
  // Its ends between the banks.
  const double y0 = a.x >= kBarrierLeft ? a.y : HeightAt(a, b, kBarrierLeft);
  const double y1 = b.x <= kBarrierRight ? b.y : HeightAt(a, b, kBarrierRight);
  return std::ranges::any_of(kRow, [&](int row) {
    return std::min(y0, y1) >= row && std::max(y0, y1) <= row + 1;
  });
}

Point Corner(size_t i) {
  const int row = kRow[i / 4];
  return {static_cast<double>(i % 2 == 0 ? kBarrierLeft : kBarrierRight),
          static_cast<double>(i / 2 % 2 == 0 ? row : row + 1)};
}

}  // namespace

Cell TwoWaysMap::CellOf(Point point) {
  // Far outside is outside.
  const auto cell = [](double x) {
    return static_cast<int>(std::floor(std::clamp(x, -1e6, 1e6)));
  };
  return {cell(point.x), cell(point.y)};
}

bool TwoWaysMap::IsBank(Cell cell) {
  return cell.y >= kBottom && cell.y < kTop &&
         ((cell.x >= kLeft && cell.x < kBarrierLeft) ||
          (cell.x >= kBarrierRight && cell.x < kRight));
}

std::optional<Way> TwoWaysMap::WayOf(Cell cell) {
  if (cell.x < kBarrierLeft || cell.x >= kBarrierRight) return std::nullopt;
  for (const Way way : {Way::kTunnel, Way::kBridge}) {
    if (cell.y == kRow[Index(way)]) return way;
  }
  return std::nullopt;
}

void TwoWaysMap::SetBlocked(Way way, bool blocked) {
  blocked_[Index(way)] = blocked;
}

bool TwoWaysMap::IsOpen(Cell from, Cell to) const {
  if (!IsFree(to)) return false;
  const std::optional<Way> way = Crossing(from, to);
  return !way.has_value() || !blocked_[Index(*way)];
}

std::optional<Way> TwoWaysMap::Crossing(Cell from, Cell to) {
  if ((from.x < 0) == (to.x < 0)) return std::nullopt;
  return WayOf(to);
}

TwoWaysMap::Motion TwoWaysMap::Move(Point from, Point by) const {
  Motion motion;
  Point& at = motion.to;
  at = from;
  while (true) {
    const double part_x = PartWithinCell(at.x, by.x);
    const double part_y = PartWithinCell(at.y, by.y);
    const double part = std::min(part_x, part_y);
    if (part > 1) break;
    const Cell cell = CellOf(at);
    Cell next = cell;
    const bool along_x = part_x <= part_y;
    (along_x ? next.x += Sign(by.x) : next.y += Sign(by.y));
    const bool open = IsOpen(cell, next);
    if (open && Crossing(cell, next)) motion.crossed = Crossing(cell, next);
    at.x = along_x ? GoToSide(at.x, by.x, open)
                   : StayWithinCell(at.x, part * by.x);
    at.y = along_x ? StayWithinCell(at.y, part * by.y)
                   : GoToSide(at.y, by.y, open);
    by = {(1 - part) * by.x, (1 - part) * by.y};
    if (open) continue;
    (along_x ? motion.hit_x : motion.hit_y) = true;
    (along_x ? by.x : by.y) = 0;
  }
  at = {StayWithinCell(at.x, by.x), StayWithinCell(at.y, by.y)};
  return motion;
}

ShortestPaths::ShortestPaths(Point goal) : goal_(goal) {
  for (size_t i = 0; i < kCorners; ++i) {
    from_corner_[i] =
        IsStraight(Corner(i), goal) ? Length(Corner(i), goal) : kInfinity;
  }
  // A path turns at no more corners than there are.
  for (size_t turn = 0; turn < kCorners; ++turn) {
    for (size_t i = 0; i < kCorners; ++i) {
      from_corner_[i] = std::min(from_corner_[i], LengthFrom(Corner(i)));
    }
  }
}

double ShortestPaths::LengthFrom(Point point) const {
  if (IsStraight(point, goal_)) return Length(point, goal_);
  double shortest = kInfinity;
  for (size_t i = 0; i < kCorners; ++i) {
    if (!IsStraight(point, Corner(i))) continue;
    shortest = std::min(shortest, Length(point, Corner(i)) + from_corner_[i]);
  }
  return shortest;
}

}  // namespace softfleet
