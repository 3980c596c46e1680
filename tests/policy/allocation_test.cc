// SPDX-License-Identifier: Apache-2.0
// Acting allocates nothing once its buffers are there. Every malloc of this
// program, Eigen's too, is counted: the linker puts __wrap_malloc in its place
// and operator new, replaced here, calls it.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "core/philox.h"
#include "policy/policy.h"
#include "tests/policy/snapshots.h"

namespace {
std::atomic<int> allocations = 0;
}  // namespace

extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names.
void* __real_malloc(size_t size);
void* __wrap_malloc(size_t size) {
  ++allocations;
  return __real_malloc(size);
}
// NOLINTEND(bugprone-reserved-identifier)
}

void* operator new(size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace softfleet {
namespace {

// Wide enough that a blocked matrix product would want the heap.
Snapshot WideSnapshot(const Schema& schema) {
  Snapshot snapshot = testing::SmallSnapshot(schema);
  Philox random(1, Purpose::kTest);
  const int64_t outputs = schema.action.continuous()
                              ? 2 * schema.action.dimension
                              : schema.action.num_actions;
  snapshot.layers.clear();
  testing::AddLinear("actor/l0", 17, 256, &random, &snapshot);
  testing::AddLayerNorm("actor/ln0", 256, &random, &snapshot);
  testing::AddRelu(&snapshot);
  testing::AddLinear("actor/l1", 256, 512, &random, &snapshot);
  testing::AddRelu(&snapshot);
  testing::AddLinear("actor/out", 512, outputs, &random, &snapshot);
  snapshot.normaliser = NormaliserState{1, std::vector<double>(17, 0.5),
                                        std::vector<double>(17, 2)};
  return snapshot;
}

// Allocations of Act calls with batches of at most 64, after one with 64.
int AllocationsOnceWarm(const Schema& schema) {
  const auto policy = testing::MakePolicy(WideSnapshot(schema));
  constexpr int64_t kMost = 64;
  const std::vector<float> observations(kMost * 17, 0.25F);
  const std::vector<float> noise(kMost * policy->noise_columns(), 0.5F);
  PolicyOutput output;
  const auto act = [&](int64_t n, ActionMode mode) {
    return policy
        ->Act(std::span(observations).first(n * 17), n, mode,
              std::span(noise).first(n * policy->noise_columns()), &output)
        .ok();
  };
  EXPECT_TRUE(act(kMost, ActionMode::kStochastic));
  const int before = allocations;
  bool ok = true;
  for (const int64_t n : {int64_t{64}, int64_t{1}, int64_t{2}, int64_t{63}}) {
    ok &= act(n, ActionMode::kStochastic);
    ok &= act(n, ActionMode::kDeterministic);
  }
  const int counted = allocations - before;
  EXPECT_TRUE(ok);
  return counted;
}

TEST(PolicyAllocationTest, TheCounterCounts) {
  const int before = allocations;
  const std::vector<int> numbers(1000);
  EXPECT_GT(allocations, before);
  EXPECT_EQ(numbers.size(), 1000);
}

TEST(PolicyAllocationTest, AWarmPolicyAllocatesNothing) {
  EXPECT_EQ(AllocationsOnceWarm(testing::ContinuousSchema(17, 6)), 0);
  EXPECT_EQ(AllocationsOnceWarm(testing::DiscreteSchema(17, 18)), 0);
}

}  // namespace
}  // namespace softfleet
