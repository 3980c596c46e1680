// SPDX-License-Identifier: Apache-2.0
// Changed physics of the MuJoCo environments; mujoco_golden_test.cc compares
// them with Gymnasium.
#include <algorithm>
#include <cmath>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/environments/mujoco/mujoco_fixture.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::MakeMujoco;
using ::testing::Not;
using testing::Play;
using testing::PlayFromStart;

// One change of each kind.
Physics Everything() {
  Physics physics;
  physics.friction = 0.5;
  physics.mass = 1.5;
  physics.gain = 0.7;
  physics.contact_time = 2;
  physics.contact_damping = 0.5;
  physics.gravity_tilt = 0.1;
  physics.force = {-4, 0, 2};
  return physics;
}

// Each field of Everything() alone.
std::vector<Physics> OneByOne() {
  const Physics all = Everything();
  std::vector<Physics> each(7);
  each[0].friction = all.friction;
  each[1].mass = all.mass;
  each[2].gain = all.gain;
  each[3].contact_time = all.contact_time;
  each[4].contact_damping = all.contact_damping;
  each[5].gravity_tilt = all.gravity_tilt;
  each[6].force = all.force;
  return each;
}

std::string ErrorOf(const std::string& name, const Physics& physics,
                    absl::StatusCode code) {
  const absl::Status status = MakeMujoco(name)->SetPhysics(physics);
  EXPECT_EQ(status.code(), code) << status;
  return std::string(status.message());
}

TEST(MujocoPhysics, NominalPhysicsIsBitIdentical) {
  for (const std::string& name : testing::MujocoNames()) {
    SCOPED_TRACE(name);
    const auto untouched = MakeMujoco(name);
    const auto set = MakeMujoco(name);
    ASSERT_TRUE(set->SetPhysics(Physics()).ok());
    EXPECT_EQ(PlayFromStart(*untouched, 3), PlayFromStart(*set, 3));
  }
}

TEST(MujocoPhysics, ReturningToNominalIsBitIdentical) {
  const auto untouched = MakeMujoco("Hopper-v5");
  const auto changed = MakeMujoco("Hopper-v5");
  for (const Physics& physics : OneByOne()) {
    ASSERT_TRUE(changed->SetPhysics(physics).ok());
    EXPECT_NE(PlayFromStart(*untouched, 3), PlayFromStart(*changed, 3));
    ASSERT_TRUE(changed->SetPhysics(Everything()).ok());
    ASSERT_TRUE(changed->SetPhysics(Physics()).ok());
    EXPECT_EQ(PlayFromStart(*untouched, 3), PlayFromStart(*changed, 3));
  }
}

// Whatever was set before, in whatever order.
TEST(MujocoPhysics, FactorsDoNotPileUp) {
  const auto once = MakeMujoco("HalfCheetah-v5");
  const auto often = MakeMujoco("HalfCheetah-v5");
  for (const Physics& last : OneByOne()) {
    for (const Physics& before : OneByOne()) {
      ASSERT_TRUE(often->SetPhysics(before).ok());
    }
    ASSERT_TRUE(often->SetPhysics(last).ok());
    ASSERT_TRUE(once->SetPhysics(last).ok());
    EXPECT_EQ(PlayFromStart(*once, 5, 50), PlayFromStart(*often, 5, 50));
  }
}

TEST(MujocoPhysics, AnotherEnvironmentKeepsItsOwn) {
  const auto changed = MakeMujoco("Walker2d-v5");
  const auto other = MakeMujoco("Walker2d-v5");
  EXPECT_EQ(&changed->model(), &other->model());
  const auto before = PlayFromStart(*other, 2);
  ASSERT_TRUE(changed->SetPhysics(Everything()).ok());
  EXPECT_NE(&changed->model(), &other->model());
  EXPECT_EQ(PlayFromStart(*other, 2), before);
}

TEST(MujocoPhysics, ResetSaveAndRestoreLeaveItAlone) {
  const auto environment = MakeMujoco("HalfCheetah-v5");
  ASSERT_TRUE(environment->SetPhysics(Everything()).ok());
  const auto first = PlayFromStart(*environment, 1, 30);
  EXPECT_EQ(PlayFromStart(*environment, 1, 30), first);

  const std::string saved = environment->Save().value();
  const auto rest = Play(*environment, 2, 30);
  ASSERT_TRUE(environment->Restore(saved).ok());
  EXPECT_EQ(Play(*environment, 2, 30), rest);

  const auto nominal = MakeMujoco("HalfCheetah-v5");
  ASSERT_TRUE(nominal->Restore(saved).ok());
  const auto twin = MakeMujoco("HalfCheetah-v5");
  ASSERT_TRUE(twin->SetPhysics(Everything()).ok());
  ASSERT_TRUE(twin->SetPhysics(Physics()).ok());
  ASSERT_TRUE(twin->Restore(saved).ok());
  EXPECT_EQ(Play(*nominal, 2, 30), Play(*twin, 2, 30));
}

