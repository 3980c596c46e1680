// SPDX-License-Identifier: Apache-2.0
// The elementwise mathematics of a Soft Actor-Critic update, every formula
// once: the CPU's loops and the CUDA kernels call these. C++17, standard
// library only, no state; T is float or double.
//
// Numbers that are not finite go through (a comparison is never written so
// that NaN becomes 0): the guard behind the update must see them.
#ifndef SOFTFLEET_SAC_FUSED_FUNCTORS_H_
#define SOFTFLEET_SAC_FUSED_FUNCTORS_H_

#include <cmath>
#include <cstdint>

#include "core/host_device.h"
#include "sac/fused/elementary.h"

// Always inlined: one file per instruction set compiles these, and the linker
// must not choose one of those copies for all.
#define SF_FUNCTOR SF_HOST_DEVICE __attribute__((always_inline)) inline

namespace softfleet::fused {

constexpr double kHalfLog2Pi = 0.91893853320467274178;
constexpr double kLog2 = 0.69314718055994530942;
constexpr double kLayerNormEpsilon = 1e-5;
// Sampled action components beyond this count as saturated.
constexpr double kSaturation = 0.99;

// --- Layers ---------------------------------------------------------------

template <typename T>
SF_FUNCTOR T Relu(T x) {
  return x < T(0) ? T(0) : x;
}

// The gradient before a ReLU whose output was `output`.
template <typename T>
SF_FUNCTOR T ReluGradient(T output, T gradient) {
  return output <= T(0) ? T(0) : gradient;
}

// Layer normalisation of a row with `mean` and biased `variance`:
// y = weight * normal + bias, normal = (x - mean) * scale.
template <typename T>
SF_FUNCTOR T NormScale(T variance) {
  return T(1) / std::sqrt(variance + T(kLayerNormEpsilon));
}
template <typename T>
SF_FUNCTOR T Normal(T x, T mean, T scale) {
  return (x - mean) * scale;
}
// The gradient at x from that at `normal` (the one at y times weight) and its
// row's means of gradient and gradient * normal. The sums over the batch of
// (gradient at y) * normal and of (gradient at y) are those of weight and bias.
template <typename T>
SF_FUNCTOR T NormInputGradient(T gradient, T normal, T scale, T mean_gradient,
                               T mean_gradient_normal) {
  return scale * (gradient - mean_gradient - normal * mean_gradient_normal);
}

// --- Tanh-Gaussian head ----------------------------------------------------

template <typename T>
struct LogStdRange {
  T low, high;
  bool bounded;  // by tanh; else cut off
};

// One dimension of a reparameterised sample of tanh(N(mean, exp(log_std)^2)).
template <typename T>
struct GaussianSample1d {
  T log_std;        // within its range
  T log_std_slope;  // d log_std / d raw
  T deviation;      // exp(log_std) * noise
  T u;              // before tanh
  T action;         // tanh(u)
  T logp;           // this dimension's share of log p(action)
};

// `raw` is the head's output for log_std. log p comes from u, never from the
// action: ln(1 - tanh(u)^2) = 2 (ln 2 - |u| - log1p(exp(-2|u|))).
template <typename T>
SF_FUNCTOR GaussianSample1d<T> SampleGaussian1d(T mean, T raw, T noise,
                                                const LogStdRange<T>& range) {
  GaussianSample1d<T> s;
  if (range.bounded) {
    const T half = T(0.5) * (range.high - range.low);
    const T t = Tanh(raw);
    s.log_std = range.low + half * (t + T(1));
    s.log_std_slope = half * (T(1) - t * t);
  } else {
    const bool below = raw<range.low, above = raw> range.high;
    s.log_std = below ? range.low : above ? range.high : raw;
    s.log_std_slope = below || above ? T(0) : T(1);
  }
  s.deviation = Exp(s.log_std) * noise;
  s.u = mean + s.deviation;
  const T size = std::abs(s.u);
  const T shrunk = Expm1(T(-2) * size);  // exp(-2|u|) - 1
  s.action = std::copysign(-shrunk / (T(2) + shrunk), s.u);
  const T log_derivative = T(2) * (T(kLog2) - size - Log1p(T(1) + shrunk));
  s.logp =
      T(-0.5) * noise * noise - s.log_std - T(kHalfLog2Pi) - log_derivative;
  return s;
}

template <typename T>
struct GaussianGradient1d {
  T mean, raw;
};

// From the gradients at the action and at log p, the noise being fixed
// (d log p / d u = 2 tanh(u)).
template <typename T>
SF_FUNCTOR GaussianGradient1d<T> GaussianGradient(T action, T deviation,
                                                  T log_std_slope,
                                                  T action_gradient,
                                                  T logp_gradient) {
  const T u = action_gradient * (T(1) - action * action) +
              logp_gradient * T(2) * action;
  return {u, (u * deviation - logp_gradient) * log_std_slope};
}

// --- Categorical head ------------------------------------------------------

// log_pi, pi [n] of one row of logits [n]; returns sum pi log_pi.
template <typename T>
SF_FUNCTOR T LogSoftmax(const T* logits, int64_t n, T* log_pi, T* pi) {
  T largest = logits[0];
  for (int64_t a = 1; a < n; ++a) {
    if (!(logits[a] <= largest)) largest = logits[a];
  }
  T sum = 0;
  for (int64_t a = 0; a < n; ++a) sum += Exp(logits[a] - largest);
  const T log_sum = std::log(sum);
  T negative_entropy = 0;
  for (int64_t a = 0; a < n; ++a) {
    log_pi[a] = (logits[a] - largest) - log_sum;
    pi[a] = Exp(log_pi[a]);
    negative_entropy += pi[a] * log_pi[a];
  }
  return negative_entropy;
}

// Soft cost of one action: its row's loss is sum pi * SoftCost.
template <typename T>
SF_FUNCTOR T SoftCost(T alpha, T log_pi, T q) {
  return alpha * log_pi - q;
}

// The gradient of scale * sum pi SoftCost at one logit; `row_cost` is that sum,
// `rest` what sum pi (SoftCost - row_cost) leaves, 0 but for rounding (pi does
// not add up to 1): of costs that lie close together it would be much.
template <typename T>
SF_FUNCTOR T LogitGradient(T pi, T cost, T row_cost, T rest, T scale) {
  return scale * pi * (cost - row_cost - rest);
}

// --- Targets and errors ----------------------------------------------------

// Whether `q` takes the place of `lowest` in a minimum: the first of equals
// stays, NaN counts as least.
template <typename T>
SF_FUNCTOR bool IsLower(T q, T lowest) {
  return !(q >= lowest) && !std::isnan(lowest);
}

// y = reward + discount * value, nothing bootstrapped where `terminated`.
template <typename T>
SF_FUNCTOR T BackedUp(T reward, T discount, bool terminated, T value) {
  return reward + (T(1) - T(terminated)) * discount * value;
}

// The gradient of 1/2 mean weight (q - y)^2 at q over `batch` rows.
template <typename T>
SF_FUNCTOR T TdGradient(T q, T y, T weight, T inverse_batch) {
  return weight * (q - y) * inverse_batch;
}

// --- Steps -----------------------------------------------------------------

// Adam (bias-corrected, epsilon outside the root), its constants for one step.
template <typename T>
struct AdamConstants {
  T beta2, epsilon;
  T one_minus_beta1, one_minus_beta2;  // rounded once: 1 - float(.999) is not
  T step_size;                         // learning rate / (1 - beta1^step)
  T inverse_root_bias;                 // 1 / sqrt(1 - beta2^step)
};

// `step` is 1-based.
template <typename T>
SF_FUNCTOR AdamConstants<T> AdamAtStep(double learning_rate, double beta1,
                                       double beta2, double epsilon,
                                       int64_t step) {
  const double t = static_cast<double>(step);
  return {T(beta2),
          T(epsilon),
          T(1 - beta1),
          T(1 - beta2),
          T(learning_rate / (1 - std::pow(beta1, t))),
          T(1 / std::sqrt(1 - std::pow(beta2, t)))};
}

struct SquareRoot {
  template <typename T>
  SF_FUNCTOR T operator()(T x) const {
    return std::sqrt(x);
  }
};

// Number is T, or a vector of T and Root its square root.
template <typename T, typename Number, typename Root = SquareRoot>
SF_FUNCTOR void AdamStep(const AdamConstants<T>& c, Number gradient,
                         Number* parameter, Number* first, Number* second,
                         Root root = Root()) {
  *first += c.one_minus_beta1 * (gradient - *first);
  *second = c.beta2 * *second + c.one_minus_beta2 * gradient * gradient;
  *parameter -=
      c.step_size * *first / (root(*second) * c.inverse_root_bias + c.epsilon);
}

// target <- (1 - tau) target + tau value.
template <typename Number, typename T>
SF_FUNCTOR Number Polyak(Number target, Number value, T tau) {
  return target + tau * (value - target);
}

// The temperature's loss -(log_alpha (log p + target entropy)).mean() is
// linear in log_alpha: this is its slope.
template <typename T>
SF_FUNCTOR T LogAlphaGradient(T mean_logp, T target_entropy) {
  return -(mean_logp + target_entropy);
}

}  // namespace softfleet::fused

#endif  // SOFTFLEET_SAC_FUSED_FUNCTORS_H_
