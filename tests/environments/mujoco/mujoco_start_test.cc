// SPDX-License-Identifier: Apache-2.0
// The distributions of starts, from many seeds: moments and bounds within their
// statistical errors, coordinate by coordinate.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/environments/mujoco/mujoco_fixture.h"

namespace softfleet {
namespace {

using testing::MakeMujoco;

constexpr int kStarts = 4000;
// Standard errors; 13 environments of up to 47 coordinates each are looked at.
constexpr double kErrors = 5;

struct Moments {
  double mean = 0, variance = 0, lowest = 0, highest = 0;
};

Moments Describe(const std::vector<double>& values) {
  Moments m;
  for (const double x : values) m.mean += x / values.size();
  for (const double x : values) {
    m.variance += (x - m.mean) * (x - m.mean) / values.size();
  }
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  m.lowest = *low;
  m.highest = *high;
  return m;
}

// Coordinate by coordinate, the values at many starts.
std::vector<std::vector<double>> DrawStarts(const std::string& name) {
  const auto environment = MakeMujoco(name);
  std::vector<std::vector<double>> coordinates;
  for (uint64_t seed = 0; seed < kStarts; ++seed) {
    EXPECT_TRUE(environment->Reset(seed).ok());
    const std::vector<double> state = environment->state();
    coordinates.resize(state.size());
    for (size_t i = 0; i < state.size(); ++i)
      coordinates[i].push_back(state[i]);
  }
  return coordinates;
}

// Uniform in [low, high): variance (high - low)^2 / 12, fourth moment 9/5 of
// its square.
void ExpectUniform(const std::vector<double>& values, double low, double high) {
  const Moments m = Describe(values);
  const double variance = (high - low) * (high - low) / 12;
  EXPECT_NEAR(m.mean, (low + high) / 2,
              kErrors * std::sqrt(variance / kStarts));
  EXPECT_NEAR(m.variance, variance,
              kErrors * variance * std::sqrt(0.8 / kStarts));
  EXPECT_GE(m.lowest, low);
  EXPECT_LT(m.highest, high);
  EXPECT_LT(m.lowest, low + 0.01 * (high - low));
  EXPECT_GT(m.highest, high - 0.01 * (high - low));
}

void ExpectNormal(const std::vector<double>& values, double deviation) {
  const Moments m = Describe(values);
  const double variance = deviation * deviation;
  EXPECT_NEAR(m.mean, 0, kErrors * deviation / std::sqrt(kStarts));
  EXPECT_NEAR(m.variance, variance,
              kErrors * variance * std::sqrt(2.0 / kStarts));
  // Beyond three deviations: 0.27 %.
  const auto far = std::ranges::count_if(
      values, [&](double x) { return std::abs(x) > 3 * deviation; });
  EXPECT_NEAR(static_cast<double>(far), 0.0027 * kStarts, kErrors * 3.3);
}

void ExpectConstant(const std::vector<double>& values, double value) {
  EXPECT_EQ(Describe(values).lowest, value);
  EXPECT_EQ(Describe(values).highest, value);
}

TEST(MujocoStart, NoiseIsUniformOrNormalAsGymnasiums) {
  const struct {
    const char* name;
    double scale;
    bool normal_velocity;
  } environments[] = {
      {"HalfCheetah-v5", 0.1, true},
      {"Ant-v5", 0.1, true},
      {"Hopper-v5", 0.005, false},
      {"Walker2d-v5", 0.005, false},
      {"Humanoid-v5", 0.01, false},
      {"HumanoidStandup-v5", 0.01, false},
      {"Swimmer-v5", 0.1, false},
      {"InvertedPendulum-v5", 0.01, false},
      {"InvertedDoublePendulum-v5", 0.1, true},
  };
  for (const auto& [name, scale, normal_velocity] : environments) {
    const auto environment = MakeMujoco(name);
    const mjModel& model = environment->model();
    const auto starts = DrawStarts(name);
    for (int i = 0; i < model.nq + model.nv; ++i) {
      SCOPED_TRACE(absl::StrCat(name, " coordinate ", i));
      if (i < model.nq) {
        const double middle = model.qpos0[i];
        ExpectUniform(starts[i], middle - scale, middle + scale);
      } else if (normal_velocity) {
        ExpectNormal(starts[i], scale);
      } else {
        ExpectUniform(starts[i], -scale, scale);
      }
    }
  }
}

TEST(MujocoStart, ReachTargetsAreUniformInTheDisc) {
  for (const char* const name : {"Reacher-v5", "SparseReach-v0"}) {
    SCOPED_TRACE(name);
    const auto starts = DrawStarts(name);
    ExpectUniform(starts[0], -0.1, 0.1);
    ExpectUniform(starts[1], -0.1, 0.1);
    std::vector<double> squares, angles;
    for (int k = 0; k < kStarts; ++k) {
      squares.push_back(starts[2][k] * starts[2][k] +
                        starts[3][k] * starts[3][k]);
      angles.push_back(std::atan2(starts[3][k], starts[2][k]));
    }
    ExpectUniform(squares, 0, 0.04);
    ExpectUniform(angles, -M_PI, M_PI);
    ExpectUniform(starts[4], -0.005, 0.005);
    ExpectUniform(starts[5], -0.005, 0.005);
    ExpectConstant(starts[6], 0);
    ExpectConstant(starts[7], 0);
  }
}

TEST(MujocoStart, ThePushersObjectIsFarFromTheGoal) {
  const auto starts = DrawStarts("Pusher-v5");
  double lowest = 1;
  for (int k = 0; k < kStarts; ++k) {
    const double x = starts[7][k];
    const double y = starts[8][k];
    EXPECT_TRUE(-0.3 <= x && x <= 0 && -0.2 <= y && y < 0.2);
    lowest = std::min(lowest, std::hypot(x, y));
  }
  EXPECT_GT(lowest, 0.17);
  EXPECT_LT(lowest, 0.175);
  for (int i = 0; i < 7; ++i) {
    ExpectConstant(starts[i], 0);
    ExpectUniform(starts[11 + i], -0.005, 0.005);
  }
  for (int i = 0; i < 2; ++i) ExpectConstant(starts[9 + i], 0);
  for (int i = 0; i < 4; ++i) ExpectConstant(starts[18 + i], 0);
}

}  // namespace
}  // namespace softfleet
