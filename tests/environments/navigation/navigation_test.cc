// SPDX-License-Identifier: Apache-2.0
// PointMass-v0 and PointMassGrid-v0: that the task can be solved through either
// way, and only through those that are open.
#include "environments/navigation/navigation.h"

#include <array>
#include <cmath>
#include <cstring>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "environments/registry.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/observed.h"

namespace softfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

EnvironmentSetting Text(std::string name, std::string text) {
  EnvironmentSetting setting;
  setting.name = std::move(name);
  setting.text = std::move(text);
  return setting;
}

EnvironmentSetting Flag(std::string name) {
  EnvironmentSetting setting;
  setting.name = std::move(name);
  setting.flag = true;
  return setting;
}

EnvironmentSetting Number(std::string name, double number) {
  EnvironmentSetting setting;
  setting.name = std::move(name);
  setting.numbers = {number};
  return setting;
}

absl::StatusOr<std::unique_ptr<Environment>> TryMake(
    std::string name, std::vector<EnvironmentSetting> settings) {
  EnvironmentOptions options;
  options.name = std::move(name);
  options.settings = std::move(settings);
  return MakeEnvironment(options);
}

std::unique_ptr<Environment> Make(
    std::string name, std::vector<EnvironmentSetting> settings = {}) {
  return TryMake(std::move(name), std::move(settings)).value();
}

Physics Blocking(std::vector<std::string> ways) {
  Physics physics;
  physics.blocked = std::move(ways);
  return physics;
}

// What an episode came to.
struct Outcome {
  bool success = false;
  int steps = 0;
  std::map<std::string, double> rewards;  // sums of the components
};

void Add(const Environment& environment, const StepResult& result,
         Outcome& outcome) {
  ++outcome.steps;
  outcome.success = result.success;
  const auto& names = environment.spec().reward_components;
  for (size_t i = 0; i < names.size(); ++i) {
    outcome.rewards[names[i]] += result.reward_components[i];
  }
}

// Goes through the middle of a row to the goal, with forces that make the speed
// what it should be.
Outcome GoThroughRow(Environment& environment, double row) {
  Outcome outcome;
  std::deque<Point> stops = {
      {-1.5, row + 0.5}, {1.5, row + 0.5}, TwoWaysMap::kGoal};
  while (true) {
    const std::vector<double> state = environment.state();
    const Point to = {stops.front().x - state[0], stops.front().y - state[1]};
    const double distance = std::hypot(to.x, to.y);
    if (stops.size() > 1 && distance < 0.3) {
      stops.pop_front();
      continue;
    }
    const double speed = std::min(1.0, 2 * distance);
    const auto force = [&](double direction, double now) {
      return static_cast<float>(10 * (speed * direction / distance - now));
    };
    const StepResult result =
        environment
            .Step(std::array{force(to.x, state[2]), force(to.y, state[3])})
            .value();
    Add(environment, result, outcome);
    if (result.terminated || result.truncated) return outcome;
  }
}

constexpr double kTunnelRow = 3, kBridgeRow = -2;

TEST(PointMass, EitherWayLeadsToTheGoal) {
  const auto environment = Make("PointMass-v0");
  for (uint64_t seed = 0; seed < 20; ++seed) {
    ASSERT_TRUE(environment->Reset(seed).ok());
    const Outcome tunnel = GoThroughRow(*environment, kTunnelRow);
    EXPECT_TRUE(tunnel.success) << seed;
    EXPECT_EQ(tunnel.rewards.at("tunnel"), -0.1);
    EXPECT_EQ(tunnel.rewards.at("bridge"), 0);
    ASSERT_TRUE(environment->Reset(seed).ok());
    const Outcome bridge = GoThroughRow(*environment, kBridgeRow);
    EXPECT_TRUE(bridge.success) << seed;
    EXPECT_EQ(bridge.rewards.at("tunnel"), 0);
    EXPECT_EQ(bridge.rewards.at("bridge"), -0.1);
    EXPECT_LT(bridge.steps, tunnel.steps);
  }
}

TEST(PointMass, ABlockedWayLeavesTheOther) {
  const auto environment = Make("PointMass-v0");
  ASSERT_TRUE(environment->SetPhysics(Blocking({"tunnel"})).ok());
  ASSERT_TRUE(environment->Reset(1).ok());
  EXPECT_FALSE(GoThroughRow(*environment, kTunnelRow).success);
  EXPECT_LT(environment->state()[0], 0);
  ASSERT_TRUE(environment->Reset(1).ok());
  EXPECT_TRUE(GoThroughRow(*environment, kBridgeRow).success);

  ASSERT_TRUE(environment->SetPhysics(Blocking({"bridge"})).ok());
  ASSERT_TRUE(environment->Reset(1).ok());
  EXPECT_FALSE(GoThroughRow(*environment, kBridgeRow).success);
  ASSERT_TRUE(environment->Reset(1).ok());
  EXPECT_TRUE(GoThroughRow(*environment, kTunnelRow).success);

  ASSERT_TRUE(environment->SetPhysics(Physics()).ok());
  ASSERT_TRUE(environment->Reset(1).ok());
  EXPECT_TRUE(GoThroughRow(*environment, kBridgeRow).success);
}

