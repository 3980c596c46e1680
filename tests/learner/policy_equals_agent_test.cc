// SPDX-License-Identifier: Apache-2.0
// The policy that actors run from a snapshot (Eigen) is the learner's actor
// (LibTorch): the same distribution, actions and log-probabilities for the
// same observations and noise.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/philox.h"
#include "policy/normaliser.h"
#include "policy/policy.h"
#include "tests/learner/fakes.h"

namespace softfleet {
namespace {

// Relative to the number or to 1: float32 over three layers.
constexpr double kTolerance = 1e-5;

template <typename Got>
void ExpectNear(const std::vector<Got>& got, const std::vector<double>& wanted,
                const std::string& what) {
  ASSERT_EQ(got.size(), wanted.size()) << what;
  for (size_t i = 0; i < wanted.size(); ++i) {
    ASSERT_NEAR(got[i], wanted[i],
                kTolerance * std::max(1.0, std::abs(wanted[i])))
        << what << " " << i;
  }
}

// A trained learner's newest snapshot, and what its actor says (the trace of
// one more update of a copy, taken before that update's step) of a batch.
struct Trained {
  explicit Trained(const LearnerOptions& options) : batch(0) {
    FakeLearner learner(options);
    learner.Receive(options.warmup_steps + 150);
    const auto snapshot = learner.loop->MakeSnapshot(RunState::kRunning);
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    policy = *Policy::Create(*snapshot);

    const auto copy = SacAgent::Create(options.sac, 1);
    EXPECT_TRUE((*copy)->Restore(learner.loop->agent().Save()).ok());
    drawn = RandomBatch(options, 5000);
    observations = drawn.observations;
    if ((*snapshot)->normaliser.has_value()) {
      ApplyNormaliser(*(*snapshot)->normaliser, drawn.observations);
      ApplyNormaliser(*(*snapshot)->normaliser, drawn.next_observations);
    }
    batch = drawn.size;
    noise.resize(drawn.actions.size());
    FillNormal(3, Purpose::kTest, 0, 0, noise);
    const absl::Status status =
        (*copy)->Update(AgentBatch(drawn), {noise, noise, {}}, nullptr, &trace);
    EXPECT_TRUE(status.ok()) << status;
  }

  int64_t batch;
  std::unique_ptr<Policy> policy;
  TransitionBatch drawn;
  std::vector<float> observations;  // raw
  std::vector<float> noise;
  SacTrace trace;
};

class GaussianPolicyTest
    : public testing::TestWithParam<SacOptions::LogStdMode> {};

TEST_P(GaussianPolicyTest, EqualsTheLearnersActor) {
  LearnerOptions options = SmallLearner(true);
  options.batch_size = 64;
  options.normalize_observations = true;
  options.sac.actor_hidden = {32, 24};
  options.sac.actor_learning_rate = options.sac.critic_learning_rate = 1e-2;
  options.sac.log_std_mode = GetParam();
  // Narrow enough that some outputs lie at or beyond the bounds.
  options.sac.log_std_min = -0.2;
  options.sac.log_std_max = 0.1;
  const Trained trained(options);
  const int64_t n = trained.batch;

  std::vector<float> parameters;
  ASSERT_TRUE(
      trained.policy->Distribution(trained.observations, n, &parameters).ok());
  std::vector<float> mean, log_std;
  for (int64_t b = 0; b < n; ++b) {
    const float* row = &parameters[b * 4];
    mean.insert(mean.end(), row, row + 2);
    log_std.insert(log_std.end(), row + 2, row + 4);
  }
  ExpectNear(mean, trained.trace.at("pi/mean"), "mean");
  ExpectNear(log_std, trained.trace.at("pi/log_std"), "log_std");

  PolicyOutput output;
  ASSERT_TRUE(trained.policy
                  ->Act(trained.observations, n, ActionMode::kStochastic,
                        trained.noise, &output)
                  .ok());
  ExpectNear(output.actions, trained.trace.at("pi/action"), "action");
  ExpectNear(output.log_probabilities, trained.trace.at("pi/logp"), "logp");

  ASSERT_TRUE(trained.policy
                  ->Act(trained.observations, n, ActionMode::kDeterministic, {},
                        &output)
                  .ok());
  std::vector<double> tanh_mean = trained.trace.at("pi/mean");
  for (double& x : tanh_mean) x = std::tanh(x);
  ExpectNear(output.actions, tanh_mean, "deterministic action");
}

INSTANTIATE_TEST_SUITE_P(LogStd, GaussianPolicyTest,
                         testing::Values(SacOptions::LogStdMode::kClamp,
                                         SacOptions::LogStdMode::kBounded),
                         [](const auto& info) {
                           return info.param == SacOptions::LogStdMode::kClamp
                                      ? "Clamp"
                                      : "Bounded";
                         });

TEST(CategoricalPolicyTest, EqualsTheLearnersActor) {
  LearnerOptions options = SmallLearner(false);
  options.batch_size = 64;
  options.sac.actor_hidden = {32, 24};
  options.sac.actor_learning_rate = options.sac.critic_learning_rate = 1e-2;
  const Trained trained(options);
  const int64_t n = trained.batch;

  std::vector<float> log_pi;
  ASSERT_TRUE(
      trained.policy->Distribution(trained.observations, n, &log_pi).ok());
  const std::vector<double>& wanted = trained.trace.at("pi/log_pi");
  ExpectNear(log_pi, wanted, "log_pi");

  const std::vector<double>& pi = trained.trace.at("pi/pi");
  std::vector<float> uniforms(n);
  FillUniform(4, Purpose::kTest, 0, 0, uniforms);
  PolicyOutput greedy, sampled;
  ASSERT_TRUE(trained.policy
                  ->Act(trained.observations, n, ActionMode::kDeterministic, {},
                        &greedy)
                  .ok());
  ASSERT_TRUE(trained.policy
                  ->Act(trained.observations, n, ActionMode::kStochastic,
                        uniforms, &sampled)
                  .ok());
  for (int64_t b = 0; b < n; ++b) {
    const double* row = &pi[b * 4];
    EXPECT_EQ(greedy.discrete_actions[b], std::max_element(row, row + 4) - row);
    // The inverse of the cumulative distribution, within rounding of its
    // edges.
    const int32_t action = sampled.discrete_actions[b];
    double below = 0, entropy = 0;
    for (int a = 0; a < 4; ++a) {
      if (a < action) below += row[a];
      entropy -= row[a] * std::log(row[a]);
    }
    EXPECT_GE(uniforms[b], below - kTolerance);
    EXPECT_LE(uniforms[b], below + row[action] + kTolerance);
    EXPECT_NEAR(sampled.log_probabilities[b], wanted[b * 4 + action],
                kTolerance * std::max(1.0, -wanted[b * 4 + action]));
    EXPECT_NEAR(sampled.entropies[b], entropy, kTolerance);
  }
}

}  // namespace
}  // namespace softfleet
