// SPDX-License-Identifier: Apache-2.0
// What the fused update tells of itself: statistics and trace, read from what
// the update left behind.
#include <cmath>
#include <string>

#include "sac/fused/functors.h"
#include "sac/fused/fused_update.h"

namespace softfleet::fused {
namespace {

// Mean over rows and columns of function(element).
template <typename T, typename Function>
double Mean(const Matrix<T>& matrix, int64_t rows, int64_t columns,
            Function function) {
  double sum = 0;
  for (int64_t b = 0; b < rows; ++b) {
    for (int64_t j = 0; j < columns; ++j) sum += function(matrix.row(b)[j]);
  }
  return sum / static_cast<double>(rows * columns);
}

template <typename T>
double Norm(const Buffer<T>& values) {
  constexpr int kPartial = 16;  // a multiple of this is allocated
  double partial[kPartial] = {};
  for (int64_t i = 0; i < values.size(); i += kPartial) {
    for (int j = 0; j < kPartial; ++j) {
      const double x = values[i + j];
      partial[j] += x * x;
    }
  }
  double sum = 0;
  for (double x : partial) sum += x;
  return std::sqrt(sum);
}

// Mean over columns of the standard deviation over rows.
template <typename T>
double MeanDeviation(const Matrix<T>& matrix, int64_t rows, int64_t columns) {
  double sum = 0;
  for (int64_t j = 0; j < columns; ++j) {
    const Matrix<T> column{matrix.data + j, matrix.stride};
    const double mean = Mean(column, rows, 1, [](double x) { return x; });
    sum += std::sqrt(Mean(
        column, rows, 1, [mean](double x) { return (x - mean) * (x - mean); }));
  }
  return sum / static_cast<double>(columns);
}

template <typename T>
void Append(const Matrix<T>& matrix, int64_t rows, int64_t columns,
            std::vector<double>* values) {
  for (int64_t b = 0; b < rows; ++b) {
    values->insert(values->end(), matrix.row(b), matrix.row(b) + columns);
  }
}

template <typename T>
void TracePolicy(const std::string& prefix, const SacOptions& options,
                 const PolicyRows<T>& policy, const Matrix<T>& input,
                 int64_t rows, SacTrace* trace) {
  const int64_t dim = options.action_dim;
  const auto record = [&](const char* name, const Matrix<T>& matrix,
                          int64_t columns) {
    Append(matrix, rows, columns, &(*trace)[prefix + name]);
  };
  if (options.continuous) {
    record("mean", *policy.head, dim);
    record("log_std", *policy.log_std, dim);
    record("u", *policy.u, dim);
    record("action", {input.data + options.observation_dim, input.stride}, dim);
    record("logp", {policy.logp.data(), 1}, 1);
  } else {
    record("log_pi", *policy.log_pi, dim);
    record("pi", *policy.pi, dim);
  }
}

template <typename T>
void TraceGradients(const std::vector<NamedTensor>& tensors,
                    const Buffer<T>& gradients, SacTrace* trace) {
  for (const NamedTensor& tensor : tensors) {
    int64_t elements = 1;
    for (int64_t extent : tensor.shape) elements *= extent;
    const T* begin = &gradients[tensor.offset];
    (*trace)["grad/" + tensor.name].assign(begin, begin + elements);
  }
}

}  // namespace

template <typename T>
T FusedUpdate<T>::StoredQ(int critic, int64_t row) const {
  return memory_.q[critic]->row(
      row)[options_.continuous ? 0 : batch_.discrete_actions[row]];
}

template <typename T>
void FusedUpdate<T>::Measure(SacStatistics* statistics) const {
  *statistics = {};
  const int64_t rows = batch_.size;
  const double errors = static_cast<double>(rows * options_.num_critics);
  double squares = 0;
  for (int k = 0; k < options_.num_critics; ++k) {
    for (int64_t b = 0; b < rows; ++b) {
      const double q = StoredQ(k, b), error = q - memory_.y[b];
      statistics->q_mean += q / errors;
      statistics->td_abs_mean += std::abs(error) / errors;
      squares +=
          error * error * (batch_.weights.empty() ? 1 : batch_.weights[b]);
    }
  }
  statistics->critic_loss = 0.5 * squares / static_cast<double>(rows);
  statistics->critic_gradient_norm = Norm(critic_buffers_.gradients);
  statistics->alpha = alpha_used_;
  statistics->actor_updated = acts_;
  if (acts_) MeasurePolicy(statistics);
}

template <typename T>
void FusedUpdate<T>::MeasurePolicy(SacStatistics* statistics) const {
  const int64_t rows = batch_.size;
  const auto same = [](double x) { return x; };
  statistics->entropy =
      -Mean(Matrix<T>{memory_.pi.logp.data(), 1}, rows, 1, same);
  statistics->actor_loss =
      Mean(Matrix<T>{memory_.actor_cost.data(), 1}, rows, 1, same);
  statistics->actor_gradient_norm = Norm(actor_buffers_.gradients);
  if (options_.alpha_mode == SacOptions::AlphaMode::kAuto) {
    statistics->alpha_loss = log_alpha_before_ * log_alpha_gradient_;
  }
  if (!options_.continuous) return;
  const Matrix<T> actions{memory_.at_policy->data + options_.observation_dim,
                          memory_.at_policy->stride};
  const int64_t dim = options_.action_dim;
  statistics->action_std_mean = MeanDeviation(actions, rows, dim);
  statistics->saturated_fraction = Mean(actions, rows, dim, [](double x) {
    return std::abs(x) > kSaturation ? 1.0 : 0.0;
  });
}

template <typename T>
void FusedUpdate<T>::Trace(SacTrace* trace) const {
  const int64_t rows = batch_.size;
  const int64_t outputs = critic_layout_.layers.back().out;
  TracePolicy("next/", options_, memory_.next_pi, *memory_.next, rows, trace);
  Append(Matrix<T>{memory_.value.data(), 1}, rows, 1, &(*trace)["v_next"]);
  Append(Matrix<T>{memory_.y.data(), 1}, rows, 1, &(*trace)["y"]);
  std::vector<double>& priority = (*trace)["priority"];
  priority.assign(rows, options_.priority_epsilon);
  for (int k = 0; k < options_.num_critics; ++k) {
    Append(*memory_.target_q[k], rows, outputs, &(*trace)["target_q"]);
    for (int64_t b = 0; b < rows; ++b) {
      const T q = StoredQ(k, b);
      (*trace)["q"].push_back(q);
      priority[b] +=
          std::abs(double{q} - double{memory_.y[b]}) / options_.num_critics;
    }
    TraceGradients(CriticTensors(critic_layout_, k), critic_buffers_.gradients,
                   trace);
    if (acts_) Append(*memory_.q_pi[k], rows, outputs, &(*trace)["q_pi"]);
  }
  if (!acts_) return;
  TracePolicy("pi/", options_, memory_.pi, *memory_.at_policy, rows, trace);
  TraceGradients(ActorTensors(actor_layout_, options_.continuous),
                 actor_buffers_.gradients, trace);
  if (options_.alpha_mode == SacOptions::AlphaMode::kAuto) {
    (*trace)["log_alpha.grad"] = {log_alpha_gradient_};
  }
}

template class FusedUpdate<float>;
template class FusedUpdate<double>;

}  // namespace softfleet::fused
