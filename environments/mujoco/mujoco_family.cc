// SPDX-License-Identifier: Apache-2.0
#include "environments/family.h"
#include "environments/mujoco/half_cheetah.h"

namespace softfleet {
namespace {

constexpr FamilyMember kMembers[] = {
    {"HalfCheetah-v5", MakeHalfCheetah},
};

}  // namespace

std::span<const FamilyMember> MujocoFamily() { return kMembers; }

}  // namespace softfleet
