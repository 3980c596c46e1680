// SPDX-License-Identifier: Apache-2.0
// An actor's part of a checkpoint.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "environments/classic/pendulum.h"
#include "tests/actor/actor_fixture.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

ActorOptions SingleRows(const char* environment) {
  ActorOptions options = Options(environment, 2);
  options.block_rows = 1;
  return options;
}

class ActorRestoreTest : public testing::TestWithParam<const char*> {};

TEST_P(ActorRestoreTest, ARestoredActorGoesOnBitForBit) {
  // Right after a reset, in mid-episode, at and around an episode's end.
  for (const int steps : {0, 1, 17, 44, 45, 46, 100}) {
    for (const bool uniform : {true, false}) {
      const auto policy = RandomPolicy(GetParam(), 4, uniform);
      RecordedActor undisturbed(SingleRows(GetParam()));
      undisturbed.policies.newest = policy;
      undisturbed.Run(steps);
      RecordedActor resumed(SingleRows(GetParam()));
      resumed.policies.newest = policy;
      const TensorMap saved = undisturbed.loop->Save();
      const absl::Status status = resumed.loop->Restore(saved);
      ASSERT_TRUE(status.ok()) << status;
      EXPECT_TRUE(resumed.loop->Save() == saved);
      undisturbed.sink.blocks.clear();
      undisturbed.Run(120);
      resumed.Run(120);
      ASSERT_TRUE(resumed.sink.blocks == undisturbed.sink.blocks)
          << "after " << steps << " steps";
      EXPECT_TRUE(resumed.loop->Save() == undisturbed.loop->Save());
    }
  }
}

TEST_P(ActorRestoreTest, WhatDoesNotFitIsRefusedByName) {
  RecordedActor actor(SingleRows(GetParam()));
  actor.Run(10);
  const TensorMap saved = actor.loop->Save();
  const auto expect_refused = [](const TensorMap& wrong,
                                 const std::string& name) {
    RecordedActor other(SingleRows(GetParam()));
    const absl::Status status = other.loop->Restore(wrong);
    EXPECT_FALSE(status.ok()) << name;
    EXPECT_THAT(status.message(), HasSubstr(name));
  };
  for (const auto& [name, tensor] : saved) {
    TensorMap missing = saved;
    missing.erase(name);
    expect_refused(missing, name);
    TensorMap longer = saved;
    longer[name].bytes.resize(tensor.bytes.size() + DTypeSize(tensor.dtype));
    // The environment's own refusals name it instead of the tensor.
    expect_refused(longer, "environment");
    TensorMap other_type = saved;
    other_type[name].dtype = DType::kI32;
    expect_refused(other_type, name);
  }
  TensorMap surplus = saved;
  surplus["environment2/counters"] = saved.at("environment1/counters");
  expect_refused(surplus, "environment2/counters");
}

// Shows the seed of its episode and cannot be saved.
class Unsaved : public EpisodicEnvironment {
 public:
  Unsaved() : EpisodicEnvironment(PendulumSpec()) {}
  std::vector<double> state() const override { return {}; }
  void Observe(ObservationPlaces groups) const override {
    const float shown[] = {seed_, 0, 0};
    std::memcpy(groups[0].data(), shown, sizeof(shown));
  }

 private:
  absl::Status Start(uint64_t seed) override {
    seed_ = static_cast<float>(seed);
    return absl::OkStatus();
  }
  absl::Status StartAt(std::span<const double>) override {
    return absl::UnimplementedError("has no state");
  }
  absl::StatusOr<StepResult> Advance(std::span<const float>, int32_t) override {
    return StepResult();
  }
  absl::Status SaveState(std::string*) const override {
    return absl::UnimplementedError("cannot be saved");
  }
  absl::Status RestoreState(absl::string_view) override {
    return absl::UnimplementedError("cannot be saved");
  }

  float seed_ = 0;
};

// The rows of an episode that was never cut off are those of one that was, up
// to the cut; then the next episode begins, with the seed it would have had.
TEST(ActorRestoreWithoutSave, ALostEpisodeEndsAndTheNextOneBegins) {
  ActorOptions options = SingleRows("Pendulum-v1");
  options.make_environment = [] { return std::make_unique<Unsaved>(); };
  RecordedActor undisturbed(options);
  undisturbed.Run(250);  // episodes of 200 steps
  RecordedActor saved(options);
  saved.Run(30);
  RecordedActor resumed(options);
  const absl::Status status = resumed.loop->Restore(saved.loop->Save());
  ASSERT_TRUE(status.ok()) << status;
  resumed.Run(20);

  const Schema& schema = resumed.loop->schema();
  const auto whole = RowsOf(undisturbed.sink.blocks, schema, 1);
  const auto rest = RowsOf(resumed.sink.blocks, schema, 1);
  ASSERT_EQ(rest.size(), 20u);
  for (size_t i = 0; i < rest.size(); ++i) {
    EXPECT_EQ(rest[i].episode, 1u);
    EXPECT_EQ(rest[i].step, i);
    EXPECT_EQ(rest[i].observation, whole[200 + i].observation);
    // Actions belong to the environment's steps, whatever the episode.
    EXPECT_EQ(rest[i].action, whole[30 + i].action);
  }
  EXPECT_TRUE(resumed.loop->finished_episodes().empty());
}

INSTANTIATE_TEST_SUITE_P(Environments, ActorRestoreTest,
                         testing::Values("Pendulum-v1", "CartPole-v1"),
                         [](const auto& info) {
                           return std::string(info.param).substr(0, 4);
                         });

}  // namespace
}  // namespace softfleet
