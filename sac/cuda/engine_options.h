// SPDX-License-Identifier: Apache-2.0
// What crosses the plug-in's door about an update engine: plain C types only
// (plugin_abi.h), the meaning of the fields as in sac/update.h.
#ifndef SOFTFLEET_SAC_CUDA_ENGINE_OPTIONS_H_
#define SOFTFLEET_SAC_CUDA_ENGINE_OPTIONS_H_

#include <cstdint>

namespace softfleet {

extern "C" {

struct SacCudaOptions {
  std::int64_t observation_dim;
  std::int64_t action_dim;
  std::int32_t continuous;
  std::int32_t float64;  // else float32
  std::int32_t tf32;     // matrix products of float32 in TF32
  std::int32_t batch_size;
  std::int32_t actor_layers;  // hidden ones
  std::int32_t critic_layers;
  std::int64_t actor_hidden[32];
  std::int64_t critic_hidden[32];
  std::int32_t num_critics;
  std::int32_t target_subset;  // 0 = all
  std::int32_t aggregate_mean;
  std::int32_t critic_layer_norm;
  std::int32_t policy_delay;
  std::int32_t alpha_fixed;
  std::int32_t log_std_bounded;
  std::int32_t reserved;
  double log_std_min;
  double log_std_max;
  double tau;
  double actor_learning_rate;
  double critic_learning_rate;
  double alpha_learning_rate;
  double adam_beta1;
  double adam_beta2;
  double adam_epsilon;
  double alpha_init;
  double target_entropy;
  double log_volume;
  double priority_epsilon;
  std::uint64_t seed;  // of draws and noise that the engine makes itself
};

// How an engine draws from its ring.
struct SacCudaSampling {
  std::int32_t n_step;
  std::int32_t prioritized;
  double gamma;
  double reward_scale;
  double priority_exponent;
  // The importance exponent rises from `begin` to `end` over so many updates.
  double importance_begin;
  double importance_end;
  double importance_updates;
};

// Of one update; see SacStatistics.
struct SacCudaStatistics {
  std::int64_t update;  // its number, from 1
  double alpha;
  double entropy;
  double critic_loss;
  double actor_loss;
  double alpha_loss;
  double q_mean;
  double td_abs_mean;
  double action_std_mean;
  double saturated_fraction;
  double critic_gradient_norm;
  double actor_gradient_norm;
  std::int32_t actor_updated;
  std::int32_t reserved;
};

struct SacCudaCounters {
  std::int64_t updates;
  std::int64_t actor_steps;
  std::int64_t alpha_steps;
};

}  // extern "C"

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_ENGINE_OPTIONS_H_