// The moves from the nearest start to the goal, by breadth-first search over
// the environment's own steps; -1 if there is no way.
int FewestMoves(Environment& grid) {
  std::map<std::vector<double>, int> moves = {{{-4.5, 0.5}, 0},
                                              {{-3.5, 0.5}, 0}};
  std::deque<std::vector<double>> open = {{-3.5, 0.5}, {-4.5, 0.5}};
  while (!open.empty()) {
    const std::vector<double> from = open.front();
    open.pop_front();
    for (int32_t move = 0; move < 4; ++move) {
      EXPECT_TRUE(grid.ResetTo(from).ok());
      const StepResult result = grid.Step(move).value();
      const bool is_new =
          moves.emplace(grid.state(), moves.at(from) + 1).second;
      if (result.success) return moves.at(grid.state());
      if (is_new) open.push_back(grid.state());
    }
  }
  return -1;
}

TEST(PointMassGrid, BreadthFirstSearchFindsBothWays) {
  const auto grid = Make("PointMassGrid-v0");
  EXPECT_EQ(FewestMoves(*grid), 11);
  ASSERT_TRUE(grid->SetPhysics(Blocking({"tunnel"})).ok());
  EXPECT_EQ(FewestMoves(*grid), 11);
  ASSERT_TRUE(grid->SetPhysics(Blocking({"bridge"})).ok());
  EXPECT_EQ(FewestMoves(*grid), 13);
  ASSERT_TRUE(grid->SetPhysics(Blocking({"bridge", "tunnel"})).ok());
  EXPECT_EQ(FewestMoves(*grid), -1);
}

TEST(PointMassGrid, ASettingBlocksForGood) {
  const auto grid = Make("PointMassGrid-v0", {Text("blocked", "bridge")});
  EXPECT_EQ(FewestMoves(*grid), 13);
  ASSERT_TRUE(grid->SetPhysics(Physics()).ok());
  EXPECT_EQ(FewestMoves(*grid), 13);
  ASSERT_TRUE(grid->SetPhysics(Blocking({"tunnel"})).ok());
  EXPECT_EQ(FewestMoves(*grid), -1);
}

// Whatever pushes it: forces far beyond the bounds, and a gale.
TEST(PointMass, RandomForcesNeverLeaveTheMap) {
  const auto environment = Make("PointMass-v0");
  Philox random(5, Purpose::kTest);
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Physics physics;
    physics.force = {1e6 * (random.NextUniform() - 0.5), 100, 0};
    physics.gain = seed % 2 == 0 ? 1 : 1e6;
    ASSERT_TRUE(environment->SetPhysics(physics).ok());
    ASSERT_TRUE(environment->Reset(seed).ok());
    while (true) {
      const auto force = [&] {
        return static_cast<float>(20 * random.NextUniform() - 10);
      };
      const StepResult result =
          environment->Step(std::array{force(), force()}).value();
      const std::vector<double> state = environment->state();
      ASSERT_TRUE(TwoWaysMap::IsFree(TwoWaysMap::CellOf({state[0], state[1]})));
      ASSERT_LE(std::abs(state[2]), 2);
      ASSERT_LE(std::abs(state[3]), 2);
      if (result.terminated || result.truncated) break;
    }
  }
}

TEST(PointMass, MovesByNewtonsLaw) {
  const auto environment = Make("PointMass-v0");
  Physics physics;
  physics.mass = 2;
  physics.gain = 0.5;
  physics.force = {0.25, -1, 0};
  ASSERT_TRUE(environment->SetPhysics(physics).ok());
  ASSERT_TRUE(environment->ResetTo(std::array{-4.0, 0.5, 0.5, 0.0}).ok());
  ASSERT_TRUE(environment->Step(std::array{100.0f, 2.0f}).ok());
  const double x_dot = 0.5 + (0.5 * 4 + 0.25) / 2 * 0.1;
  EXPECT_THAT(environment->state(),
              ElementsAre(-4 + 0.1 * x_dot, 0.5, x_dot, 0));
}

