// SPDX-License-Identifier: Apache-2.0
#include "learner/learner_options.h"

#include <cmath>

#include "run/config.h"

namespace softfleet {
namespace {

// Bounds of log_std where the configuration leaves them open.
constexpr double kClampMin = -20, kBoundedMin = -5, kLogStdMax = 2;

std::vector<int64_t> Widths(
    const google::protobuf::RepeatedField<int32_t>& hidden) {
  return {hidden.begin(), hidden.end()};
}

// Sum of log((high - low) / 2).
double LogVolume(const ActionBounds& bounds) {
  double sum = 0;
  for (size_t i = 0; i < bounds.low.size(); ++i) {
    sum += std::log((bounds.high[i] - bounds.low[i]) / 2);
  }
  return sum;
}

double TargetEntropy(const v1::SacConfig& config, const ActionSpec& action) {
  if (config.has_target_entropy()) return config.target_entropy();
  if (action.continuous()) return -static_cast<double>(action.dimension);
  return config.target_entropy_scale() *
         std::log(static_cast<double>(action.num_actions));
}

SacOptions::Precision PrecisionOf(const v1::SacConfig& config) {
  switch (config.precision()) {
    case v1::Precision::float64:
      return SacOptions::Precision::kFloat64;
    case v1::Precision::bf16:
      return SacOptions::Precision::kBFloat16;
    case v1::Precision::float32:
      break;
  }
  return SacOptions::Precision::kFloat32;
}

LearnerOptions::Device DeviceOf(const v1::LearnerConfig& config) {
  switch (config.device()) {
    case v1::Device::cuda:
      return LearnerOptions::Device::kCuda;
    case v1::Device::auto_:
      return LearnerOptions::Device::kAuto;
    case v1::Device::cpu:
      break;
  }
  return LearnerOptions::Device::kCpu;
}

SacOptions MakeSacOptions(const v1::SacConfig& config, const Schema& schema,
                          const ActionBounds& bounds) {
  const ActionSpec& action = schema.action;
  SacOptions options;
  options.observation_dim = schema.frame_stack * schema.ObservationElements();
  options.continuous = action.continuous();
  options.action_dim =
      action.continuous() ? action.dimension : action.num_actions;
  options.actor_hidden = Widths(config.actor_hidden());
  options.critic_hidden = Widths(config.critic_hidden());
  options.gamma = config.gamma();
  options.tau = config.tau();
  options.actor_learning_rate = config.actor_learning_rate();
  options.critic_learning_rate = config.critic_learning_rate();
  options.alpha_learning_rate = config.alpha_learning_rate();
  options.adam_beta1 = config.adam_beta1();
  options.adam_beta2 = config.adam_beta2();
  options.adam_epsilon = config.adam_epsilon();
  options.alpha_mode = config.alpha_mode() == v1::AlphaMode::fixed
                           ? SacOptions::AlphaMode::kFixed
                           : SacOptions::AlphaMode::kAuto;
  options.alpha_init = config.alpha_init();
  options.target_entropy = TargetEntropy(config, action);
  if (config.entropy_space() == v1::EntropySpace::env) {
    options.log_volume = LogVolume(bounds);
  }
  const bool bounded = config.log_std() == v1::LogStdMode::bounded;
  options.log_std_mode = bounded ? SacOptions::LogStdMode::kBounded
                                 : SacOptions::LogStdMode::kClamp;
  options.log_std_min = config.has_log_std_min()
                            ? config.log_std_min()
                            : (bounded ? kBoundedMin : kClampMin);
  options.log_std_max =
      config.has_log_std_max() ? config.log_std_max() : kLogStdMax;
  options.num_critics = config.num_critics();
  options.target_subset = config.target_subset();
  options.actor_aggregate = config.actor_aggregate() == v1::ActorAggregate::mean
                                ? SacOptions::Aggregate::kMean
                                : SacOptions::Aggregate::kMin;
  options.critic_layer_norm = config.critic_layer_norm();
  options.policy_delay = config.policy_delay();
  options.precision = PrecisionOf(config);
  options.engine = config.engine() == v1::UpdateEngine::reference
                       ? SacOptions::Engine::kReference
                       : SacOptions::Engine::kFused;
  return options;
}

}  // namespace

LearnerOptions MakeLearnerOptions(const v1::RunConfig& config,
                                  const Schema& schema,
                                  const ActionBounds& bounds) {
  LearnerOptions options;
  options.seed = config.seed();
  options.schema = schema;
  options.bounds = bounds;
  options.sac = MakeSacOptions(WithDefaults(config).sac(), schema, bounds);
  options.sac.threads = config.learner().threads();
  options.device = DeviceOf(config.learner());
  options.batch_size = config.sac().batch_size();
  options.n_step = config.sac().n_step();
  options.reward_scale = config.sac().reward_scale();
  options.normalize_observations = config.sac().normalize_observations();
  options.updates_per_step = config.learner().updates_per_step();
  options.warmup_steps = config.learner().warmup_steps();
  options.environment = EnvironmentId(config.environment());
  return options;
}

}  // namespace softfleet
