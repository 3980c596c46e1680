// SPDX-License-Identifier: Apache-2.0
// When a perturbation of the physics holds, and how several combine.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tests/environments/perturbation/recorder.h"
#include "tests/environments/perturbation/trajectory.h"

namespace softfleet {
namespace {

PerturbationOptions Friction(double factor, StepRange steps) {
  PerturbationOptions options;
  options.steps = steps;
  options.physics.friction = factor;
  return options;
}

std::vector<double> Frictions(const Recorder& recorder) {
  std::vector<double> frictions;
  for (const auto& taken : recorder.taken()) {
    frictions.push_back(taken.physics.friction);
  }
  return frictions;
}

TEST(PerturbationSchedule, HoldsFromItsFirstStepToTheOneBeforeItsLast) {
  const auto [recorder, environment] = PerturbRecorder({Friction(2, {3, 5})});
  for (int episode = 0; episode < 2; ++episode) {
    Episode(*environment, 1, 8);
    EXPECT_EQ(Frictions(*recorder),
              (std::vector<double>{1, 1, 1, 2, 2, 1, 1, 1}));
  }
}

TEST(PerturbationSchedule, FromTheBeginningItHoldsAtTheResetToo) {
  const auto [recorder, environment] = PerturbRecorder({Friction(2, {0, 2})});
  for (int episode = 0; episode < 2; ++episode) {
    Episode(*environment, 1, 4);
    EXPECT_EQ(recorder->start_physics().friction, 2);
    EXPECT_EQ(Frictions(*recorder), (std::vector<double>{2, 2, 1, 1}));
  }
  const auto later = PerturbRecorder({Friction(2, {1, 100})});
  Episode(*later.environment, 1, 4);
  ASSERT_TRUE(later.environment->Reset(2).ok());
  EXPECT_EQ(later.recorder->start_physics().friction, 1);
}

TEST(PerturbationSchedule, OverlappingFactorsMultiply) {
  const auto [recorder, environment] =
      PerturbRecorder({Friction(2, {1, 4}), Friction(3, {2, 6})});
  Episode(*environment, 1, 7);
  EXPECT_EQ(Frictions(*recorder), (std::vector<double>{1, 2, 6, 6, 3, 3, 1}));
}

TEST(PerturbationSchedule, ForcesAndTiltsAddAndWaysUnite) {
  PerturbationOptions a;
  a.physics = {2, 3, 5, 7, 11, 0.1, {1, 2, 3}, {"tunnel"}};
  PerturbationOptions b;
  b.physics = {2, 2, 2, 2, 2, 0.2, {10, 20, 30}, {"bridge", "tunnel"}};
  const auto [recorder, environment] = PerturbRecorder({a, b});
  Episode(*environment, 1, 1);
  const Physics& physics = recorder->taken()[0].physics;
  EXPECT_EQ(physics.friction, 4);
  EXPECT_EQ(physics.mass, 6);
  EXPECT_EQ(physics.gain, 10);
  EXPECT_EQ(physics.contact_time, 14);
  EXPECT_EQ(physics.contact_damping, 22);
  EXPECT_DOUBLE_EQ(physics.gravity_tilt, 0.3);
  EXPECT_EQ(physics.force, (std::array<double, 3>{11, 22, 33}));
  std::vector<std::string> blocked = physics.blocked;
  std::sort(blocked.begin(), blocked.end());
  EXPECT_EQ(blocked, (std::vector<std::string>{"bridge", "tunnel"}));
}

TEST(PerturbationSchedule, WhatIsSetFromOutsideIsCombinedAndStays) {
  const auto [recorder, environment] = PerturbRecorder({Friction(2, {1, 2})});
  Physics outside;
  outside.friction = 5;
  ASSERT_TRUE(environment->SetPhysics(outside).ok());
  Episode(*environment, 1, 3);
  EXPECT_EQ(Frictions(*recorder), (std::vector<double>{5, 10, 5}));
}

// A twin that is told by hand, step by step.
TEST(PerturbationSchedule, SwitchesTheSimulationAtExactlyItsStep) {
  PerturbationOptions options;
  options.steps = {12, 30};
  options.physics.friction = 0.4;
  options.physics.mass = 1.3;
  options.physics.gain = 0.7;
  options.physics.contact_time = 2;
  options.physics.gravity_tilt = 0.1;
  options.physics.force = {4, 0, 0};
  const auto perturbed = MakePerturbed("HalfCheetah-v5", {options});
  const auto twin = MakePerturbed("HalfCheetah-v5", {});
  for (uint64_t seed = 0; seed < 3; ++seed) {
    SCOPED_TRACE(seed);
    ASSERT_TRUE(perturbed->Reset(seed).ok());
    ASSERT_TRUE(twin->Reset(seed).ok());
    Philox random(seed, Purpose::kTest);
    Philox same = random;
    for (int64_t step = 0; step < 45; ++step) {
      const bool holds = step >= 12 && step < 30;
      ASSERT_TRUE(twin->SetPhysics(holds ? options.physics : Physics()).ok());
      ASSERT_EQ(Continue(*perturbed, random, 1), Continue(*twin, same, 1))
          << step;
    }
  }
}

TEST(PerturbationSchedule, ARefusedActionOrStateDoesNotMoveIt) {
  const auto [recorder, environment] = PerturbRecorder({Friction(2, {1, 3})});
  ASSERT_TRUE(environment->Reset(1).ok());
  const std::vector<float> good(2), bad(2, NAN);
  const std::vector<double> no_state = {NAN};
  for (int step = 0; step < 4; ++step) {
    EXPECT_FALSE(environment->Step(bad).ok());
    EXPECT_FALSE(environment->ResetTo(no_state).ok());
    ASSERT_TRUE(environment->Step(good).ok());
  }
  EXPECT_EQ(Frictions(*recorder), (std::vector<double>{1, 2, 2, 1}));
}

}  // namespace
}  // namespace softfleet
