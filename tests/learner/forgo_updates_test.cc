// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/learner/fakes.h"

namespace softfleet {
namespace {

TEST(ForgoUpdatesTest, ForgoneRowsEarnNoUpdates) {
  LearnerOptions options = SmallLearner(true);
  options.updates_per_step = 0.5;
  FakeLearner learner(options);
  EXPECT_EQ(learner.Receive(30), 10);
  learner.loop->ForgoUpdates(7);
  EXPECT_EQ(learner.Receive(7), 0);
  EXPECT_EQ(learner.Receive(1), 0);
  EXPECT_EQ(learner.Receive(1), 1);
  EXPECT_EQ(learner.loop->allowed_updates(), 11);
}

TEST(ForgoUpdatesTest, RowsForgoneBeforeTheWarmUpIsOverMakeItLonger) {
  FakeLearner learner(SmallLearner(true));
  learner.Receive(4);
  learner.loop->ForgoUpdates(4);
  EXPECT_EQ(learner.Receive(10), 0);
  EXPECT_EQ(learner.Receive(3), 3);
}

TEST(ForgoUpdatesTest, TheyAreSavedWhereThereAreAny) {
  FakeLearner first(SmallLearner(true));
  first.Receive(15);
  EXPECT_FALSE(first.loop->Save().contains("learner/forgone"));
  first.loop->ForgoUpdates(5);
  FakeLearner second(SmallLearner(true));
  ASSERT_TRUE(second.loop->Restore(first.loop->Save()).ok());
  EXPECT_EQ(second.loop->forgone(), 5);
  EXPECT_EQ(second.Receive(6), 1);
}

TEST(ForgoUpdatesTest, ACheckpointOfANegativeNumberIsRefused) {
  FakeLearner learner(SmallLearner(true));
  TensorMap saved = learner.loop->Save();
  saved["learner/forgone"] = Tensor::From(std::vector<int64_t>{-1}, {1});
  const absl::Status status = learner.loop->Restore(saved);
  EXPECT_THAT(status.message(), testing::HasSubstr("learner/forgone is -1"));
}

TEST(MeasuredLossTest, ALossThatIsNotFiniteIsAnErrorThatNamesIt) {
  FakeLearner learner(SmallLearner(true));
  learner.sampler.reward = 1e300;  // beyond float32
  learner.source.arrived.push_back(RandomRows(learner.options.schema, 50, 1));
  const auto done = learner.loop->RunOnce(100);
  EXPECT_EQ(done.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(done.status().message(), testing::HasSubstr("of update 16 is"));
}

TEST(MeasuredLossTest, NothingIsLearnedFromARowThatIsNotFinite) {
  FakeLearner learner(SmallLearner(true));
  learner.sampler.reward = std::numeric_limits<double>::infinity();
  learner.source.arrived.push_back(RandomRows(learner.options.schema, 50, 1));
  const auto done = learner.loop->RunOnce(100);
  EXPECT_EQ(done.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(done.status().message(),
              testing::HasSubstr("reward of row 1000 is inf"));
  EXPECT_EQ(learner.loop->updates(), 0);
}

}  // namespace
}  // namespace softfleet
