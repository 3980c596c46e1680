// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/end_to_end/learning_parity.h"

namespace softfleet {
namespace {

TEST(LongLearningParityTest, AClusterEndsWhereOneProcessEnds) {
  ExpectTheSameLearning(5);
}

}  // namespace
}  // namespace softfleet
