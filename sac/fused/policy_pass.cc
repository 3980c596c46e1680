// SPDX-License-Identifier: Apache-2.0
// Region 3 of the fused update: a block of rows from the critics at the
// policy's actions to the gradients at the actor's hidden layers.
#include <algorithm>

#include "sac/fused/functors.h"
#include "sac/fused/fused_update.h"

namespace softfleet::fused {

template <typename T>
void FusedUpdate<T>::PolicyBlock(Rows rows, int thread) {
  EnterPhase(clock_, UpdatePhase::kActorCriticPass, thread);
  ThreadMemory<T>& memory = memory_.threads[thread];
  // Discrete actions are no input of the critics.
  const Matrix<T>& input =
      options_.continuous ? *memory_.at_policy : *memory_.stored;
  for (int k = 0; k < options_.num_critics; ++k) {
    critics_[k].Forward(input.from_row(rows.begin), memory.critics[k], 0,
                        rows.count, memory_.q_pi[k]->from_row(rows.begin));
  }
  if (options_.continuous) {
    AssignRows(rows, &memory);
    ActionGradients(rows, &memory);
    GaussianHeadGradients(rows, memory);
  } else {
    CategoricalHeadGradients(rows);
  }
  EnterPhase(clock_, UpdatePhase::kActorBackward, thread);
  actor_.Backward(memory_.head_gradient->from_row(rows.begin),
                  memory_.actor_tape, rows.begin, rows.count);
}

// Which rows' gradients go through which critic; and the rows' costs.
template <typename T>
void FusedUpdate<T>::AssignRows(Rows rows, ThreadMemory<T>* memory) const {
  const bool mean = options_.actor_aggregate == SacOptions::Aggregate::kMean;
  for (std::vector<int>& list : memory->rows_of_critic) list.clear();
  for (int i = 0; i < rows.count; ++i) {
    const int64_t b = rows.begin + i;
    T sum = 0;
    int lowest = 0;
    for (int k = 0; k < options_.num_critics; ++k) {
      const T q = *memory_.q_pi[k]->row(b);
      sum += q;
      if (IsLower(q, *memory_.q_pi[lowest]->row(b))) lowest = k;
      if (mean) memory->rows_of_critic[k].push_back(i);
    }
    if (!mean) memory->rows_of_critic[lowest].push_back(i);
    const T q =
        mean ? sum / T(options_.num_critics) : *memory_.q_pi[lowest]->row(b);
    memory_.actor_cost[b] = SoftCost(alpha_used_, memory_.pi.logp[b], q);
  }
}

// The gradient of the actor's loss at the actions, through the critics.
template <typename T>
void FusedUpdate<T>::ActionGradients(Rows rows, ThreadMemory<T>* memory) {
  const bool mean = options_.actor_aggregate == SacOptions::Aggregate::kMean;
  const T share = T(-1) / (T(batch_.size) * T(mean ? options_.num_critics : 1));
  const int64_t dim = options_.action_dim;
  const Matrix<T>& sum = *memory->action_gradient_sum;
  std::fill_n(sum.data, rows.count * dim, T(0));
  std::fill_n(memory->q_gradient->data, rows.count, share);
  for (int k = 0; k < options_.num_critics; ++k) {
    const std::vector<int>& list = memory->rows_of_critic[k];
    const int count = static_cast<int>(list.size());
    if (count == 0) continue;
    memory->critics[k].KeepRows(list);
    critics_[k].InputGradient(*memory->q_gradient, memory->critics[k], 0, count,
                              static_cast<int>(options_.observation_dim),
                              static_cast<int>(dim), *memory->action_gradient);
    for (int i = 0; i < count; ++i) {
      const T* gradient = memory->action_gradient->row(i);
      for (int64_t d = 0; d < dim; ++d) sum.row(list[i])[d] += gradient[d];
    }
  }
}

template <typename T>
void FusedUpdate<T>::GaussianHeadGradients(Rows rows,
                                           const ThreadMemory<T>& memory) {
  const int64_t dim = options_.action_dim;
  const T logp_gradient = alpha_used_ / T(batch_.size);
  const PolicyRows<T>& pi = memory_.pi;
  for (int i = 0; i < rows.count; ++i) {
    const int64_t b = rows.begin + i;
    const T* action = memory_.at_policy->row(b) + options_.observation_dim;
    const T* action_gradient = memory.action_gradient_sum->row(i);
    T* head = memory_.head_gradient->row(b);
    for (int64_t d = 0; d < dim; ++d) {
      const GaussianGradient1d<T> gradient = GaussianGradient(
          action[d], pi.deviation->row(b)[d], pi.log_std_slope->row(b)[d],
          action_gradient[d], logp_gradient);
      head[d] = gradient.mean;
      head[dim + d] = gradient.raw;
    }
  }
}

template <typename T>
void FusedUpdate<T>::CategoricalHeadGradients(Rows rows) {
  const bool mean = options_.actor_aggregate == SacOptions::Aggregate::kMean;
  const T inverse_batch = T(1) / T(batch_.size);
  for (int64_t b = rows.begin; b < rows.begin + rows.count; ++b) {
    const T* pi = memory_.pi.pi->row(b);
    T* gradient = memory_.head_gradient->row(b);  // the costs at first
    T row_cost = 0;
    for (int64_t a = 0; a < options_.action_dim; ++a) {
      T lowest = memory_.q_pi[0]->row(b)[a], sum = lowest;
      for (int k = 1; k < options_.num_critics; ++k) {
        const T q = memory_.q_pi[k]->row(b)[a];
        sum += q;
        if (IsLower(q, lowest)) lowest = q;
      }
      const T q = mean ? sum / T(options_.num_critics) : lowest;
      gradient[a] = SoftCost(alpha_used_, memory_.pi.log_pi->row(b)[a], q);
      row_cost += pi[a] * gradient[a];
    }
    memory_.actor_cost[b] = row_cost;
    T rest = 0;
    for (int64_t a = 0; a < options_.action_dim; ++a) {
      rest += pi[a] * (gradient[a] - row_cost);
    }
    for (int64_t a = 0; a < options_.action_dim; ++a) {
      gradient[a] =
          LogitGradient(pi[a], gradient[a], row_cost, rest, inverse_batch);
    }
  }
}

template class FusedUpdate<float>;
template class FusedUpdate<double>;

}  // namespace softfleet::fused
