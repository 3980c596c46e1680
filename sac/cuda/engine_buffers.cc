// SPDX-License-Identifier: Apache-2.0
#include "sac/cuda/engine_buffers.h"

#include <algorithm>
#include <span>
#include <string>

namespace softfleet {
namespace {

SacStateView MakeView(std::string name, std::vector<int64_t> shape,
                      float* values) {
  int64_t elements = 1;
  for (const int64_t size : shape) elements *= size;
  return {std::move(name), std::move(shape), elements, values, nullptr};
}
SacStateView MakeView(std::string name, std::vector<int64_t> shape,
                      double* values) {
  int64_t elements = 1;
  for (const int64_t size : shape) elements *= size;
  return {std::move(name), std::move(shape), elements, nullptr, values};
}

template <typename T>
std::vector<SacStateView> ViewTyped(const SacCudaOptions& options, T* state) {
  const StateLayout layout(options);
  std::vector<SacStateView> views;
  const auto add = [&](const char* prefix, int64_t base,
                       const std::vector<fused::NamedTensor>& tensors) {
    for (const fused::NamedTensor& tensor : tensors) {
      views.push_back(MakeView(prefix + tensor.name, tensor.shape,
                               state + base + tensor.offset));
    }
  };
  const auto actor = fused::ActorTensors(layout.actor, options.continuous != 0);
  add("param/", layout.actor_parameters, actor);
  add("adam_m/", layout.actor_first, actor);
  add("adam_v/", layout.actor_second, actor);
  for (int32_t k = 0; k < options.num_critics; ++k) {
    const auto critic = fused::CriticTensors(layout.critic, k);
    add("param/", layout.critic_parameters, critic);
    add("adam_m/", layout.critic_first, critic);
    add("adam_v/", layout.critic_second, critic);
    add("target/", layout.targets, critic);
  }
  const char* const scalars[] = {"log_alpha", "log_alpha.adam_m",
                                 "log_alpha.adam_v", "alpha_used"};
  for (int64_t i = 0; i < 4; ++i) {
    views.push_back(MakeView(scalars[i], {1}, state + layout.log_alpha + i));
  }
  return views;
}

template <typename T>
class Packer {
 public:
  Packer(const BatchLayout& layout, std::byte* out)
      : layout_(layout), out_(out) {}

  template <typename U, typename From>
  void Copy(int64_t offset, std::span<const From> values) {
    std::transform(values.begin(), values.end(),
                   reinterpret_cast<U*>(out_ + offset),
                   [](From value) { return static_cast<U>(value); });
  }
  void Pack(const SacCudaOptions& options, const SacBatch& batch,
            const SacDraws& draws) {
    constexpr int64_t kSize = sizeof(T);
    const int64_t b = options.batch_size;
    Copy<T>(layout_.observations, batch.observations);
    Copy<T>(layout_.observations + b * options.observation_dim * kSize,
            batch.next_observations);
    Copy<T>(layout_.actions, batch.actions);
    // An update that leaves the actor alone needs no noise at s.
    if (static_cast<int64_t>(draws.noise.size()) == b * options.action_dim) {
      Copy<T>(layout_.noise, draws.noise);
    }
    if (options.continuous != 0) {
      Copy<T>(layout_.noise + b * options.action_dim * kSize, draws.next_noise);
    }
    Copy<int32_t>(layout_.discrete, batch.discrete_actions);
    Copy<int32_t>(layout_.subset, draws.subset);
    Copy<double>(layout_.rewards, batch.rewards);
    Copy<double>(layout_.discounts, batch.discounts);
    Copy<double>(layout_.weights, batch.weights);
    Copy<uint8_t>(layout_.terminated, batch.terminated);
  }

 private:
  const BatchLayout& layout_;
  std::byte* out_;
};

}  // namespace

SacCudaOptions ToCudaOptions(const SacOptions& from, int64_t batch_size,
                             uint64_t seed) {
  SacCudaOptions to = {};
  to.observation_dim = from.observation_dim;
  to.action_dim = from.action_dim;
  to.continuous = from.continuous ? 1 : 0;
  to.float64 = from.precision == SacOptions::Precision::kFloat64 ? 1 : 0;
  to.batch_size = static_cast<int32_t>(batch_size);
  to.actor_layers = static_cast<int32_t>(from.actor_hidden.size());
  to.critic_layers = static_cast<int32_t>(from.critic_hidden.size());
  std::copy(from.actor_hidden.begin(), from.actor_hidden.end(),
            to.actor_hidden);
  std::copy(from.critic_hidden.begin(), from.critic_hidden.end(),
            to.critic_hidden);
  to.num_critics = from.num_critics;
  to.target_subset = from.target_subset;
  to.aggregate_mean =
      from.actor_aggregate == SacOptions::Aggregate::kMean ? 1 : 0;
  to.critic_layer_norm = from.critic_layer_norm ? 1 : 0;
  to.policy_delay = from.policy_delay;
  to.alpha_fixed = from.alpha_mode == SacOptions::AlphaMode::kFixed ? 1 : 0;
  to.log_std_bounded =
      from.log_std_mode == SacOptions::LogStdMode::kBounded ? 1 : 0;
  to.log_std_min = from.log_std_min;
  to.log_std_max = from.log_std_max;
  to.tau = from.tau;
  to.actor_learning_rate = from.actor_learning_rate;
  to.critic_learning_rate = from.critic_learning_rate;
  to.alpha_learning_rate = from.alpha_learning_rate;
  to.adam_beta1 = from.adam_beta1;
  to.adam_beta2 = from.adam_beta2;
  to.adam_epsilon = from.adam_epsilon;
  to.alpha_init = from.alpha_init;
  to.target_entropy = from.target_entropy;
  to.log_volume = from.log_volume;
  to.priority_epsilon = from.priority_epsilon;
  to.seed = seed;
  return to;
}

std::vector<SacStateView> ViewState(const SacCudaOptions& options,
                                    float* state) {
  return ViewTyped(options, state);
}
std::vector<SacStateView> ViewState(const SacCudaOptions& options,
                                    double* state) {
  return ViewTyped(options, state);
}

void PackBatch(const SacCudaOptions& options, const SacBatch& batch,
               const SacDraws& draws, std::byte* out) {
  if (options.float64 != 0) {
    const BatchLayout layout(options, sizeof(double));
    Packer<double>(layout, out).Pack(options, batch, draws);
  } else {
    const BatchLayout layout(options, sizeof(float));
    Packer<float>(layout, out).Pack(options, batch, draws);
  }
}

SacStatistics ToStatistics(const SacCudaStatistics& from) {
  SacStatistics to;
  to.alpha = from.alpha;
  to.entropy = from.entropy;
  to.critic_loss = from.critic_loss;
  to.actor_loss = from.actor_loss;
  to.alpha_loss = from.alpha_loss;
  to.q_mean = from.q_mean;
  to.td_abs_mean = from.td_abs_mean;
  to.action_std_mean = from.action_std_mean;
  to.saturated_fraction = from.saturated_fraction;
  to.critic_gradient_norm = from.critic_gradient_norm;
  to.actor_gradient_norm = from.actor_gradient_norm;
  to.actor_updated = from.actor_updated != 0;
  return to;
}

}  // namespace softfleet
