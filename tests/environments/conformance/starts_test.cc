// SPDX-License-Identifier: Apache-2.0
// Where episodes start, of environments whose starts are uniform.
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "environments/registry.h"
#include "gtest/gtest.h"

namespace softfleet {
namespace {

// Ends of the uniform start distribution of every state element.
using Range = std::pair<double, double>;
const std::map<std::string, std::vector<Range>>& StartRanges() {
  static const auto* const ranges =
      new std::map<std::string, std::vector<Range>>{
          {"Acrobot-v1", std::vector<Range>(4, {-0.1, 0.1})},
          {"CartPole-v1", std::vector<Range>(4, {-0.05, 0.05})},
          {"MountainCar-v0", {{-0.6, -0.4}, {0, 0}}},
          {"MountainCarContinuous-v0", {{-0.6, -0.4}, {0, 0}}},
          {"Pendulum-v1", {{-M_PI, M_PI}, {-1, 1}}},
          {"PointMass-v0", {{-5, -3}, {0, 1}, {0, 0}, {0, 0}}},
      };
  return *ranges;
}

// Of a uniform distribution on [-1, 1): mean 0 with variance 1/3, mean square
// 1/3 with variance 4/45.
void ExpectUniformStarts(const std::string& name,
                         const std::vector<Range>& ranges) {
  constexpr int kStarts = 10000;
  constexpr double kRounding = 1e-7;  // Acrobot's starts are float32
  EnvironmentOptions options;
  options.name = name;
  const auto environment = MakeEnvironment(options).value();
  std::vector<double> sum(ranges.size());
  std::vector<double> squares(ranges.size());
  for (uint64_t seed = 0; seed < kStarts; ++seed) {
    ASSERT_TRUE(environment->Reset(seed).ok());
    const std::vector<double> state = environment->state();
    ASSERT_EQ(state.size(), ranges.size());
    for (size_t i = 0; i < state.size(); ++i) {
      const auto [low, high] = ranges[i];
      const double u = (2 * state[i] - low - high) / std::max(high - low, 1e-9);
      ASSERT_LE(std::abs(u), 1 + kRounding);
      sum[i] += u;
      squares[i] += u * u;
    }
  }
  for (size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].first == ranges[i].second) continue;  // always the same
    EXPECT_NEAR(sum[i] / kStarts, 0, 4 * std::sqrt(1.0 / 3 / kStarts));
    EXPECT_NEAR(squares[i] / kStarts, 1.0 / 3,
                4 * std::sqrt(4.0 / 45 / kStarts));
  }
}

TEST(Starts, AreUniformWithinTheirRanges) {
  for (const auto& [name, ranges] : StartRanges()) {
    SCOPED_TRACE(name);
    ExpectUniformStarts(name, ranges);
  }
}

}  // namespace
}  // namespace softfleet
