// SPDX-License-Identifier: Apache-2.0
// Region 1 of the fused update: a block of rows from its observations to the
// gradients at the critics' hidden layers.
#include <algorithm>

#include "sac/fused/functors.h"
#include "sac/fused/fused_update.h"

namespace softfleet::fused {

template <typename T>
void FusedUpdate<T>::ValueBlock(Rows rows, int thread) {
  EnterPhase(clock_, UpdatePhase::kActorForward, thread);
  LoadInputs(rows);
  const ThreadMemory<T>& scratch = memory_.threads[thread];
  if (acts_) {
    Act(*memory_.at_policy, draws_.noise.data(), memory_.actor_tape, rows.begin,
        rows, memory_.pi);
  }
  Act(*memory_.next, draws_.next_noise.data(), scratch.actor, 0, rows,
      memory_.next_pi);
  EnterPhase(clock_, UpdatePhase::kTargetCritics, thread);
  for (int k = 0; k < options_.num_critics; ++k) {
    targets_[k].Forward(memory_.next->from_row(rows.begin), scratch.target, 0,
                        rows.count, memory_.target_q[k]->from_row(rows.begin));
  }
  Target(rows);
  for (int k = 0; k < options_.num_critics; ++k) {
    EnterPhase(clock_, UpdatePhase::kCriticForward, thread);
    const Tape<T>& tape = memory_.critic_tapes[k];
    critics_[k].Forward(memory_.stored->from_row(rows.begin), tape, rows.begin,
                        rows.count, memory_.q[k]->from_row(rows.begin));
    TdErrors(rows, k);
    EnterPhase(clock_, UpdatePhase::kCriticBackward, thread);
    critics_[k].Backward(memory_.q_gradient[k]->from_row(rows.begin), tape,
                         rows.begin, rows.count);
  }
}

template <typename T>
void FusedUpdate<T>::LoadInputs(Rows rows) {
  const int64_t observations = options_.observation_dim;
  const int64_t actions = options_.continuous ? options_.action_dim : 0;
  for (int64_t b = rows.begin; b < rows.begin + rows.count; ++b) {
    const float* observation = &batch_.observations[b * observations];
    std::copy_n(observation, observations, memory_.stored->row(b));
    std::copy_n(observation, observations, memory_.at_policy->row(b));
    std::copy_n(&batch_.next_observations[b * observations], observations,
                memory_.next->row(b));
    std::copy_n(batch_.actions.data() + b * actions, actions,
                memory_.stored->row(b) + observations);
  }
}

template <typename T>
void FusedUpdate<T>::Act(const Matrix<T>& input, const float* noise,
                         const Tape<T>& tape, int first, Rows rows,
                         const PolicyRows<T>& policy) {
  actor_.Forward(input.from_row(rows.begin), tape, first, rows.count,
                 policy.head->from_row(rows.begin));
  if (options_.continuous) {
    SampleActions(input, noise, rows, policy);
    return;
  }
  for (int64_t b = rows.begin; b < rows.begin + rows.count; ++b) {
    policy.logp[b] = LogSoftmax(policy.head->row(b), options_.action_dim,
                                policy.log_pi->row(b), policy.pi->row(b));
  }
}

template <typename T>
void FusedUpdate<T>::SampleActions(const Matrix<T>& input, const float* noise,
                                   Rows rows, const PolicyRows<T>& policy) {
  kernels_.sample({{T(options_.log_std_min), T(options_.log_std_max),
                    options_.log_std_mode == SacOptions::LogStdMode::kBounded},
                   T(options_.log_volume),
                   static_cast<int>(options_.action_dim),
                   policy.head->data,
                   policy.head->stride,
                   noise,
                   input.data + options_.observation_dim,
                   input.stride,
                   policy.log_std->data,
                   policy.log_std_slope->data,
                   policy.deviation->data,
                   policy.u->data,
                   policy.logp.data()},
                  rows.begin, rows.begin + rows.count);
}

// The least of the target critics that count, at one action if discrete.
template <typename T>
T FusedUpdate<T>::LowestTarget(int64_t row, int64_t column) const {
  const bool all = options_.target_subset == 0;
  const int count = all ? options_.num_critics : options_.target_subset;
  T lowest = 0;
  for (int i = 0; i < count; ++i) {
    const int64_t critic = all ? i : draws_.subset[i];
    const T q = memory_.target_q[critic]->row(row)[column];
    if (i == 0 || IsLower(q, lowest)) lowest = q;
  }
  return lowest;
}

template <typename T>
void FusedUpdate<T>::Target(Rows rows) {
  const PolicyRows<T>& next = memory_.next_pi;
  for (int64_t b = rows.begin; b < rows.begin + rows.count; ++b) {
    T value = 0;
    if (options_.continuous) {
      value = -SoftCost(alpha_used_, next.logp[b], LowestTarget(b, 0));
    } else {
      for (int64_t a = 0; a < options_.action_dim; ++a) {
        value -=
            next.pi->row(b)[a] *
            SoftCost(alpha_used_, next.log_pi->row(b)[a], LowestTarget(b, a));
      }
    }
    memory_.value[b] = value;
    memory_.y[b] = BackedUp(T(batch_.rewards[b]), T(batch_.discounts[b]),
                            batch_.terminated[b] != 0, value);
  }
}

template <typename T>
void FusedUpdate<T>::TdErrors(Rows rows, int critic) {
  const T inverse_batch = T(1) / T(batch_.size);
  for (int64_t b = rows.begin; b < rows.begin + rows.count; ++b) {
    const int64_t column = options_.continuous ? 0 : batch_.discrete_actions[b];
    T* gradient = memory_.q_gradient[critic]->row(b);
    std::fill_n(gradient, critic_layout_.layers.back().out, T(0));
    const T weight = batch_.weights.empty() ? T(1) : T(batch_.weights[b]);
    gradient[column] = TdGradient(memory_.q[critic]->row(b)[column],
                                  memory_.y[b], weight, inverse_batch);
  }
}

template class FusedUpdate<float>;
template class FusedUpdate<double>;

}  // namespace softfleet::fused
