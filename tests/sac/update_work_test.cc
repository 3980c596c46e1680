// SPDX-License-Identifier: Apache-2.0
#include "sac/update_work.h"

#include <gtest/gtest.h>

#include "sac/product_rate.h"

namespace softfleet {
namespace {

double Flops(const SacOptions& options, UpdatePhase phase) {
  double flops = 0;
  for (const auto& product : WorkOf(options, 256, phase).products) {
    flops += product.flops();
  }
  return flops;
}

SacOptions HalfCheetah() {
  SacOptions options;
  options.observation_dim = 17;
  options.action_dim = 6;
  return options;
}

// Counted by hand: 2 B (weights that a row meets).
TEST(UpdateWork, ProductsAreThoseOfTheNetworks) {
  const SacOptions options = HalfCheetah();
  const double actor = 17 * 256 + 256 * 256 + 256 * 12;
  const double critic = 23 * 256 + 256 * 256 + 256;
  const double row = 2 * 256;
  EXPECT_EQ(Flops(options, UpdatePhase::kActorForward), 2 * row * actor);
  EXPECT_EQ(Flops(options, UpdatePhase::kTargetCritics), 2 * row * critic);
  EXPECT_EQ(Flops(options, UpdatePhase::kCriticForward), 2 * row * critic);
  // Weights as forward, inputs but for those of the first layer.
  EXPECT_EQ(Flops(options, UpdatePhase::kCriticBackward),
            2 * row * (2 * critic - 23 * 256));
  EXPECT_EQ(Flops(options, UpdatePhase::kActorBackward),
            row * (2 * actor - 17 * 256));
  // Both critics forward; one per row back, to the six columns of the action.
  EXPECT_EQ(Flops(options, UpdatePhase::kActorCriticPass),
            row * (2 * critic + 256 + 256 * 256 + 6 * 256));
  EXPECT_EQ(Flops(options, UpdatePhase::kNoise), 0);
}

TEST(UpdateWork, ADelayedActorCostsItsShare) {
  SacOptions options = HalfCheetah();
  options.policy_delay = 4;
  EXPECT_EQ(Flops(options, UpdatePhase::kActorBackward),
            Flops(HalfCheetah(), UpdatePhase::kActorBackward) / 4);
  EXPECT_EQ(Flops(options, UpdatePhase::kActorForward),
            Flops(HalfCheetah(), UpdatePhase::kActorForward) * 1.25 / 2);
  EXPECT_EQ(WorkOf(options, 256, UpdatePhase::kActorStep).bytes,
            WorkOf(HalfCheetah(), 256, UpdatePhase::kActorStep).bytes / 4);
}

TEST(UpdateWork, AdamReadsAndWritesEveryParameter) {
  const double parameters = 2 * (24 * 256 + 257 * 256 + 257);
  SacOptions options = HalfCheetah();
  options.engine = SacOptions::Engine::kReference;
  EXPECT_EQ(WorkOf(options, 256, UpdatePhase::kCriticStep).bytes,
            9 * 4 * parameters);
  // Each gradient is written with the products and read by nobody.
  const double reference =
      WorkOf(options, 256, UpdatePhase::kCriticBackward).bytes;
  options.engine = SacOptions::Engine::kFused;
  EXPECT_EQ(WorkOf(options, 256, UpdatePhase::kCriticBackward).bytes,
            reference + 8 * 4 * parameters);
  EXPECT_EQ(WorkOf(options, 256, UpdatePhase::kCriticStep).bytes,
            4 * 4 * parameters);
}

TEST(ProductRate, EveryPrecisionHasABound) {
  SacOptions options = HalfCheetah();
  options.actor_hidden = options.critic_hidden = {16};
  const auto work = WorkOf(options, 8, UpdatePhase::kCriticBackward);
  for (const auto precision :
       {SacOptions::Precision::kFloat32, SacOptions::Precision::kFloat64}) {
    const ProductRate rate = MeasureProducts(work.products, precision);
    EXPECT_GT(rate.seconds, 0);
    EXPECT_FALSE(rate.implementation.empty());
  }
}

}  // namespace
}  // namespace softfleet
