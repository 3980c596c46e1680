// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "sac/sac_agent.h"
#include "tests/sac/update_problem.h"
#include "tests/testing/allocations.h"

namespace softfleet {
namespace {

TEST(UpdateAllocations, AFusedUpdateAllocatesNothingOnceItsBuffersAreThere) {
  for (bool continuous : {true, false}) {
    SacOptions options = SmallOptions(continuous);
    options.precision = SacOptions::Precision::kFloat32;
    options.critic_layer_norm = true;
    options.threads = 2;
    auto agent = SacAgent::Create(options, 1).value();
    const UpdateProblem problem(options, 100, 1);
    const UpdateProblem larger(options, 200, 2);
    const auto allocations_of = [&agent](const UpdateProblem& p, int updates) {
      const SacBatch batch = p.batch();
      const SacDraws draws = p.draws();
      SacStatistics statistics;
      const int64_t before = testing::Allocations();
      for (int t = 0; t < updates; ++t) {
        EXPECT_TRUE(agent->Update(batch, draws, &statistics).ok());
      }
      return testing::Allocations() - before;
    };
    EXPECT_GT(allocations_of(problem, 1), 0);
    EXPECT_EQ(allocations_of(problem, 20), 0);
    EXPECT_GT(allocations_of(larger, 1), 0) << "the counter does not count";
    EXPECT_EQ(allocations_of(problem, 20), 0);
  }
}

}  // namespace
}  // namespace softfleet
