// SPDX-License-Identifier: Apache-2.0
// A cluster learns what one process learns.
#include "tests/end_to_end/learning_parity.h"

#include <gtest/gtest.h>

namespace softfleet {
namespace {

TEST(LearningParityTest, AClusterEndsWhereOneProcessEnds) {
  ExpectTheSameLearning(3);
}

TEST(BootstrapTest, TheIntervalOfEqualGroupsHoldsZero) {
  const Interval interval =
      BootstrapDifference({{1, 2, 3, 4}, {1, 2, 3, 4}}, 0.95);
  EXPECT_LT(interval.low, 0);
  EXPECT_GT(interval.high, 0);
  // Far apart: the difference of the means, and its spread.
  const Interval apart = BootstrapDifference({{0, 0, 0}, {10, 10, 13}}, 0.95);
  EXPECT_GE(apart.low, 10);
  EXPECT_LE(apart.high, 13);
}

}  // namespace
}  // namespace softfleet
