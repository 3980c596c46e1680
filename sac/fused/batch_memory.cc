// SPDX-License-Identifier: Apache-2.0
#include "sac/fused/batch_memory.h"

namespace softfleet::fused {

template <typename T>
PolicyRows<T>::PolicyRows(const SacOptions& options, int64_t rows)
    : logp(rows) {
  const int64_t dim = options.action_dim;
  if (options.continuous) {
    head = OwnedMatrix<T>(rows, 2 * dim);
    log_std = OwnedMatrix<T>(rows, dim);
    log_std_slope = OwnedMatrix<T>(rows, dim);
    deviation = OwnedMatrix<T>(rows, dim);
    u = OwnedMatrix<T>(rows, dim);
  } else {
    head = OwnedMatrix<T>(rows, dim);
    log_pi = OwnedMatrix<T>(rows, dim);
    pi = OwnedMatrix<T>(rows, dim);
  }
}

template <typename T>
ThreadMemory<T>::ThreadMemory(const SacOptions& options,
                              const NetworkLayout& actor_layout,
                              const NetworkLayout& critic_layout)
    : actor(actor_layout, kBlockRows, /*with_gradients=*/false),
      target(critic_layout, kBlockRows, /*with_gradients=*/false),
      q_gradient(kBlockRows, 1),
      action_gradient(kBlockRows, options.action_dim),
      action_gradient_sum(kBlockRows, options.action_dim) {
  for (int k = 0; k < options.num_critics; ++k) {
    critics.emplace_back(critic_layout, kBlockRows, options.continuous);
    rows_of_critic.emplace_back();
    rows_of_critic.back().reserve(kBlockRows);
  }
}

template <typename T>
BatchMemory<T>::BatchMemory(const SacOptions& options,
                            const NetworkLayout& actor,
                            const NetworkLayout& critic, int64_t rows)
    : rows(rows),
      pi(options, rows),
      next_pi(options, rows),
      actor_tape(actor, rows, /*with_gradients=*/true),
      head_gradient(rows, actor.layers.back().out),
      value(rows),
      y(rows),
      actor_cost(rows) {
  const std::ptrdiff_t stride =
      PaddedStride<T>(static_cast<int>(critic.layers.front().in));
  for (OwnedMatrix<T>* input : {&stored, &at_policy, &next}) {
    *input = OwnedMatrix<T>(rows, stride);
  }
  const std::ptrdiff_t outputs = critic.layers.back().out;
  for (int k = 0; k < options.num_critics; ++k) {
    critic_tapes.emplace_back(critic, rows, /*with_gradients=*/true);
    for (auto* matrices : {&q, &q_gradient, &target_q, &q_pi}) {
      matrices->emplace_back(rows, outputs);
    }
  }
  for (int thread = 0; thread < options.threads; ++thread) {
    threads.emplace_back(options, actor, critic);
  }
}

template struct PolicyRows<float>;
template struct PolicyRows<double>;
template struct ThreadMemory<float>;
template struct ThreadMemory<double>;
template struct BatchMemory<float>;
template struct BatchMemory<double>;

}  // namespace softfleet::fused
