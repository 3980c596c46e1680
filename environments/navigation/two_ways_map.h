// SPDX-License-Identifier: Apache-2.0
// Where PointMass-v0 and PointMassGrid-v0 take place: two banks, between them a
// mountain and a river that nothing can enter, and two ways to the other bank.
// Either way can be blocked by a gate at its middle, x = 0.
//
//    y = 3  . . . . T T . . . .     . bank        T tunnel
//        2  . . . . # # . . . .     S start       B bridge
//        1  . . . . # # . . . .     G goal        # mountain, river
//        0  S S . . # # . . G .
//       -1  . . . . # # . . . .     A letter is a cell of 1 m by 1 m; x and y
//       -2  . . . . B B . . . .     are its lower left corner's, so the map is
//       -3  . . . . # # . . . .     x in [-5, 5), y in [-4, 4) m.
//       -4  . . . . # # . . . .
//    x =   -5-4-3-2-1 0 1 2 3 4
//
// From the middle of the start, (-4, 0.5), to the goal, (3.5, 0.5), it is 8.27
// m over the bridge and 9.44 m through the tunnel; from cell to cell it is 11
// and 13 moves, one more from the start's left cell. Thread-safe: values.
#ifndef SOFTFLEET_ENVIRONMENTS_NAVIGATION_TWO_WAYS_MAP_H_
#define SOFTFLEET_ENVIRONMENTS_NAVIGATION_TWO_WAYS_MAP_H_

#include <array>
#include <cstddef>
#include <optional>

#include "environments/point.h"

namespace softfleet {

struct Cell {  // by its lower left corner, m
  int x = 0;
  int y = 0;
  bool operator==(const Cell&) const = default;
};

enum class Way { kTunnel, kBridge };
inline constexpr size_t kWays = 2;

class TwoWaysMap {
 public:
  static constexpr int kLeft = -5, kRight = 5, kBottom = -4, kTop = 4;
  static constexpr std::array<Cell, 2> kStart = {{{-5, 0}, {-4, 0}}};
  static constexpr Point kGoal = {3.5, 0.5};

  // Of any point, also outside of the map.
  static Cell CellOf(Point point);
  static bool IsBank(Cell cell);
  static std::optional<Way> WayOf(Cell cell);
  static bool IsFree(Cell cell) { return IsBank(cell) || WayOf(cell); }

  void SetBlocked(Way way, bool blocked);

  // Whether nothing is between two neighbouring cells, the first one free.
  bool IsOpen(Cell from, Cell to) const;
  // The way that leads through its middle from one of these cells to the other.
  static std::optional<Way> Crossing(Cell from, Cell to);

  struct Motion {
    Point to;
    // What stopped it in that direction.
    bool hit_x = false;
    bool hit_y = false;
    std::optional<Way> crossed;
  };
  // The straight line from a free point; at a wall, edge or gate what is left
  // of it goes on along that. Exact however long it is, since it goes from cell
  // to cell. A point that was stopped at the upper end of its cell has the last
  // number below it, so CellOf is always a free cell.
  Motion Move(Point from, Point by) const;

 private:
  std::array<bool, kWays> blocked_ = {};
};

// Lengths of the shortest paths to one goal, as if no way were blocked. Exact:
// such a path turns at corners of the ways only.
class ShortestPaths {
 public:
  static constexpr size_t kCorners = 4 * kWays;

  explicit ShortestPaths(Point goal);
  // From a free point, m.
  double LengthFrom(Point point) const;

 private:
  Point goal_;
  std::array<double, kCorners> from_corner_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_NAVIGATION_TWO_WAYS_MAP_H_
