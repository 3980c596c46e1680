// SPDX-License-Identifier: Apache-2.0
// Losses and their gradients at the networks' outputs, and what a person
// watches of an update, as functors (see layer_kernels.h). C++17, standard
// library only.
#ifndef SOFTFLEET_SAC_CUDA_LOSS_KERNELS_H_
#define SOFTFLEET_SAC_CUDA_LOSS_KERNELS_H_

#include <cmath>
#include <cstdint>

#include "core/host_device.h"
#include "sac/cuda/engine_options.h"
#include "sac/cuda/update_kernels.h"
#include "sac/fused/functors.h"

namespace softfleet {

// Where the lowest of `count` critics' values is: `stride` lies between one
// critic's and the next; of `subset` where that is not null.
template <typename T>
SF_HOST_DEVICE int64_t LowestCritic(const T* q, int32_t count,
                                    const int32_t* subset, int64_t stride) {
  int64_t lowest = subset == nullptr ? 0 : subset[0] * stride;
  for (int32_t k = 1; k < count; ++k) {
    const int64_t at = (subset == nullptr ? k : subset[k]) * stride;
    if (fused::IsLower(q[at], q[lowest])) lowest = at;
  }
  return lowest;
}

template <typename T>
SF_HOST_DEVICE T MeanCritic(const T* q, int32_t critics, int64_t stride) {
  T sum = 0;
  for (int32_t k = 0; k < critics; ++k) sum += q[k * stride];
  return sum / static_cast<T>(critics);
}

// What the critics are measured by, per row of the batch.
struct RowMeasures {
  double* critic_loss;
  double* q;
  double* td_abs;
  double* actor_loss;
};

// Targets y, the critics' errors and their gradients; index over [B]. Q is
// [K, B] where actions are continuous, else [K, B, A].
template <typename T>
struct CriticErrors {
  const UpdateScalars<T>* scalars;
  PolicySample<T> sample;
  const T* target_q;
  const T* q;
  const double* rewards;
  const double* discounts;
  const uint8_t* terminated;
  const double* weights;  // or null
  const int32_t* subset;  // or null: all critics
  const int32_t* discrete;
  int32_t critics, subset_size;
  int64_t batch, action_dim;
  bool continuous;
  T priority_epsilon;
  T* gradient;  // as q
  T* priority;  // [B]
  RowMeasures measures;

  SF_HOST_DEVICE T LowestTarget(int64_t at, int64_t stride) const {
    const int32_t count = subset == nullptr ? critics : subset_size;
    return target_q[at + LowestCritic(target_q + at, count, subset, stride)];
  }
  SF_HOST_DEVICE T NextValue(int64_t i) const {
    const T alpha = scalars->alpha;
    const int64_t row = batch + i;
    if (continuous) return LowestTarget(i, batch) - alpha * sample.logp[row];
    T value = 0;
    for (int64_t a = 0; a < action_dim; ++a) {
      const int64_t at = row * action_dim + a;
      value += sample.pi[at] *
               (LowestTarget(i * action_dim + a, batch * action_dim) -
                alpha * sample.log_pi[at]);
    }
    return value;
  }
  SF_HOST_DEVICE void operator()(int64_t i) const {
    const T y = fused::BackedUp(static_cast<T>(rewards[i]),
                                static_cast<T>(discounts[i]),
                                terminated[i] != 0, NextValue(i));
    const T weight = weights == nullptr ? T(1) : static_cast<T>(weights[i]);
    const T inverse_batch = T(1) / static_cast<T>(batch);
    const int64_t columns = continuous ? 1 : action_dim;
    const int64_t chosen = continuous ? 0 : discrete[i];
    double loss = 0, q_sum = 0, td_abs = 0;
    for (int32_t k = 0; k < critics; ++k) {
      const int64_t row = (k * batch + i) * columns;
      for (int64_t a = 0; a < columns; ++a) gradient[row + a] = 0;
      const T value = q[row + chosen];
      const T error = value - y;
      gradient[row + chosen] =
          fused::TdGradient(value, y, weight, inverse_batch);
      loss += 0.5 * static_cast<double>(weight * error * error);
      q_sum += static_cast<double>(value);
      td_abs += std::abs(static_cast<double>(error));
    }
    priority[i] = static_cast<T>(td_abs / critics) + priority_epsilon;
    measures.critic_loss[i] = loss;
    measures.q[i] = q_sum / critics;
    measures.td_abs[i] = td_abs / critics;
  }
};

// The actor's loss and its gradient at the critics' values of (s, pi(s));
// index over [B]. Continuous actions.
template <typename T>
struct ActorErrors {
  const UpdateScalars<T>* scalars;
  const T* logp;  // [B]
  const T* q;     // [K, B]
  int32_t critics;
  int64_t batch;
  bool mean;
  T* gradient;  // [K, B]
  double* loss;

  SF_HOST_DEVICE void operator()(int64_t i) const {
    const T inverse_batch = T(1) / static_cast<T>(batch);
    const int64_t lowest = LowestCritic(q + i, critics, nullptr, batch);
    for (int32_t k = 0; k < critics; ++k) {
      const T share = mean ? T(1) / static_cast<T>(critics)
                           : static_cast<T>(k * batch == lowest ? 1 : 0);
      gradient[k * batch + i] = -share * inverse_batch;
    }
    loss[i] = static_cast<double>(fused::SoftCost(
        scalars->alpha, logp[i],
        mean ? MeanCritic(q + i, critics, batch) : q[i + lowest]));
  }
};

// The gradient at the actor's head; index over [B, A].
template <typename T>
struct HeadGradient {
  const UpdateScalars<T>* scalars;
  PolicySample<T> sample;
  const T* action_gradient;  // [K, B, A]
  int32_t critics;
  int64_t batch, action_dim;
  T* gradient;  // [B, 2 A]

