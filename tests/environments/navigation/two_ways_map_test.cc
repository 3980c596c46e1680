// SPDX-License-Identifier: Apache-2.0
// The map's geometry against brute force on the drawing in its header.
#include "environments/navigation/two_ways_map.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/philox.h"
#include "gtest/gtest.h"

namespace softfleet {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

const std::vector<std::string> kDrawing = {
    "....TT....",  //  3
    "....##....",  //  2
    "....##....",  //  1
    "SS..##..G.",  //  0
    "....##....",  // -1
    "....BB....",  // -2
    "....##....",  // -3
    "....##....",  // -4
};

char Drawn(int x, int y) {
  if (x < -5 || x >= 5 || y < -4 || y >= 4) return '#';
  return kDrawing[static_cast<size_t>(3 - y)][static_cast<size_t>(x + 5)];
}

bool DrawnFree(int x, int y) { return Drawn(x, y) != '#'; }

struct Blocked {
  bool tunnel = false;
  bool bridge = false;
};

TwoWaysMap MapWith(Blocked blocked) {
  TwoWaysMap map;
  map.SetBlocked(Way::kTunnel, blocked.tunnel);
  map.SetBlocked(Way::kBridge, blocked.bridge);
  return map;
}

// A piece of wall that stops whoever comes from `side` (-1: from below or from
// the left) at `at`, between `low` and `high` of the other coordinate.
struct Wall {
  double at, low, high;
  int side;
};

// Every wall across x (or across y) of the drawing.
std::vector<Wall> WallsAcross(bool x, Blocked blocked) {
  std::vector<Wall> walls;
  for (int a = -6; a < 6; ++a) {
    for (int b = -6; b < 6; ++b) {
      const bool here = x ? DrawnFree(a, b) : DrawnFree(b, a);
      const bool next = x ? DrawnFree(a + 1, b) : DrawnFree(b, a + 1);
      const char way = x && a + 1 == 0 && here && next ? Drawn(a, b) : '.';
      const bool gate =
          (way == 'T' && blocked.tunnel) || (way == 'B' && blocked.bridge);
      const Wall wall = {a + 1.0, 1.0 * b, b + 1.0, -1};
      if (here && (!next || gate)) walls.push_back(wall);
      if (next && (!here || gate)) {
        walls.push_back({wall.at, wall.low, wall.high, 1});
      }
    }
  }
  return walls;
}

// The part of the way after which the first of the walls is met, or 1.
double FirstHit(const std::vector<Wall>& walls, double at, double by,
                double other, double other_by) {
  double first = 1;
  for (const Wall& wall : walls) {
    if (by * wall.side >= 0 || (wall.at - at) * wall.side > 0) continue;
    const double part = (wall.at - at) / by;
    const double where = other + part * other_by;
    if (where >= wall.low && where <= wall.high) first = std::min(first, part);
  }
  return first;
}

// As TwoWaysMap::Move, by looking for the first of all walls that is hit. It
// keeps a hair's breadth away from walls.
Point MoveSlowly(Point at, Point by, Blocked blocked) {
  constexpr double kHair = 1e-9;
  const std::vector<Wall> across_x = WallsAcross(true, blocked);
  const std::vector<Wall> across_y = WallsAcross(false, blocked);
  while (true) {
    const double part_x = FirstHit(across_x, at.x, by.x, at.y, by.y);
    const double part_y = FirstHit(across_y, at.y, by.y, at.x, by.x);
    const double part = std::min(part_x, part_y);
    at = {at.x + part * by.x, at.y + part * by.y};
    if (part >= 1) return at;
    by = {(1 - part) * by.x, (1 - part) * by.y};
    if (part_x <= part_y) {
      at.x -= std::copysign(kHair, by.x);
      by.x = 0;
    } else {
      at.y -= std::copysign(kHair, by.y);
      by.y = 0;
    }
  }
}

class Draw {
 public:
  explicit Draw(uint64_t seed) : random_(seed, Purpose::kTest) {}

