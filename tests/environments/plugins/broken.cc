// SPDX-License-Identifier: Apache-2.0
// A plug-in written against the C interface, wrong in the one way that the
// macro given to the compiler names.
#include "environments/plugin/softfleet_environment.h"

namespace {

const char* const kComponents[] = {nullptr};
const double kBounds[] = {-1};
const int64_t kShape[] = {3};

int32_t Create(const SoftfleetSettings*, void** environment,
               const SoftfleetSink*) {
  static int object = 0;
  *environment = &object;
  return SOFTFLEET_OK;
}

void Destroy(void*) {}

int32_t Describe(void*, const SoftfleetSpec** spec, const SoftfleetSink*) {
  static SoftfleetGroup group = {"state", kShape, 1, SOFTFLEET_FLOAT32};
  static SoftfleetSpec all = {"Broken-v0", "1", &group,  1, kBounds, kBounds, 1,
                              0,           0,   nullptr, 0, 0};
#ifdef NO_NAME
  all.name = nullptr;
#endif
#ifdef NO_GROUPS
  all.groups = nullptr;
#endif
#ifdef MANY_GROUPS
  all.num_groups = ~size_t{0};
#endif
#ifdef NO_SHAPE
  group.shape = nullptr;
#endif
#ifdef NO_BOUNDS
  all.action_high = nullptr;
#endif
#ifdef NO_COMPONENT
  all.reward_components = kComponents;
  all.num_reward_components = 1;
#endif
  (void)kComponents;
  *spec = &all;
  return SOFTFLEET_OK;
}

SoftfleetEnvironmentApi MakeApi() {
  SoftfleetEnvironmentApi api = {};
  api.abi = SOFTFLEET_ENVIRONMENT_ABI;
  api.size = sizeof(SoftfleetEnvironmentApi);
  api.settings_size = sizeof(SoftfleetSettings);
  api.group_size = sizeof(SoftfleetGroup);
  api.spec_size = sizeof(SoftfleetSpec);
  api.step_size = sizeof(SoftfleetStep);
  api.physics_size = sizeof(SoftfleetPhysics);
  api.create = Create;
  api.destroy = Destroy;
  api.describe = Describe;
#ifdef OTHER_VERSION
  api.abi = 99;
#endif
#ifdef OTHER_SIZE
  api.step_size += 8;
#endif
  return api;
}

}  // namespace

extern "C" const SoftfleetEnvironmentApi* softfleet_environment(void) {
#ifdef NO_TABLE
  (void)MakeApi;
  return nullptr;
#else
  static const SoftfleetEnvironmentApi api = MakeApi();
  return &api;
#endif
}