  SF_HOST_DEVICE void operator()(int64_t i) const {
    const int64_t row = i / action_dim, d = i % action_dim;
    T sum = 0;
    for (int32_t k = 0; k < critics; ++k) {
      sum += action_gradient[k * batch * action_dim + i];
    }
    const fused::GaussianGradient1d<T> g = fused::GaussianGradient(
        sample.action[i], sample.deviation[i], sample.slope[i], sum,
        scalars->alpha / static_cast<T>(batch));
    gradient[row * 2 * action_dim + d] = g.mean;
    gradient[row * 2 * action_dim + action_dim + d] = g.raw;
  }
};

// Loss and gradient of a discrete actor; index over [B].
template <typename T>
struct LogitErrors {
  const UpdateScalars<T>* scalars;
  PolicySample<T> sample;
  const T* q;  // [K, B, A]
  int32_t critics;
  int64_t batch, action_dim;
  bool mean;
  T* gradient;  // [B, A]
  double* loss;

  SF_HOST_DEVICE T Cost(int64_t i, int64_t a) const {
    const int64_t stride = batch * action_dim;
    const T* values = q + i * action_dim + a;
    return fused::SoftCost(
        scalars->alpha, sample.log_pi[i * action_dim + a],
        mean ? MeanCritic(values, critics, stride)
             : values[LowestCritic(values, critics, nullptr, stride)]);
  }
  SF_HOST_DEVICE void operator()(int64_t i) const {
    T row_cost = 0;
    for (int64_t a = 0; a < action_dim; ++a) {
      row_cost += sample.pi[i * action_dim + a] * Cost(i, a);
    }
    T rest = 0;
    for (int64_t a = 0; a < action_dim; ++a) {
      rest += sample.pi[i * action_dim + a] * (Cost(i, a) - row_cost);
    }
    for (int64_t a = 0; a < action_dim; ++a) {
      gradient[i * action_dim + a] =
          fused::LogitGradient(sample.pi[i * action_dim + a], Cost(i, a),
                               row_cost, rest, T(1) / static_cast<T>(batch));
    }
    loss[i] = static_cast<double>(row_cost);
  }
};

// One update's statistics into their place in the ring of them; one team.
template <typename T>
struct RecordStatistics {
  const UpdateScalars<T>* scalars;
  PolicySample<T> sample;
  RowMeasures measures;
  int64_t batch, action_dim;
  bool continuous, act;
  const double* critic_squares;  // [parts]
  const double* actor_squares;   // [parts]
  int64_t parts;
  SacCudaStatistics* ring;
  int64_t ring_size;

  template <typename Team, typename Value>
  SF_HOST_DEVICE double Mean(const Team& team, int64_t count,
                             const Value& value) const {
    double sum = 0;
    for (int64_t i = team.rank(); i < count; i += team.size()) {
      sum += static_cast<double>(value[i]);
    }
    return team.Sum(sum) / static_cast<double>(count);
  }
  template <typename Team>
  SF_HOST_DEVICE double Norm(const Team& team, const double* squares) const {
    const auto n = static_cast<double>(parts);
    return std::sqrt(Mean(team, parts, squares) * n);
  }
  // Mean over dimensions of the standard deviation over the batch.
  template <typename Team>
  SF_HOST_DEVICE double Spread(const Team& team) const {
    double spread = 0;
    for (int64_t d = 0; d < action_dim; ++d) {
      double sum = 0, squares = 0;
      for (int64_t i = team.rank(); i < batch; i += team.size()) {
        sum += static_cast<double>(sample.action[i * action_dim + d]);
      }
      const double mean = team.Sum(sum) / static_cast<double>(batch);
      for (int64_t i = team.rank(); i < batch; i += team.size()) {
        const double deviation =
            static_cast<double>(sample.action[i * action_dim + d]) - mean;
        squares += deviation * deviation;
      }
      spread += std::sqrt(team.Sum(squares) / static_cast<double>(batch));
    }
    return spread / static_cast<double>(action_dim);
  }
  template <typename Team>
  SF_HOST_DEVICE double Saturated(const Team& team) const {
    double count = 0;
    for (int64_t i = team.rank(); i < batch * action_dim; i += team.size()) {
      const auto size = std::abs(static_cast<double>(sample.action[i]));
      count += size > fused::kSaturation ? 1 : 0;
    }
    return team.Sum(count) / static_cast<double>(batch * action_dim);
  }
  template <typename Team>
  SF_HOST_DEVICE void operator()(const Team& team, int64_t) const {
    SacCudaStatistics s = {};
    s.update = scalars->counters.updates;
    s.alpha = static_cast<double>(scalars->alpha);
    s.critic_loss = Mean(team, batch, measures.critic_loss);
    s.q_mean = Mean(team, batch, measures.q);
    s.td_abs_mean = Mean(team, batch, measures.td_abs);
    s.critic_gradient_norm = Norm(team, critic_squares);
    s.actor_updated = act ? 1 : 0;
    if (act) {
      s.entropy = -Mean(team, batch, sample.logp);
      s.actor_loss = Mean(team, batch, measures.actor_loss);
      s.alpha_loss = static_cast<double>(scalars->alpha_loss);
      s.actor_gradient_norm = Norm(team, actor_squares);
      if (continuous) {
        s.action_std_mean = Spread(team);
        s.saturated_fraction = Saturated(team);
      }
    }
    if (team.rank() == 0) ring[(s.update - 1) % ring_size] = s;
  }
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_LOSS_KERNELS_H_
