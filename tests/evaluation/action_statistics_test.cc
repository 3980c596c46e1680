// SPDX-License-Identifier: Apache-2.0
#include "evaluation/action_statistics.h"

#include <cmath>
#include <vector>

#include "core/philox.h"
#include "gtest/gtest.h"

namespace softfleet {
namespace {

TEST(ActionStatisticsTest, NothingSeenIsAllZero) {
  const ActionStatistics statistics({{-1, -1}, {1, 1}});
  EXPECT_EQ(statistics.entropy(), 0);
  EXPECT_EQ(statistics.mean(), (std::vector<double>{0, 0}));
  EXPECT_EQ(statistics.std(), (std::vector<double>{0, 0}));
  EXPECT_EQ(statistics.clipped_fraction(), 0);
  EXPECT_EQ(statistics.saturated_fraction(), 0);
}

TEST(ActionStatisticsTest, MeanAndStdAreThoseOfThePopulation) {
  ActionStatistics statistics({{-1, -1}, {1, 1}});
  Philox random(1, Purpose::kTest);
  constexpr int kSteps = 1000;
  // A narrow distribution far from zero, where summed squares would cancel.
  std::vector<double> drawn;
  for (int i = 0; i < kSteps; ++i) {
    const float narrow = static_cast<float>(0.9 + 1e-5 * random.NextUniform());
    const float wide = static_cast<float>(2 * random.NextUniform() - 1);
    statistics.Add(std::vector<float>{narrow, wide},
                   std::vector<float>{narrow, wide}, i);
    drawn.push_back(narrow);
    drawn.push_back(wide);
  }
  EXPECT_DOUBLE_EQ(statistics.entropy(), (kSteps - 1) / 2.0);
  for (size_t d = 0; d < 2; ++d) {
    double mean = 0;
    for (size_t i = d; i < drawn.size(); i += 2) mean += drawn[i] / kSteps;
    double variance = 0;
    for (size_t i = d; i < drawn.size(); i += 2) {
      variance += (drawn[i] - mean) * (drawn[i] - mean) / kSteps;
    }
    EXPECT_NEAR(statistics.mean()[d], mean, 1e-12);
    EXPECT_NEAR(statistics.std()[d] / std::sqrt(variance), 1, 1e-6);
  }
}

TEST(ActionStatisticsTest, SaturationCountsComponentsAboveTheThreshold) {
  ActionStatistics statistics({{-1, -1}, {1, 1}});
  const std::vector<float> scaled = {0, 0};
  statistics.Add(std::vector<float>{0.995f, -0.98f}, scaled, 0);
  statistics.Add(std::vector<float>{0.5f, -1.0f}, scaled, 0);
  EXPECT_DOUBLE_EQ(statistics.saturated_fraction(), 0.5);
}

TEST(ActionStatisticsTest, ClippingCountsComponentsOutsideTheOwnBounds) {
  // float(0.4) is above 0.4, and is the bound itself.
  ActionStatistics statistics({{-0.4, -2}, {0.4, 2}});
  const std::vector<float> action = {0, 0};
  statistics.Add(action, std::vector<float>{0.4f, -2.0f}, 0);
  statistics.Add(action, std::vector<float>{-0.4f, 2.0f}, 0);
  EXPECT_EQ(statistics.clipped_fraction(), 0);
  statistics.Add(action, std::vector<float>{-0.41f, 2.0f}, 0);
  statistics.Add(action, std::vector<float>{0, 3}, 0);
  EXPECT_DOUBLE_EQ(statistics.clipped_fraction(), 2.0 / 8);
}

TEST(ActionStatisticsTest, DiscreteActionsHaveAnEntropyAndNoComponents) {
  ActionStatistics statistics({});
  statistics.Add({}, {}, 0.25);
  statistics.Add({}, {}, 0.75);
  EXPECT_DOUBLE_EQ(statistics.entropy(), 0.5);
  EXPECT_TRUE(statistics.mean().empty());
  EXPECT_TRUE(statistics.std().empty());
  EXPECT_EQ(statistics.clipped_fraction(), 0);
  EXPECT_EQ(statistics.saturated_fraction(), 0);
}

}  // namespace
}  // namespace softfleet