TEST(MujocoPhysics, AChangeInMidEpisodeHoldsFromTheNextStep) {
  const auto changed = MakeMujoco("HalfCheetah-v5");
  const auto nominal = MakeMujoco("HalfCheetah-v5");
  EXPECT_EQ(PlayFromStart(*changed, 1, 20), PlayFromStart(*nominal, 1, 20));
  ASSERT_TRUE(changed->SetPhysics(Everything()).ok());
  EXPECT_EQ(changed->state(), nominal->state());
  EXPECT_NE(Play(*changed, 2, 1), Play(*nominal, 2, 1));
}

// In free flight nothing but gravity and the force accelerates the body.
TEST(MujocoPhysics, ForceAndMassAndTiltObeyNewton) {
  const auto environment = MakeMujoco("HalfCheetah-v5");
  std::vector<double> high(18);
  high[1] = 10;  // z
  Physics physics;
  physics.force = {28, 0, 14};
  physics.mass = 2;
  physics.gravity_tilt = 0.2;
  ASSERT_TRUE(environment->SetPhysics(physics).ok());
  ASSERT_TRUE(environment->ResetTo(high).ok());
  double mass = 0;
  for (int b = 0; b < environment->model().nbody; ++b) {
    mass += environment->model().body_mass[b];
  }
  EXPECT_NEAR(mass, 28, 1e-9);  // twice the 14 kg of the model
  ASSERT_TRUE(environment->Step(std::vector<float>(6)).ok());
  // The whole body's momentum after 0.05 s; the root's joints have no damping.
  mjData* const data =
      mj_copyData(nullptr, &environment->model(), &environment->data());
  mj_forward(&environment->model(), data);
  mj_subtreeVel(&environment->model(), data);
  const mjtNum* const velocity = data->subtree_linvel;
  EXPECT_NEAR(velocity[0], 0.05 * (9.81 * std::sin(0.2) + 1), 1e-3);
  EXPECT_NEAR(velocity[2], 0.05 * (-9.81 * std::cos(0.2) + 0.5), 1e-3);
  mj_deleteData(data);
}

TEST(MujocoPhysics, ContactFactorsAreThoseOfSolref) {
  const auto environment = MakeMujoco("Hopper-v5");
  Physics physics;
  physics.contact_time = 3;
  physics.contact_damping = 0.5;
  ASSERT_TRUE(environment->SetPhysics(physics).ok());
  for (int g = 0; g < environment->model().ngeom; ++g) {
    EXPECT_DOUBLE_EQ(environment->model().geom_solref[2 * g], 3 * 0.02);
    EXPECT_DOUBLE_EQ(environment->model().geom_solref[2 * g + 1], 0.5);
  }
}

TEST(MujocoPhysics, WhatAnEnvironmentDoesNotHaveIsRefusedByName) {
  constexpr auto kUnimplemented = absl::StatusCode::kUnimplemented;
  Physics blocked;
  blocked.blocked = {"tunnel"};
  EXPECT_THAT(ErrorOf("Ant-v5", blocked, kUnimplemented),
              AllOf(HasSubstr("Ant-v5"), HasSubstr("blocked")));
  Physics slippery;
  slippery.friction = 0.1;
  EXPECT_THAT(ErrorOf("InvertedPendulum-v5", slippery, kUnimplemented),
              HasSubstr("friction"));
  EXPECT_THAT(ErrorOf("Reacher-v5", slippery, kUnimplemented),
              HasSubstr("friction"));
  Physics tilted;
  tilted.gravity_tilt = 0.1;
  EXPECT_THAT(ErrorOf("Pusher-v5", tilted, kUnimplemented),
              HasSubstr("gravity_tilt"));
  EXPECT_TRUE(MakeMujoco("Pusher-v5")->SetPhysics(slippery).ok());
}

TEST(MujocoPhysics, AValueThatIsNoneIsRefusedAndChangesNothing) {
  const auto environment = MakeMujoco("Hopper-v5");
  const auto before = PlayFromStart(*environment, 1);
  for (const double mass : {0.0, -1.0, std::nan("")}) {
    Physics physics = Everything();
    physics.mass = mass;
    EXPECT_EQ(environment->SetPhysics(physics).code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(PlayFromStart(*environment, 1), before);
}

TEST(MujocoPhysics, TheForceActsOnTheTorsoOrWhatMovesFirst) {
  const auto body = [](const std::string& name) {
    const auto environment = MakeMujoco(name);
    return std::string(mj_id2name(&environment->model(), mjOBJ_BODY,
                                  environment->main_body()));
  };
  EXPECT_EQ(body("Humanoid-v5"), "torso");
  EXPECT_EQ(body("Swimmer-v5"), "torso");
  EXPECT_EQ(body("Reacher-v5"), "body0");
  EXPECT_EQ(body("Pusher-v5"), "r_shoulder_pan_link");
  EXPECT_EQ(body("InvertedDoublePendulum-v5"), "cart");
}

}  // namespace
}  // namespace softfleet
