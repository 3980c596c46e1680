// SPDX-License-Identifier: Apache-2.0
// Stepping and observing allocate nothing, in any environment of the registry.
// Every allocation of the process is counted, MuJoCo's too: the functions here
// stand before the C library's. (Not in a sanitized build, which has its own.)
#include <mujoco/mujoco.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "core/philox.h"
#include "environments/registry.h"
#include "gtest/gtest.h"

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

TEST(EnvironmentAllocation, SteppingAndObservingAllocateNothing) {
  if (!SOFTFLEET_COUNTS_ALLOCATIONS) GTEST_SKIP() << "a sanitizer allocates";
  for (const std::string& name : EnvironmentNames()) {
    SCOPED_TRACE(name);
    EnvironmentOptions options;
    options.name = name;
    const auto environment = MakeEnvironment(options).value();
    const EnvironmentSpec& spec = environment->spec();
    std::vector<std::vector<std::byte>> columns;
    std::vector<std::span<std::byte>> places;
    for (const ObservationGroup& group : spec.observations) {
      columns.emplace_back(group.bytes());
    }
    for (auto& column : columns) places.emplace_back(column);
    std::vector<float> action(spec.action_low.size());
    Philox random(1, Purpose::kTest);
    bool ended = true;
    int most = 0;
    for (int t = 0; t < 300; ++t) {
      if (ended) {
        ASSERT_TRUE(environment->Reset(t).ok());
      }
      for (size_t i = 0; i < action.size(); ++i) {
        action[i] = static_cast<float>(
            spec.action_low[i] +
            random.NextUniform() * (spec.action_high[i] - spec.action_low[i]));
      }
      const int before = allocations;
      const auto result = spec.action.continuous()
                              ? environment->Step(action)
                              : environment->Step(static_cast<int32_t>(t % 2));
      environment->Observe(places);
      most = std::max(most, allocations - before);
      ended = result->terminated || result->truncated;
    }
    EXPECT_EQ(most, 0);
  }
  // The counter counts, in MuJoCo too.
  const int before = allocations;
  mju_free(mju_malloc(100));
  EXPECT_GT(allocations, before);
}

}  // namespace
}  // namespace softfleet