TEST(PointMass, AWallTakesTheSpeedTowardsIt) {
  const auto environment = Make("PointMass-v0");
  ASSERT_TRUE(environment->ResetTo(std::array{-4.95, 0.5, -2.0, 1.0}).ok());
  ASSERT_TRUE(environment->Step(std::array{0.0f, 0.0f}).ok());
  EXPECT_THAT(environment->state(), ElementsAre(-5, 0.6, 0, 1));
}

TEST(Navigation, NominalPhysicsIsBitIdentical) {
  const auto nominal = Make("PointMass-v0");
  const auto set = Make("PointMass-v0");
  Physics physics = Blocking({"tunnel", "bridge"});
  physics.mass = 3;
  ASSERT_TRUE(set->SetPhysics(physics).ok());
  ASSERT_TRUE(set->SetPhysics(Physics()).ok());
  ASSERT_TRUE(nominal->Reset(1).ok());
  ASSERT_TRUE(set->Reset(1).ok());
  GoThroughRow(*nominal, kBridgeRow);
  GoThroughRow(*set, kBridgeRow);
  EXPECT_EQ(set->state(), nominal->state());
}

TEST(Navigation, ProgressAddsUpToThePathThatWasLeft) {
  const auto environment = Make("PointMass-v0");
  ASSERT_TRUE(environment->ResetTo(std::array{-4.0, 0.5, 0.0, 0.0}).ok());
  const Outcome outcome = GoThroughRow(*environment, kTunnelRow);
  const std::vector<double> end = environment->state();
  const double left = std::hypot(end[0] - 3.5, end[1] - 0.5);
  EXPECT_LE(left, 0.5);
  EXPECT_NEAR(outcome.rewards.at("progress"), 8.27 - left, 0.005);
  EXPECT_EQ(outcome.rewards.at("goal"), 10);
}

TEST(Navigation, ASparseRewardIsTheGoalAndTheTolls) {
  const auto environment =
      Make("PointMass-v0", {Text("reward", "sparse"), Number("tunnel_toll", 3),
                            Number("bridge_toll", 0)});
  EXPECT_THAT(environment->spec().reward_components,
              ElementsAre("time", "goal", "tunnel", "bridge"));
  ASSERT_TRUE(environment->Reset(1).ok());
  const Outcome tunnel = GoThroughRow(*environment, kTunnelRow);
  EXPECT_EQ(tunnel.rewards.at("goal"), 10);
  EXPECT_EQ(tunnel.rewards.at("tunnel"), -3);
  EXPECT_EQ(tunnel.rewards.at("bridge"), 0);
}

TEST(Navigation, EveryStepBeforeTheGoalCosts) {
  const auto environment = Make("PointMass-v0", {Number("step_cost", 0.25)});
  ASSERT_TRUE(environment->Reset(1).ok());
  const Outcome outcome = GoThroughRow(*environment, kBridgeRow);
  EXPECT_EQ(outcome.rewards.at("time"), -0.25 * (outcome.steps - 1));
}

TEST(Navigation, AContinuingTaskGoesOnAtTheGoal) {
  const auto environment = Make("PointMass-v0", {Flag("continuing")});
  ASSERT_TRUE(environment->ResetTo(std::array{3.5, 0.5, 0.0, 2.0}).ok());
  double time = 0;
  for (int step = 1; step <= 200; ++step) {
    const StepResult result = environment->Step(std::array{0.0f, 0.0f}).value();
    EXPECT_EQ(result.success, step <= 2) << step;
    EXPECT_FALSE(result.terminated);
    EXPECT_EQ(result.truncated, step == 200);
    EXPECT_EQ(result.reward_components[1], 0);  // goal
    time += result.reward_components[0];
  }
  EXPECT_NEAR(time, -0.1 * 198, 1e-12);
}

TEST(Navigation, ADrawnGoalIsAnObservationOfItsOwn) {
  const auto environment = Make("PointMass-v0", {Flag("goal_conditioned")});
  ASSERT_EQ(environment->spec().observations.size(), 2u);
  EXPECT_EQ(environment->spec().observations[1].name, "goal");
  ASSERT_TRUE(
      environment->ResetTo(std::array{-4.0, 0.5, 0.0, 0.0, 2.5, -3.5}).ok());
  ObservationBuffer observation(environment->spec());
  observation.Read(*environment);
  std::array<float, 2> goal;
  std::memcpy(goal.data(), observation.groups()[1].data(), sizeof(goal));
  EXPECT_THAT(goal, ElementsAre(2.5f, -3.5f));
  EXPECT_THAT(ObservedFloats(*environment), ElementsAre(-4, 0.5f, 0, 0));
}

