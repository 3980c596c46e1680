// SPDX-License-Identifier: Apache-2.0
#include "environments/family.h"
#include "environments/mujoco/ant.h"
#include "environments/mujoco/half_cheetah.h"
#include "environments/mujoco/hopper.h"
#include "environments/mujoco/humanoid.h"
#include "environments/mujoco/humanoid_standup.h"
#include "environments/mujoco/inverted_double_pendulum.h"
#include "environments/mujoco/inverted_pendulum.h"
#include "environments/mujoco/pusher.h"
#include "environments/mujoco/reacher.h"
#include "environments/mujoco/sparse_reach.h"
#include "environments/mujoco/swimmer.h"
#include "environments/mujoco/walker2d.h"

namespace softfleet {
namespace {

constexpr FamilyMember kMembers[] = {
    {"Ant-v5", MakeAnt},
    {"HalfCheetah-v5", MakeHalfCheetah},
    {"Hopper-v5", MakeHopper},
    {"Humanoid-v5", MakeHumanoid},
    {"HumanoidStandup-v5", MakeHumanoidStandup},
    {"InvertedDoublePendulum-v5", MakeInvertedDoublePendulum},
    {"InvertedPendulum-v5", MakeInvertedPendulum},
    {"Pusher-v5", MakePusher},
    {"Reacher-v5", MakeReacher},
    {"SparseReach-v0", MakeSparseReach},
    {"Swimmer-v5", MakeSwimmer},
    {"Walker2d-v5", MakeWalker2d},
};

}  // namespace

std::span<const FamilyMember> MujocoFamily() { return kMembers; }

}  // namespace softfleet
