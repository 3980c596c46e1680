// SPDX-License-Identifier: Apache-2.0
// Where everything that an engine remembers lies in one flat buffer, and the
// batch in another. Both sides of the plug-in's door compute it from the same
// options. C++17, standard library only.
#ifndef SOFTFLEET_SAC_CUDA_STATE_LAYOUT_H_
#define SOFTFLEET_SAC_CUDA_STATE_LAYOUT_H_

#include <cstdint>
#include <vector>

#include "sac/cuda/engine_options.h"
#include "sac/fused/layout.h"

namespace softfleet {

// Offsets in elements of T.
struct StateLayout {
  fused::NetworkLayout actor, critic;
  std::int64_t actor_parameters = 0, actor_first = 0, actor_second = 0;
  std::int64_t critic_parameters = 0, critic_first = 0, critic_second = 0;
  std::int64_t targets = 0;
  std::int64_t log_alpha = 0;  // then its moments, then the alpha last used
  std::int64_t elements = 0;

  explicit StateLayout(const SacCudaOptions& options) {
    const auto hidden = [](const std::int64_t* widths, std::int32_t layers) {
      return std::vector<std::int64_t>(widths, widths + layers);
    };
    const bool continuous = options.continuous != 0;
    const std::int64_t actions = options.action_dim;
    actor = fused::LayOutNetwork(
        options.observation_dim,
        hidden(options.actor_hidden, options.actor_layers),
        continuous ? 2 * actions : actions, /*layer_norm=*/false);
    critic = fused::LayOutNetwork(
        options.observation_dim + (continuous ? actions : 0),
        hidden(options.critic_hidden, options.critic_layers),
        continuous ? 1 : actions, options.critic_layer_norm != 0);
    const std::int64_t critics = options.num_critics * critic.elements;
    actor_parameters = Take(actor.elements);
    actor_first = Take(actor.elements);
    actor_second = Take(actor.elements);
    critic_parameters = Take(critics);
    critic_first = Take(critics);
    critic_second = Take(critics);
    targets = Take(critics);
    log_alpha = Take(4);
  }

 private:
  std::int64_t Take(std::int64_t count) {
    const std::int64_t offset = elements;
    elements += fused::RoundUp(count);
    return offset;
  }
};

// Offsets in bytes of what an update reads. Observations are [s; s'].
struct BatchLayout {
  std::int64_t observations = 0;  // T [2 B, observation_dim]
  std::int64_t actions = 0;       // T [B, action_dim], continuous
  std::int64_t noise = 0;         // T [2 B, action_dim], at s and at s'
  std::int64_t discrete = 0;      // int32 [B]
  std::int64_t subset = 0;        // int32 [target_subset]
  std::int64_t rewards = 0;       // double [B]
  std::int64_t discounts = 0;     // double [B]
  std::int64_t weights = 0;       // double [B]
  std::int64_t ids = 0;           // uint64 [B]
  std::int64_t steps = 0;         // int32 [B]
  std::int64_t terminated = 0;    // uint8 [B]
  std::int64_t bytes = 0;

  BatchLayout(const SacCudaOptions& options, std::int64_t element_bytes) {
    const std::int64_t b = options.batch_size;
    const std::int64_t a = options.continuous != 0 ? options.action_dim : 0;
    observations = Take(2 * b * options.observation_dim * element_bytes);
    actions = Take(b * a * element_bytes);
    noise = Take(2 * b * a * element_bytes);
    discrete = Take(b * 4);
    subset = Take(options.num_critics * 4);
    rewards = Take(b * 8);
    discounts = Take(b * 8);
    weights = Take(b * 8);
    ids = Take(b * 8);
    steps = Take(b * 4);
    terminated = Take(b);
  }

 private:
  std::int64_t Take(std::int64_t size) {
    const std::int64_t offset = bytes;
    bytes += (size + 255) / 256 * 256;
    return offset;
  }
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_STATE_LAYOUT_H_