TEST(Navigation, ADrawnGoalEndsTheEpisodeWhereItIs) {
  const auto environment = Make("PointMass-v0", {Flag("goal_conditioned")});
  ASSERT_TRUE(
      environment->ResetTo(std::array{3.5, 0.5, 0.0, 0.0, 2.5, 0.5}).ok());
  EXPECT_FALSE(environment->Step(std::array{0.0f, 0.0f})->success);
  ASSERT_TRUE(
      environment->ResetTo(std::array{3.1, 0.5, -2.0, 0.0, 2.5, 0.5}).ok());
  const StepResult result = environment->Step(std::array{0.0f, 0.0f}).value();
  EXPECT_TRUE(result.success);
  EXPECT_TRUE(result.terminated);
}

// Of each of the 64 cells of the banks 1/64 of the goals, less what lies within
// 0.5 m of the start; chi-square of the 62 cells that no start is near to.
TEST(Navigation, GoalsAreDrawnUniformlyFromTheBanks) {
  for (const char* const name : {"PointMass-v0", "PointMassGrid-v0"}) {
    const auto environment = Make(name, {Flag("goal_conditioned")});
    std::map<std::pair<int, int>, int> counts;
    constexpr int kGoals = 64000;
    for (uint64_t seed = 0; seed < kGoals; ++seed) {
      ASSERT_TRUE(environment->Reset(seed).ok());
      const std::vector<double> state = environment->state();
      const Point goal = {state[state.size() - 2], state.back()};
      const Cell cell = TwoWaysMap::CellOf(goal);
      ASSERT_TRUE(TwoWaysMap::IsBank(cell));
      ASSERT_GT(std::hypot(goal.x - state[0], goal.y - state[1]), 0.5);
      ++counts[{cell.x, cell.y}];
    }
    double chi_square = 0;
    int far = 0;
    int total = 0;
    for (const auto& [cell, count] : counts) {
      const auto [x, y] = cell;
      if (x <= -3 && std::abs(y) <= 1) continue;
      ++far;
      total += count;
    }
    for (const auto& [cell, count] : counts) {
      const auto [x, y] = cell;
      if (x <= -3 && std::abs(y) <= 1) continue;
      const double wanted = 1.0 * total / far;
      chi_square += (count - wanted) * (count - wanted) / wanted;
    }
    EXPECT_EQ(far, 55);
    EXPECT_LT(chi_square, 54 + 4 * std::sqrt(2 * 54.0)) << name;
  }
}

TEST(Navigation, StatesThatCannotBeAreRefusedByValue) {
  const auto mass = Make("PointMass-v0");
  const auto grid = Make("PointMassGrid-v0");
  const auto goal = Make("PointMassGrid-v0", {Flag("goal_conditioned")});
  const auto refusal = [](Environment& environment,
                          const std::vector<double>& state) {
    const absl::Status status = environment.ResetTo(state);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  EXPECT_THAT(refusal(*mass, {0, 0, 0, 0}), HasSubstr("no free place"));
  EXPECT_THAT(refusal(*mass, {5, 0, 0, 0}), HasSubstr("x = 5"));
  EXPECT_THAT(refusal(*mass, {1e300, 0, 0, 0}), HasSubstr("no free place"));
  EXPECT_THAT(refusal(*mass, {-4, 0, 0, -2.5}), HasSubstr("-2.5 is above 2"));
  EXPECT_THAT(refusal(*grid, {-4, 0.5}), HasSubstr("middle of a cell"));
  EXPECT_THAT(refusal(*goal, {-4.5, 0.5, 0.5, 0.5}), HasSubstr("x = 0.5"));
}

TEST(Navigation, WhatCannotBeBlockedOrChangedIsRefusedByName) {
  const auto mass = Make("PointMass-v0");
  const absl::Status ford = mass->SetPhysics(Blocking({"ford"}));
  EXPECT_EQ(ford.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(ford.message()), HasSubstr("\"ford\""));
  Physics lift;
  lift.force = {0, 0, 1};
  EXPECT_EQ(mass->SetPhysics(lift).code(), absl::StatusCode::kUnimplemented);
  Physics heavy;
  heavy.mass = 2;
  EXPECT_EQ(Make("PointMassGrid-v0")->SetPhysics(heavy).code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(TryMake("PointMass-v0", {Text("blocked", "ford")})
                              .status()
                              .message()),
              HasSubstr("bridge, tunnel"));
  EXPECT_THAT(
      std::string(
          TryMake("PointMass-v0", {Text("reward", "rich")}).status().message()),
      HasSubstr("\"dense\" or \"sparse\""));
}

}  // namespace
}  // namespace softfleet
