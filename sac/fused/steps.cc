// SPDX-License-Identifier: Apache-2.0
// Regions 2 and 4 of the fused update: rows of weights from their gradients to
// their new values, packed; and the temperature's step.
#include "sac/fused/functors.h"
#include "sac/fused/fused_update.h"

namespace softfleet::fused {

template <typename T>
void FusedUpdate<T>::StepTemperature() {
  double sum = 0;
  for (int64_t b = 0; b < batch_.size; ++b) sum += memory_.pi.logp[b];
  log_alpha_gradient_ = LogAlphaGradient(
      T(sum / static_cast<double>(batch_.size)), T(options_.target_entropy));
  log_alpha_before_ = log_alpha_[0];
  if (options_.alpha_mode == SacOptions::AlphaMode::kFixed) return;
  const auto constants = AdamAtStep<T>(
      options_.alpha_learning_rate, options_.adam_beta1, options_.adam_beta2,
      options_.adam_epsilon, ++counters_.alpha_steps);
  AdamStep(constants, log_alpha_gradient_, &log_alpha_[0], &log_alpha_[1],
           &log_alpha_[2]);
}

template <typename T>
void FusedUpdate<T>::StepCritics() {
  const AdamSweep<T> sweep{
      AdamAtStep<T>(options_.critic_learning_rate, options_.adam_beta1,
                    options_.adam_beta2, options_.adam_epsilon,
                    counters_.updates),
      T(options_.tau),
      critic_buffers_.gradients.data(),
      critic_buffers_.parameters.data(),
      critic_buffers_.first.data(),
      critic_buffers_.second.data(),
      target_parameters_.data()};
  Share(static_cast<int>(critic_rows_.size()), [&](int task, int thread) {
    const WeightRows& rows = critic_rows_[task];
    const int k = rows.network;
    const int64_t base = k * critic_layout_.elements;
    EnterPhase(clock_, UpdatePhase::kCriticBackward, thread);
    critics_[k].StepParameters(
        rows.layer, *memory_.stored, memory_.critic_tapes[k],
        *memory_.q_gradient[k], static_cast<int>(batch_.size), rows.begin,
        rows.end, &critic_buffers_.gradients[base], sweep.from(base));
    EnterPhase(clock_, UpdatePhase::kCriticStep, thread);
    critics_[k].Pack(rows.layer, rows.begin, rows.end);
    targets_[k].Pack(rows.layer, rows.begin, rows.end);
  });
}

template <typename T>
void FusedUpdate<T>::StepActor() {
  const AdamSweep<T> sweep{
      AdamAtStep<T>(options_.actor_learning_rate, options_.adam_beta1,
                    options_.adam_beta2, options_.adam_epsilon,
                    ++counters_.actor_steps),
      T(0),
      actor_buffers_.gradients.data(),
      actor_buffers_.parameters.data(),
      actor_buffers_.first.data(),
      actor_buffers_.second.data(),
      /*targets=*/nullptr};
  Share(static_cast<int>(actor_rows_.size()), [&](int task, int thread) {
    const WeightRows& rows = actor_rows_[task];
    EnterPhase(clock_, UpdatePhase::kActorBackward, thread);
    actor_.StepParameters(rows.layer, *memory_.at_policy, memory_.actor_tape,
                          *memory_.head_gradient, static_cast<int>(batch_.size),
                          rows.begin, rows.end, actor_buffers_.gradients.data(),
                          sweep);
    EnterPhase(clock_, UpdatePhase::kActorStep, thread);
    actor_.Pack(rows.layer, rows.begin, rows.end);
  });
}

template class FusedUpdate<float>;
template class FusedUpdate<double>;

}  // namespace softfleet::fused
