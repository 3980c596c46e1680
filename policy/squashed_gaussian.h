// SPDX-License-Identifier: Apache-2.0
// The scalar formulas of the squashed Gaussian policy a = tanh(u), u = mean +
// exp(log_std) noise (Haarnoja et al. 2018b, appendix C), in double. One
// dimension each; a vector's log-density is the sum over its dimensions.
// Thread-safe: pure functions.
#ifndef SOFTFLEET_POLICY_SQUASHED_GAUSSIAN_H_
#define SOFTFLEET_POLICY_SQUASHED_GAUSSIAN_H_

#include <algorithm>
#include <cmath>
#include <numbers>

namespace softfleet {

// ln(2 pi) / 2: minus the standard normal's log-density at 0.
inline constexpr double kHalfLogTwoPi = 0.91893853320467274178;

// log(1 + exp(x)) without overflow; relative error of a few roundings.
inline double StableSoftplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

// log(1 - tanh(u)^2) = 2 (ln 2 - u - softplus(-2u)), written for |u| (it is
// even) so that a large negative u does not cancel. Finite for every finite u.
inline double LogOneMinusTanhSquared(double u) {
  const double x = std::abs(u);
  return 2 * (std::numbers::ln2 - x - StableSoftplus(-2 * x));
}

// Log-density of a = tanh(u) where u = mean + exp(log_std) noise, from the
// noise that made u: exact also where exp(log_std) is so small that the noise
// cannot be recovered from u.
inline double SquashedGaussianLogProbFromNoise(double noise, double u,
                                               double log_std) {
  return -0.5 * noise * noise - log_std - kHalfLogTwoPi -
         LogOneMinusTanhSquared(u);
}

// The same from u alone.
inline double SquashedGaussianLogProb(double u, double mean, double log_std) {
  return SquashedGaussianLogProbFromNoise((u - mean) * std::exp(-log_std), u,
                                          log_std);
}

// How the network's output becomes log_std in [low, high].
enum class LogStdMode { kClamp, kBounded };

// kClamp: the nearest number in [low, high]. kBounded: low + (high - low)
// (tanh(x) + 1) / 2.
inline double LimitLogStd(LogStdMode mode, double x, double low, double high) {
  if (mode == LogStdMode::kClamp) return std::clamp(x, low, high);
  return low + (high - low) * (std::tanh(x) + 1) / 2;
}

}  // namespace softfleet

#endif  // SOFTFLEET_POLICY_SQUASHED_GAUSSIAN_H_
