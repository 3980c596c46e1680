// SPDX-License-Identifier: Apache-2.0
#include "learner/update_statistics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace softfleet {
namespace {

// Field number i is i + 1 times `x`.
SacStatistics Numbered(double x) {
  SacStatistics s;
  double i = 1;
  for (double* field :
       {&s.alpha, &s.entropy, &s.critic_loss, &s.actor_loss, &s.alpha_loss,
        &s.q_mean, &s.td_abs_mean, &s.action_std_mean, &s.saturated_fraction,
        &s.critic_gradient_norm, &s.actor_gradient_norm}) {
    *field = i++ * x;
  }
  return s;
}

void ExpectEqual(const SacStatistics& got, const SacStatistics& wanted) {
  EXPECT_EQ(got.alpha, wanted.alpha);
  EXPECT_EQ(got.entropy, wanted.entropy);
  EXPECT_EQ(got.critic_loss, wanted.critic_loss);
  EXPECT_EQ(got.actor_loss, wanted.actor_loss);
  EXPECT_EQ(got.alpha_loss, wanted.alpha_loss);
  EXPECT_EQ(got.q_mean, wanted.q_mean);
  EXPECT_EQ(got.td_abs_mean, wanted.td_abs_mean);
  EXPECT_EQ(got.action_std_mean, wanted.action_std_mean);
  EXPECT_EQ(got.saturated_fraction, wanted.saturated_fraction);
  EXPECT_EQ(got.critic_gradient_norm, wanted.critic_gradient_norm);
  EXPECT_EQ(got.actor_gradient_norm, wanted.actor_gradient_norm);
}

TEST(UpdateStatisticsTest, TheMeanIsTakenFieldByField) {
  UpdateStatistics statistics;
  for (double x : {1.0, 2.0, 6.0}) statistics.Add(Numbered(x));
  EXPECT_EQ(statistics.count(), 3);
  ExpectEqual(statistics.Mean(), Numbered(3));
}

TEST(UpdateStatisticsTest, WithoutUpdatesEverythingIsUnknown) {
  UpdateStatistics statistics;
  statistics.Add(Numbered(1));
  statistics.Reset();
  EXPECT_EQ(statistics.count(), 0);
  EXPECT_TRUE(std::isnan(statistics.Mean().alpha));
  EXPECT_TRUE(std::isnan(statistics.Mean().actor_gradient_norm));
}

TEST(UpdateStatisticsTest, SavedSumsGoOnBitForBit) {
  UpdateStatistics whole, first;
  for (double x : {0.1, 0.7}) whole.Add(Numbered(x));
  for (double x : {0.1, 0.7}) first.Add(Numbered(x));
  UpdateStatistics second;
  second.Add(Numbered(99));  // overwritten
  second.Restore(first.Save());
  whole.Add(Numbered(1e-3));
  second.Add(Numbered(1e-3));
  EXPECT_EQ(second.Save(), whole.Save());
  ExpectEqual(second.Mean(), whole.Mean());
}

}  // namespace
}  // namespace softfleet
