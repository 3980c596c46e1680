// SPDX-License-Identifier: Apache-2.0
#include "learner/arrivals.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <optional>

namespace softfleet {
namespace {

// Versions of one start of a learner.
constexpr uint64_t kIncarnation = uint64_t{3} << 32;

StepBlock Rows(int64_t rows, uint64_t version) {
  StepBlock block;
  block.rows = rows;
  block.last_policy_version = version;
  return block;
}

TEST(Arrivals, TheLagIsTheMeanOverRowsSinceTheLastQuestion) {
  Arrivals arrivals;
  arrivals.Published(kIncarnation + 1, 10);
  arrivals.Published(kIncarnation + 2, 40);
  arrivals.Add(Rows(1, kIncarnation + 1), 50);
  arrivals.Add(Rows(3, kIncarnation + 2), 60);
  EXPECT_EQ(arrivals.TakePolicyLag(), (1 * 40 + 3 * 20) / 4.0);
  EXPECT_EQ(arrivals.TakePolicyLag(), std::nullopt);
}

TEST(Arrivals, RowsOfUnknownPoliciesHaveNoLag) {
  Arrivals arrivals;
  arrivals.Published(kIncarnation + 1, 10);
  arrivals.Add(Rows(5, 0), 50);  // uniform actions
  arrivals.Add(Rows(5, kIncarnation + 2), 50);
  // The same place as version 1, of an earlier start.
  arrivals.Add(Rows(5, kIncarnation - (uint64_t{1} << 32) + 1), 50);
  EXPECT_EQ(arrivals.TakePolicyLag(), std::nullopt);
}

TEST(Arrivals, TheNewestVersionsAreRemembered) {
  Arrivals arrivals;
  constexpr uint64_t kPublished = 2 * Arrivals::kVersions + 100;
  for (uint64_t n = 1; n <= kPublished; ++n) {
    arrivals.Published(kIncarnation + n, static_cast<int64_t>(n));
  }
  constexpr uint64_t kOldest = kPublished - Arrivals::kVersions + 1;
  arrivals.Add(Rows(1, kIncarnation + kOldest), kPublished);
  EXPECT_EQ(arrivals.TakePolicyLag(), Arrivals::kVersions - 1);
  arrivals.Add(Rows(1, kIncarnation + kOldest - 1), kPublished);
  EXPECT_EQ(arrivals.TakePolicyLag(), std::nullopt);
}

TEST(Arrivals, EpisodesAreHandedOutOnceAndStayInTheMean) {
  Arrivals arrivals;
  EXPECT_TRUE(std::isnan(arrivals.mean_return()));
  for (int i = 1; i <= 3; ++i) {
    StepBlock block = Rows(4, 0);
    block.end = EpisodeEnd::kTruncated;
    block.episode_return = -10.0 * i;
    block.episode_length = static_cast<uint64_t>(100 * i);
    arrivals.Add(block, 0);
  }
  EXPECT_EQ(arrivals.TakeEpisodes().size(), 3);
  EXPECT_TRUE(arrivals.TakeEpisodes().empty());
  EXPECT_EQ(arrivals.mean_return(), -20);
  EXPECT_EQ(arrivals.mean_length(), 200);
}

}  // namespace
}  // namespace softfleet
