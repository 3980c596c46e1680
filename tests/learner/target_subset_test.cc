// SPDX-License-Identifier: Apache-2.0
// Which critics form the target, seen from outside: of all agents that could
// have done the update, the one whose result is the learner's.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

#include "absl/strings/match.h"
#include "core/philox.h"
#include "tests/learner/fakes.h"

namespace softfleet {
namespace {

// Four critics, two in the target: six subsets. Nothing learns and the targets
// are large and unlike each other, so that every update is told apart.
LearnerOptions FrozenEnsemble() {
  LearnerOptions options = SmallLearner(true);
  options.batch_size = 64;
  options.sac.critic_hidden = {32};
  options.sac.num_critics = 4;
  options.sac.target_subset = 2;
  options.sac.tau = 1e-6;
  options.sac.actor_learning_rate = 0;
  options.sac.critic_learning_rate = 0;
  options.sac.alpha_learning_rate = 0;
  return options;
}

constexpr std::array<std::array<int64_t, 2>, 6> kSubsets = {
    {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}}};

void SpreadTargets(LearnerLoop& loop) {
  TensorMap state = loop.Save();
  Philox random(11, Purpose::kTest);
  for (auto& [name, tensor] : state) {
    if (!absl::StartsWith(name, "target/")) continue;
    const bool bias = absl::EndsWith(name, "bias");
    for (float& x : tensor.mutable_values<float>()) {
      x = bias ? 0 : static_cast<float>(3 * random.NextNormal());
    }
  }
  ASSERT_TRUE(loop.Restore(state).ok());
}

TEST(TargetSubsetTest, SubsetsAreDistinctCriticsDrawnUniformly) {
  const LearnerOptions options = FrozenEnsemble();
  FakeLearner learner(options);
  learner.Receive(options.warmup_steps);
  SpreadTargets(*learner.loop);
  const auto twin = SacAgent::Create(options.sac, options.seed);
  ASSERT_TRUE(twin.ok()) << twin.status();

  constexpr int kUpdates = 480;
  std::array<int, kSubsets.size()> drawn{};
  for (uint64_t update = 1; update <= kUpdates; ++update) {
    const TensorMap before = learner.loop->agent().Save();
    ASSERT_EQ(learner.Receive(1), 1);
    const TensorMap after = learner.loop->agent().Save();
    const TransitionBatch batch = RandomBatch(options, update);
    std::vector<float> noise(batch.actions.size()), next(noise.size());
    FillNormal(options.seed, Purpose::kUpdateNoise, 0, update, noise);
    FillNormal(options.seed, Purpose::kUpdateNextNoise, 0, update, next);
    int matches = 0;
    for (size_t s = 0; s < kSubsets.size(); ++s) {
      ASSERT_TRUE((*twin)->Restore(before).ok());
      ASSERT_TRUE(
          (*twin)->Update(AgentBatch(batch), {noise, next, kSubsets[s]}).ok());
      if ((*twin)->Save() != after) continue;
      ++matches;
      ++drawn[s];
    }
    ASSERT_EQ(matches, 1) << "update " << update;
  }
  double chi_square = 0;
  const double expected = kUpdates / static_cast<double>(kSubsets.size());
  for (const int count : drawn) {
    chi_square += (count - expected) * (count - expected) / expected;
  }
  // The 99.9th percentile for 5 degrees of freedom.
  EXPECT_LT(chi_square, 20.5);
}

}  // namespace
}  // namespace softfleet
