// SPDX-License-Identifier: Apache-2.0
// What one fused update writes of a batch: kept until the next one (row b of
// the batch is row b everywhere), or of one block of rows, per thread.
#ifndef SOFTFLEET_SAC_FUSED_BATCH_MEMORY_H_
#define SOFTFLEET_SAC_FUSED_BATCH_MEMORY_H_

#include <cstdint>
#include <vector>

#include "sac/fused/buffer.h"
#include "sac/fused/network.h"
#include "sac/update.h"

namespace softfleet::fused {

// Rows that one task takes through all layers.
constexpr int kBlockRows = 64;

// A matrix with memory of its own.
template <typename T>
class OwnedMatrix {
 public:
  OwnedMatrix() = default;
  OwnedMatrix(int64_t rows, std::ptrdiff_t stride)
      : memory_(rows * stride), matrix_{memory_.data(), stride} {}
  const Matrix<T>& operator*() const { return matrix_; }
  const Matrix<T>* operator->() const { return &matrix_; }

 private:
  Buffer<T> memory_;
  Matrix<T> matrix_;
};

// The policy at rows of observations.
template <typename T>
struct PolicyRows {
  PolicyRows() = default;
  PolicyRows(const SacOptions& options, int64_t rows);

  OwnedMatrix<T> head;  // the network's output
  // Continuous, [rows, action_dim]; the action is in the critics' input.
  OwnedMatrix<T> log_std, log_std_slope, deviation, u;
  OwnedMatrix<T> log_pi, pi;  // discrete, [rows, action_dim]
  Buffer<T> logp;             // [rows] E[log pi]
};

// Of one thread; kBlockRows rows.
template <typename T>
struct ThreadMemory {
  ThreadMemory(const SacOptions& options, const NetworkLayout& actor,
               const NetworkLayout& critic);

  Tape<T> actor, target;         // of passes that nothing follows
  std::vector<Tape<T>> critics;  // at the policy's actions
  // The actor sees a row through all critics, or through the lowest.
  std::vector<std::vector<int>> rows_of_critic;  // within the block
  OwnedMatrix<T> q_gradient, action_gradient, action_gradient_sum;
};

template <typename T>
struct BatchMemory {
  BatchMemory() = default;
  BatchMemory(const SacOptions& options, const NetworkLayout& actor,
              const NetworkLayout& critic, int64_t rows);

  int64_t rows = 0;
  // Inputs of critics: observation, then (continuous) action. The actor reads
  // its observations there.
  OwnedMatrix<T> stored, at_policy, next;
  PolicyRows<T> pi, next_pi;
  Tape<T> actor_tape;
  std::vector<Tape<T>> critic_tapes;
  OwnedMatrix<T> head_gradient;
  // Per critic [rows, 1 or number of actions].
  std::vector<OwnedMatrix<T>> q, q_gradient, target_q, q_pi;
  Buffer<T> value, y, actor_cost;  // [rows]
  std::vector<ThreadMemory<T>> threads;
};

}  // namespace softfleet::fused

#endif  // SOFTFLEET_SAC_FUSED_BATCH_MEMORY_H_
