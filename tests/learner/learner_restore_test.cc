// SPDX-License-Identifier: Apache-2.0
// The learner's part of a checkpoint.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/learner/fakes.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

LearnerOptions WithEverything(bool continuous) {
  LearnerOptions options = SmallLearner(continuous);
  options.normalize_observations = true;
  options.updates_per_step = 0.75;
  options.sac.policy_delay = 2;
  options.sac.num_critics = 3;
  options.sac.target_subset = 2;
  return options;
}

class LearnerRestoreTest : public testing::TestWithParam<bool> {};

TEST_P(LearnerRestoreTest, ARestoredLearnerGoesOnBitForBit) {
  const LearnerOptions options = WithEverything(GetParam());
  FakeLearner undisturbed(options);
  undisturbed.Receive(48);
  FakeLearner resumed(options);
  ASSERT_TRUE(resumed.loop->Restore(undisturbed.loop->Save()).ok());
  EXPECT_TRUE(resumed.loop->Save() == undisturbed.loop->Save());
  resumed.blocks = undisturbed.blocks;
  undisturbed.Receive(31);
  resumed.Receive(31);
  EXPECT_GT(resumed.loop->updates(), 45);
  EXPECT_TRUE(resumed.loop->Save() == undisturbed.loop->Save());
  EXPECT_TRUE(resumed.loop->snapshot_is_due());
}

// Restores `saved`, which must be refused by name and change nothing.
void ExpectRefused(const TensorMap& saved, const std::string& name) {
  FakeLearner learner(WithEverything(true));
  learner.Receive(20);
  const TensorMap before = learner.loop->Save();
  const absl::Status status = learner.loop->Restore(saved);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << name;
  EXPECT_THAT(status.message(), HasSubstr(name));
  EXPECT_TRUE(learner.loop->Save() == before) << name;
}

TEST(LearnerRestoreRefusalTest, EveryTensorIsNeededAndHasItsShape) {
  FakeLearner learner(WithEverything(true));
  learner.Receive(60);
  const TensorMap saved = learner.loop->Save();
  for (const auto& [name, tensor] : saved) {
    TensorMap missing = saved;
    missing.erase(name);
    ExpectRefused(missing, name);

    TensorMap longer = saved;
    Tensor& other = longer[name];
    other.shape = {NumElements(tensor.shape) + 1};
    other.bytes.resize(other.shape[0] * DTypeSize(tensor.dtype));
    ExpectRefused(longer, name);
  }
}

TEST(LearnerRestoreRefusalTest, SurplusTensorsAreRefused) {
  FakeLearner learner(WithEverything(true));
  learner.Receive(60);
  for (const std::string name : {"param/actor/l9.weight", "statistics/surplus",
                                 "learner/surplus", "normaliser/surplus"}) {
    TensorMap saved = learner.loop->Save();
    saved[name] = Tensor::From(std::vector<double>{1}, {1});
    ExpectRefused(saved, name);
  }
}

TEST(LearnerRestoreRefusalTest, NumbersThatNoLearnerWritesAreRefused) {
  FakeLearner learner(WithEverything(true));
  learner.Receive(60);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const TensorMap saved = learner.loop->Save();

  TensorMap broken = saved;
  broken["normaliser/mean"].mutable_values<double>()[1] = nan;
  ExpectRefused(broken, "mean");
  broken = saved;
  broken["normaliser/variance"].mutable_values<double>()[0] = -1;
  ExpectRefused(broken, "variance");
  broken = saved;
  broken["learner/received"].mutable_values<int64_t>()[0] = -1;
  ExpectRefused(broken, "learner/received");
}

TEST(LearnerRestoreRefusalTest, ANormaliserThatIsNotConfiguredIsRefused) {
  FakeLearner with(WithEverything(true));
  LearnerOptions options = WithEverything(true);
  options.normalize_observations = false;
  FakeLearner without(options);
  const absl::Status status = without.loop->Restore(with.loop->Save());
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("normaliser/"));
}

INSTANTIATE_TEST_SUITE_P(Actions, LearnerRestoreTest, testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "Continuous" : "Discrete";
                         });

}  // namespace
}  // namespace softfleet
