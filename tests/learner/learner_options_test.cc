// SPDX-License-Identifier: Apache-2.0
#include "learner/learner_options.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "run/config.h"

namespace softfleet {
namespace {

LearnerOptions Make(const std::vector<std::string>& set, bool continuous) {
  v1::RunConfig config;
  config.mutable_environment()->set_name("Fake-v0");
  for (const std::string& assignment : set) {
    const absl::Status status = ApplyOverride(assignment, &config);
    EXPECT_TRUE(status.ok()) << status;
  }
  Schema schema;
  schema.observations = {{"state", DType::kF32, {3}}};
  if (continuous) {
    schema.action.dimension = 2;
  } else {
    schema.action = {ActionSpec::Kind::kDiscrete, 0, 5};
  }
  const ActionBounds bounds =
      continuous ? ActionBounds{{-2, 0}, {2, 10}} : ActionBounds{};
  return MakeLearnerOptions(config, schema, bounds);
}

TEST(LearnerOptionsTest, TheTargetEntropyFollowsTheActionSpace) {
  EXPECT_EQ(Make({}, true).sac.target_entropy, -2);
  EXPECT_DOUBLE_EQ(Make({}, false).sac.target_entropy, 0.6 * std::log(5));
  EXPECT_DOUBLE_EQ(
      Make({"sac.target_entropy_scale=0.25"}, false).sac.target_entropy,
      0.25 * std::log(5));
}

TEST(LearnerOptionsTest, AnExplicitTargetEntropyIsTaken) {
  for (const bool continuous : {false, true}) {
    EXPECT_EQ(Make({"sac.target_entropy=0"}, continuous).sac.target_entropy, 0);
    EXPECT_EQ(Make({"sac.target_entropy=-7.5"}, continuous).sac.target_entropy,
              -7.5);
  }
}

TEST(LearnerOptionsTest, EntropyInTheEnvironmentsUnitsShiftsByTheLogVolume) {
  EXPECT_EQ(Make({}, true).sac.log_volume, 0);
  const LearnerOptions options = Make({"sac.entropy_space=env"}, true);
  EXPECT_DOUBLE_EQ(options.sac.log_volume, std::log(2) + std::log(5));
  EXPECT_EQ(options.sac.target_entropy, -2);
  EXPECT_EQ(Make({"sac.entropy_space=env"}, false).sac.log_volume, 0);
}

TEST(LearnerOptionsTest, OpenBoundsOfLogStdDependOnTheMode) {
  const SacOptions clamp = Make({}, true).sac;
  EXPECT_EQ(clamp.log_std_mode, SacOptions::LogStdMode::kClamp);
  EXPECT_EQ(clamp.log_std_min, -20);
  EXPECT_EQ(clamp.log_std_max, 2);
  const SacOptions bounded = Make({"sac.log_std=bounded"}, true).sac;
  EXPECT_EQ(bounded.log_std_mode, SacOptions::LogStdMode::kBounded);
  EXPECT_EQ(bounded.log_std_min, -5);
  EXPECT_EQ(bounded.log_std_max, 2);
  const SacOptions set =
      Make({"sac.log_std=bounded", "sac.log_std_min=-3", "sac.log_std_max=0"},
           true)
          .sac;
  EXPECT_EQ(set.log_std_min, -3);
  EXPECT_EQ(set.log_std_max, 0);
}

TEST(LearnerOptionsTest, EveryOtherFieldArrives) {
  const LearnerOptions options = Make({"seed=9",
                                       "sac.gamma=0.5",
                                       "sac.tau=0.25",
                                       "sac.batch_size=17",
                                       "sac.actor_hidden=3,4",
                                       "sac.critic_hidden=5",
                                       "sac.actor_learning_rate=0.1",
                                       "sac.critic_learning_rate=0.2",
                                       "sac.alpha_learning_rate=0.3",
                                       "sac.adam_beta1=0.4",
                                       "sac.adam_beta2=0.6",
                                       "sac.adam_epsilon=0.7",
                                       "sac.alpha_mode=fixed",
                                       "sac.alpha_init=0.8",
                                       "sac.num_critics=6",
                                       "sac.target_subset=3",
                                       "sac.actor_aggregate=mean",
                                       "sac.critic_layer_norm=true",
                                       "sac.policy_delay=2",
                                       "sac.n_step=4",
                                       "sac.reward_scale=11",
                                       "sac.normalize_observations=true",
                                       "sac.precision=float64",
                                       "sac.engine=reference",
                                       "learner.threads=2",
                                       "learner.updates_per_step=1.5",
                                       "learner.warmup_steps=33"},
                                      true);
  EXPECT_EQ(options.seed, 9);
  EXPECT_EQ(options.batch_size, 17);
  EXPECT_EQ(options.n_step, 4);
  EXPECT_EQ(options.reward_scale, 11);
  EXPECT_TRUE(options.normalize_observations);
  EXPECT_EQ(options.updates_per_step, 1.5);
  EXPECT_EQ(options.warmup_steps, 33);
  EXPECT_EQ(options.environment, "Fake-v0");
  const SacOptions& sac = options.sac;
  EXPECT_EQ(sac.observation_dim, 3);
  EXPECT_EQ(sac.action_dim, 2);
  EXPECT_EQ(sac.gamma, 0.5);
  EXPECT_EQ(sac.tau, 0.25);
  EXPECT_EQ(sac.actor_hidden, (std::vector<int64_t>{3, 4}));
  EXPECT_EQ(sac.critic_hidden, (std::vector<int64_t>{5}));
  EXPECT_EQ(sac.actor_learning_rate, 0.1);
  EXPECT_EQ(sac.critic_learning_rate, 0.2);
  EXPECT_EQ(sac.alpha_learning_rate, 0.3);
  EXPECT_EQ(sac.adam_beta1, 0.4);
  EXPECT_EQ(sac.adam_beta2, 0.6);
  EXPECT_EQ(sac.adam_epsilon, 0.7);
  EXPECT_EQ(sac.alpha_mode, SacOptions::AlphaMode::kFixed);
  EXPECT_EQ(sac.alpha_init, 0.8);
  EXPECT_EQ(sac.num_critics, 6);
  EXPECT_EQ(sac.target_subset, 3);
  EXPECT_EQ(sac.actor_aggregate, SacOptions::Aggregate::kMean);
  EXPECT_TRUE(sac.critic_layer_norm);
  EXPECT_EQ(sac.policy_delay, 2);
  EXPECT_EQ(sac.precision, SacOptions::Precision::kFloat64);
  EXPECT_EQ(sac.engine, SacOptions::Engine::kReference);
  EXPECT_EQ(sac.threads, 2);
}

TEST(LearnerOptionsTest, DiscreteActionsAndStacksSetTheNetworksSizes) {
  const LearnerOptions options = Make({}, false);
  EXPECT_FALSE(options.sac.continuous);
  EXPECT_EQ(options.sac.action_dim, 5);
  Schema stacked = options.schema;
  stacked.frame_stack = 4;
  EXPECT_EQ(
      MakeLearnerOptions(v1::RunConfig(), stacked, {}).sac.observation_dim, 12);
}

TEST(LearnerOptionsTest, APolicyNamesItsEnvironmentWhateverItsKind) {
  EXPECT_EQ(Make({}, true).environment, "Fake-v0");
  EXPECT_EQ(Make({"environment.name=", "environment.plugin=libp.so"}, true)
                .environment,
            "libp.so");
  EXPECT_EQ(Make({"environment.name=", "environment.gymnasium=G-v3",
                  "environment.module=m"},
                 true)
                .environment,
            "G-v3");
}

}  // namespace
}  // namespace softfleet