  double Between(double low, double high) {
    return low + (high - low) * random_.NextUniform();
  }
  Point FreePoint() {
    while (true) {
      const Point point = {Between(-5, 5), Between(-4, 4)};
      if (DrawnFree(static_cast<int>(std::floor(point.x)),
                    static_cast<int>(std::floor(point.y)))) {
        return point;
      }
    }
  }
  // In any direction, over lengths of every order of magnitude up to `most`.
  Point Displacement(double most) {
    const double length = most * std::pow(10, Between(-8, 0));
    const double angle = Between(-M_PI, M_PI);
    return {length * std::cos(angle), length * std::sin(angle)};
  }
  Blocked Ways() {
    return {random_.NextBelow(2) == 0, random_.NextBelow(2) == 0};
  }
  bool Sometimes() { return random_.NextBelow(3) == 0; }

 private:
  Philox random_;
};

TEST(TwoWaysMap, IsWhatItsHeaderDraws) {
  for (int x = -8; x < 8; ++x) {
    for (int y = -8; y < 8; ++y) {
      const Cell cell = {x, y};
      const char drawn = Drawn(x, y);
      EXPECT_EQ(TwoWaysMap::IsFree(cell), drawn != '#') << x << ", " << y;
      EXPECT_EQ(TwoWaysMap::WayOf(cell) == Way::kTunnel, drawn == 'T');
      EXPECT_EQ(TwoWaysMap::WayOf(cell) == Way::kBridge, drawn == 'B');
      EXPECT_EQ(std::ranges::count(TwoWaysMap::kStart, cell), drawn == 'S');
      EXPECT_EQ(TwoWaysMap::CellOf(TwoWaysMap::kGoal) == cell, drawn == 'G');
    }
  }
}

TEST(TwoWaysMap, AMotionEndsWhereTheFirstWallsLetIt) {
  constexpr uint64_t kSeed = 1;
  Draw draw(kSeed);
  for (int i = 0; i < 20000; ++i) {
    const Blocked blocked = draw.Ways();
    const Point from = draw.FreePoint();
    const Point by = draw.Displacement(30);
    const Point got = MapWith(blocked).Move(from, by).to;
    const Point wanted = MoveSlowly(from, by, blocked);
    ASSERT_NEAR(got.x, wanted.x, 1e-6) << "seed " << kSeed << ", case " << i;
    ASSERT_NEAR(got.y, wanted.y, 1e-6) << "seed " << kSeed << ", case " << i;
  }
}

// Also from the very sides and corners of cells, and at absurd speeds.
TEST(TwoWaysMap, NothingPassesAWall) {
  constexpr uint64_t kSeed = 2;
  Draw draw(kSeed);
  for (int i = 0; i < 100000; ++i) {
    const Blocked blocked = draw.Ways();
    const TwoWaysMap map = MapWith(blocked);
    Point at = draw.FreePoint();
    if (draw.Sometimes()) at.x = std::floor(at.x);
    if (draw.Sometimes()) at.y = std::floor(at.y);
    for (int step = 0; step < 5; ++step) {
      const Point before = at;
      const Point by = draw.Displacement(draw.Sometimes() ? 1e12 : 3);
      const TwoWaysMap::Motion motion = map.Move(at, by);
      at = motion.to;
      ASSERT_TRUE(TwoWaysMap::IsFree(TwoWaysMap::CellOf(at)))
          << at.x << ", " << at.y << ", seed " << kSeed << ", case " << i;
      ASSERT_EQ(motion.crossed.has_value(), (before.x < 0) != (at.x < 0));
      ASSERT_FALSE(motion.crossed == Way::kTunnel && blocked.tunnel);
      ASSERT_FALSE(motion.crossed == Way::kBridge && blocked.bridge);
      if (!motion.hit_x && !motion.hit_y) {
        ASSERT_NEAR(at.x, before.x + by.x, 1e-14);
        ASSERT_NEAR(at.y, before.y + by.y, 1e-14);
      }
    }
  }
}

TEST(TwoWaysMap, AStopNamesItsDirectionAndSlidesAlong) {
  const TwoWaysMap map;
  const TwoWaysMap::Motion river = map.Move({-1.5, 0.25}, {1, 0.5});
  EXPECT_TRUE(river.hit_x);
  EXPECT_FALSE(river.hit_y);
  EXPECT_EQ(river.to.x, std::nextafter(-1.0, -2.0));
  EXPECT_NEAR(river.to.y, 0.75, 1e-15);
  const TwoWaysMap::Motion corner = map.Move({-4.5, -3.5}, {-9, -9});
  EXPECT_TRUE(corner.hit_x && corner.hit_y);
  EXPECT_EQ(corner.to, (Point{-5, -4}));
}

TEST(TwoWaysMap, AWayIsNoticedWhereItIsTaken) {
  const TwoWaysMap map;
  EXPECT_EQ(map.Move({-1.5, 3.5}, {3, 0}).crossed, Way::kTunnel);
  EXPECT_EQ(map.Move({1.5, -1.5}, {-3, 0}).crossed, Way::kBridge);
  EXPECT_EQ(map.Move({-1.5, 3.5}, {1.4, 0}).crossed, std::nullopt);
}

// The shortest path from left to right through a row, over a fine choice of
// where it enters and leaves.
double SampledThrough(int row, Point left, Point right) {
  constexpr int kSamples = 400;
  double shortest = kInfinity;
  for (int i = 0; i <= kSamples; ++i) {
    const double enter = row + 1.0 * i / kSamples;
    for (int j = 0; j <= kSamples; ++j) {
      const double leave = row + 1.0 * j / kSamples;
      shortest =
          std::min(shortest, std::hypot(left.x + 1, left.y - enter) +
                                 std::hypot(2.0, leave - enter) +
                                 std::hypot(right.x - 1, right.y - leave));
    }
  }
  return shortest;
}

TEST(ShortestPaths, AreTheShortestOfAllSampledPaths) {
  Draw draw(3);
  for (int i = 0; i < 100; ++i) {
    const Point left = {draw.Between(-5, -1), draw.Between(-4, 4)};
    const Point right = {draw.Between(1, 5), draw.Between(-4, 4)};
    const double sampled = std::min(SampledThrough(3, left, right),
                                    SampledThrough(-2, left, right));
    for (const double exact : {ShortestPaths(right).LengthFrom(left),
                               ShortestPaths(left).LengthFrom(right)}) {
      EXPECT_LE(exact, sampled + 1e-12);
      EXPECT_NEAR(exact, sampled, 1e-4);
    }
  }
}

TEST(ShortestPaths, AreStraightOnOneBankAndContinuousEverywhere) {
  Draw draw(4);
  for (int i = 0; i < 10000; ++i) {
    const ShortestPaths paths(draw.FreePoint());
    const Point from = draw.FreePoint();
    const Point to = TwoWaysMap().Move(from, draw.Displacement(0.1)).to;
    const double moved = std::hypot(to.x - from.x, to.y - from.y);
    EXPECT_LE(std::abs(paths.LengthFrom(from) - paths.LengthFrom(to)),
              2 * moved + 1e-12);  // 2: it may have gone round a corner
  }
  EXPECT_EQ(ShortestPaths({-4, 3}).LengthFrom({-4, -2}), 5);
  EXPECT_EQ(ShortestPaths({4, 3}).LengthFrom({1, -1}), 5);
}

TEST(ShortestPaths, AreAsLongAsTheMapsHeaderSays) {
  const Point start = {-4, 0.5};
  EXPECT_NEAR(ShortestPaths(TwoWaysMap::kGoal).LengthFrom(start), 8.27, 0.005);
  EXPECT_NEAR(SampledThrough(3, start, TwoWaysMap::kGoal), 9.44, 0.005);
  EXPECT_NEAR(SampledThrough(-2, start, TwoWaysMap::kGoal), 8.27, 0.005);
}

}  // namespace
}  // namespace softfleet
