// SPDX-License-Identifier: Apache-2.0
// Acting allocates nothing once its buffers are there; Eigen's own are counted
// too.
#include <gtest/gtest.h>

#include <vector>

#include "core/philox.h"
#include "policy/policy.h"
#include "tests/policy/snapshots.h"
#include "tests/testing/allocations.h"

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
int64_t AllocationsOnceWarm(const Schema& schema) {
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
  const int64_t before = testing::Allocations();
  bool ok = true;
  for (const int64_t n : {int64_t{64}, int64_t{1}, int64_t{2}, int64_t{63}}) {
    ok &= act(n, ActionMode::kStochastic);
    ok &= act(n, ActionMode::kDeterministic);
  }
  const int64_t counted = testing::Allocations() - before;
  EXPECT_TRUE(ok);
  return counted;
}

TEST(PolicyAllocationTest, TheCounterCounts) {
  const int64_t before = testing::Allocations();
  const std::vector<int> numbers(1000);
  EXPECT_GT(testing::Allocations(), before);
  EXPECT_EQ(numbers.size(), 1000);
}

TEST(PolicyAllocationTest, AWarmPolicyAllocatesNothing) {
  EXPECT_EQ(AllocationsOnceWarm(testing::ContinuousSchema(17, 6)), 0);
  EXPECT_EQ(AllocationsOnceWarm(testing::DiscreteSchema(17, 18)), 0);
}

}  // namespace
}  // namespace softfleet
