// SPDX-License-Identifier: Apache-2.0
#include "tests/replay/random_streams.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace softfleet::testing {

TableOptions RandomTableOptions(Random& random) {
  TableOptions options;
  options.schema = RandomSchema(random);
  options.capacity_rows = Between(random, 1, 120);
  options.expected_run_rows = Between(random, 0, 2) == 0
                                  ? TableOptions::kRowByRowRun
                                  : Between(random, 1, 40);
  return options;
}

EpisodeEnd RandomEnd(Random& random) {
  constexpr EpisodeEnd kEnds[] = {EpisodeEnd::kTerminated,
                                  EpisodeEnd::kTruncated};
  const int64_t draw = Between(random, 0, 9);
  return draw < 2 ? kEnds[draw] : EpisodeEnd::kNone;
}

RandomStreams::RandomStreams(const TableOptions& options, Cutting cutting,
                             Random& random)
    : random_(random), cutting_(cutting) {
  cutting_.most_rows = std::min(cutting.most_rows, options.capacity_rows);
  for (int64_t i = Between(random, 1, 4); i > 0; --i) {
    const uint64_t environment = random();
    actors_.emplace_back(options.schema, environment, random());
  }
}

StepBlock RandomStreams::Next() {
  if (Between(random_, 1, cutting_.most_repeats) == 1) {
    turn_ = Between(random_, 0, actors_.size() - 1);
  }
  const int64_t rows = Between(random_, 1, cutting_.most_rows);
  return actors_[turn_].Next(rows, RandomEnd(random_));
}

void ExpectEqualTransitions(const TransitionBatch& actual,
                            const TransitionBatch& expected) {
  EXPECT_EQ(actual.observations, expected.observations);
  EXPECT_EQ(actual.actions, expected.actions);
  EXPECT_EQ(actual.discrete_actions, expected.discrete_actions);
  EXPECT_EQ(actual.returns, expected.returns);
  EXPECT_EQ(actual.discounts, expected.discounts);
  EXPECT_EQ(actual.terminated, expected.terminated);
  EXPECT_EQ(actual.steps, expected.steps);
  EXPECT_EQ(actual.next_observations, expected.next_observations);
}

}  // namespace softfleet::testing
