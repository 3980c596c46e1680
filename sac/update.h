// SPDX-License-Identifier: Apache-2.0
// The vocabulary of one Soft Actor-Critic update: hyperparameters, batch,
// draws, statistics, trace, state. Needs the standard library only: it is
// shared by every implementation of the update. Values; no threads.
#ifndef SOFTFLEET_SAC_UPDATE_H_
#define SOFTFLEET_SAC_UPDATE_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace softfleet {

// Fixed for a learner's life. Defaults: Haarnoja et al. 2018b as in
// Stable-Baselines3; the names follow RunConfig.sac.
struct SacOptions {
  enum class AlphaMode { kAuto, kFixed };
  enum class LogStdMode { kClamp, kBounded };
  enum class Aggregate { kMin, kMean };
  // kBFloat16: products of bfloat16 factors; sums and all state in float32.
  enum class Precision { kFloat32, kFloat64, kBFloat16 };
  // kReference: LibTorch autograd, to check the other by.
  enum class Engine { kFused, kReference };

  int64_t observation_dim = 0;  // of a (stacked) observation
  bool continuous = true;
  int64_t action_dim = 0;  // columns of a continuous action / number of actions
  std::vector<int64_t> actor_hidden = {256, 256};
  std::vector<int64_t> critic_hidden = {256, 256};

  double gamma = 0.99;
  double tau = 0.005;
  double actor_learning_rate = 3e-4;
  double critic_learning_rate = 3e-4;
  double alpha_learning_rate = 3e-4;
  double adam_beta1 = 0.9;
  double adam_beta2 = 0.999;
  double adam_epsilon = 1e-8;

  AlphaMode alpha_mode = AlphaMode::kAuto;
  double alpha_init = 1;
  double target_entropy = 0;  // nats, in the space of the log-probabilities
  // Subtracted from every log-probability: 0 for policy space, the sum of
  // log((high - low)/2) for entropy in the environment's units.
  double log_volume = 0;

  LogStdMode log_std_mode = LogStdMode::kClamp;
  double log_std_min = -20;
  double log_std_max = 2;

  int num_critics = 2;
  int target_subset = 0;  // 0 = all critics; else Draws::subset is read
  Aggregate actor_aggregate = Aggregate::kMin;
  bool critic_layer_norm = false;
  int policy_delay = 1;
  double priority_epsilon = 1e-6;
  Precision precision = Precision::kFloat32;

  // How the update is computed; no number depends on `threads`.
  Engine engine = Engine::kFused;
  int threads = 1;  // of the fused update
};

// B transitions, borrowed for the call. Rows are contiguous.
struct SacBatch {
  int64_t size = 0;                           // B
  std::span<const float> observations;        // [B, observation_dim]
  std::span<const float> actions;             // [B, action_dim] continuous
  std::span<const int64_t> discrete_actions;  // [B] discrete
  std::span<const double> rewards;            // [B] n-step sums
  std::span<const double> discounts;          // [B] gamma^k
  std::span<const uint8_t> terminated;        // [B] 1 = do not bootstrap
  std::span<const float> next_observations;   // [B, observation_dim]
  std::span<const double> weights;            // [B] importance, or empty
};

// The update's randomness, borrowed: Philox in training, files in tests.
struct SacDraws {
  std::span<const float> noise;       // [B, action_dim] at observations
  std::span<const float> next_noise;  // [B, action_dim] at next observations
  std::span<const int64_t> subset;    // [target_subset] distinct critics
};

// What a person watches, of one update.
struct SacStatistics {
  double alpha = 0;  // the value used, before its step
  double entropy = 0;
  double critic_loss = 0;
  double actor_loss = 0;
  double alpha_loss = 0;
  double q_mean = 0;       // of all critics at the stored actions
  double td_abs_mean = 0;  // mean |Q_k - y|
  // Mean over dimensions of the standard deviation over the batch of sampled
  // actions, after tanh; 0 for discrete actions.
  double action_std_mean = 0;
  double saturated_fraction = 0;  // of sampled components with |a| > 0.99
  double critic_gradient_norm = 0;
  double actor_gradient_norm = 0;
  // False where policy_delay skipped actor and temperature; then entropy,
  // actor_loss, alpha_loss, action_* and actor_gradient_norm are 0.
  bool actor_updated = false;
};

// Every intermediate of one update, row-major, by the names of
// tests/data/golden/README.md: "pi/mean", "next/logp", "target_q", "y", "q",
// "q_pi", "grad/critic0/l0.weight", "priority", "log_alpha.grad", ...
using SacTrace = std::map<std::string, std::vector<double>>;

// One tensor of the learner's state, in place: reading saves, writing loads.
// Names are those of the golden files: "param/actor/l0.weight",
// "target/critic0/out.bias", "adam_m/...", "adam_v/...", "log_alpha",
// "log_alpha.adam_m", "log_alpha.adam_v"; log_alpha is there in fixed mode too
// and does not change then. "alpha_used" is the last update's temperature.
struct SacStateView {
  std::string name;
  std::vector<int64_t> shape;
  int64_t elements = 0;
  float* f32 = nullptr;  // exactly one of the two is set
  double* f64 = nullptr;
};

// How many steps each optimiser has taken.
struct SacCounters {
  int64_t updates = 0;  // critics step on each
  int64_t actor_steps = 0;
  int64_t alpha_steps = 0;
  bool operator==(const SacCounters&) const = default;
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_UPDATE_H_
