// SPDX-License-Identifier: Apache-2.0
// Stepping and observing allocate nothing in MuJoCo either. It is a shared
// library, which tests/testing/allocations.h does not see into: the functions
// here stand before the C library's for the whole process. (Not in a sanitized
// build, which has its own.)
#include <mujoco/mujoco.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "environments/observation_buffer.h"
#include "gtest/gtest.h"
#include "tests/environments/mujoco/mujoco_fixture.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SOFTFLEET_COUNTS_ALLOCATIONS 0
#else
#define SOFTFLEET_COUNTS_ALLOCATIONS 1
#endif

namespace {
std::atomic<int> allocations = 0;
}  // namespace

#if SOFTFLEET_COUNTS_ALLOCATIONS
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier): glibc's names.
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
// NOLINTEND(bugprone-reserved-identifier)

void* malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* memory, size_t size) {
  ++allocations;
  return __libc_realloc(memory, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, size_t alignment, size_t size) {
  *memory = aligned_alloc(alignment, size);
  return *memory == nullptr ? 12 : 0;
}
}
#endif

namespace softfleet {
namespace {

// The most that one of `steps` random steps, observed, allocates.
int MostPerStep(Environment& environment, int steps) {
  ObservationBuffer buffer(environment.spec());
  Philox random(1, Purpose::kTest);
  int most = 0;
  bool ended = true;
  for (int t = 0; t < steps; ++t) {
    if (ended && !environment.Reset(t).ok()) return -1;
    const std::vector<float> action =
        testing::DrawAction(environment.spec(), random);
    const int before = allocations;
    const auto result = environment.Step(action);
    buffer.Read(environment);
    most = std::max(most, allocations - before);
    ended = !result.ok() || result->terminated || result->truncated;
  }
  return most;
}

TEST(MujocoAllocation, SteppingAndObservingAllocateNothing) {
  if (!SOFTFLEET_COUNTS_ALLOCATIONS) GTEST_SKIP() << "a sanitizer allocates";
  for (const std::string& name : testing::MujocoNames()) {
    EXPECT_EQ(MostPerStep(*testing::MakeMujoco(name), 300), 0) << name;
  }
  const int before = allocations;
  mju_free(mju_malloc(100));
  EXPECT_GT(allocations, before) << "the counter does not count";
}

}  // namespace
}  // namespace softfleet
