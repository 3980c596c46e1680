// SPDX-License-Identifier: Apache-2.0
#include "core/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace softfleet {
namespace {

TEST(BackoffTest, DelaysGrowToTheMostWithinTheirJitter) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Backoff backoff({.seed = seed});
    for (const double undisturbed : {0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0}) {
      const double delay = absl::ToDoubleSeconds(backoff.Next());
      ASSERT_GE(delay, 0.5 * undisturbed - 1e-9) << "seed " << seed;
      ASSERT_LE(delay, undisturbed + 1e-9) << "seed " << seed;
    }
  }
}

TEST(BackoffTest, JitterIsUniform) {
  constexpr int kDraws = 10'000;
  constexpr int kBins = 10;
  Backoff backoff({.initial = absl::Seconds(1),
                   .max = absl::Seconds(1),
                   .multiplier = 1,
                   .seed = 7});
  std::vector<double> counts(kBins);
  for (int i = 0; i < kDraws; ++i) {
    const double fraction = absl::ToDoubleSeconds(backoff.Next()) * 2 - 1;
    counts[std::min<int>(fraction * kBins, kBins - 1)] += 1;
  }
  double chi_square = 0;
  for (const double count : counts) {
    const double expected = 1.0 * kDraws / kBins;
    chi_square += (count - expected) * (count - expected) / expected;
  }
  EXPECT_LT(chi_square, 27.88);  // 9 degrees of freedom, p = 0.001
}

TEST(BackoffTest, ResetStartsAgain) {
  Backoff backoff({.seed = 1});
  for (int i = 0; i < 5; ++i) backoff.Next();
  backoff.Reset();
  EXPECT_LE(backoff.Next(), absl::Milliseconds(100));
  EXPECT_GE(backoff.Next(), absl::Milliseconds(100));
}

TEST(BackoffTest, NoNumberOfFailuresOverflows) {
  Backoff backoff({.max = absl::InfiniteDuration(), .seed = 1});
  Backoff bounded({.seed = 1});
  for (int i = 0; i < 5000; ++i) {
    ASSERT_GT(backoff.Next(), absl::ZeroDuration());
    ASSERT_LE(bounded.Next(), absl::Seconds(2));
  }
}

TEST(BackoffTest, ASeedFixesTheDelaysAndNoneMakesThemDiffer) {
  Backoff one({.seed = 5}), same({.seed = 5}), other({.seed = 6});
  Backoff anonymous, another;
  int differ_from_other = 0;
  int anonymous_differ = 0;
  for (int i = 0; i < 10; ++i) {
    const absl::Duration delay = one.Next();
    EXPECT_EQ(delay, same.Next());
    differ_from_other += delay != other.Next();
    anonymous_differ += anonymous.Next() != another.Next();
  }
  EXPECT_GT(differ_from_other, 0);
  EXPECT_GT(anonymous_differ, 0);
}

}  // namespace
}  // namespace softfleet
