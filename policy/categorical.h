// SPDX-License-Identifier: Apache-2.0
// The formulas of a categorical distribution given by logits, in double.
// Thread-safe: pure functions.
#ifndef SOFTFLEET_POLICY_CATEGORICAL_H_
#define SOFTFLEET_POLICY_CATEGORICAL_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

namespace softfleet {

// log_probabilities[i] = logits[i] - log(sum_j exp(logits[j])), without
// overflow. Both have the same size >= 1; logits must be finite.
template <typename T>
void LogSoftmax(std::span<const T> logits,
                std::span<double> log_probabilities) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const T logit : logits) sum += std::exp(logit - largest);
  const double log_sum = std::log(sum);
  for (size_t i = 0; i < logits.size(); ++i) {
    log_probabilities[i] = logits[i] - largest - log_sum;
  }
}

// -sum p log p, in nats; an outcome of probability 0 adds nothing.
inline double CategoricalEntropy(std::span<const double> log_probabilities) {
  double entropy = 0;
  for (const double log_probability : log_probabilities) {
    const double probability = std::exp(log_probability);
    if (probability > 0) entropy -= probability * log_probability;
  }
  return entropy;
}

// The outcome that `uniform` in [0, 1) selects: the smallest index whose
// cumulative probability is above `uniform`. Never one of probability 0, even
// where rounding leaves the sum of all probabilities below `uniform`.
inline int32_t SampleCategorical(std::span<const double> log_probabilities,
                                 double uniform) {
  double cumulative = 0;
  int32_t possible = 0;  // the last index seen that can happen
  for (size_t i = 0; i < log_probabilities.size(); ++i) {
    const double probability = std::exp(log_probabilities[i]);
    if (probability > 0) possible = static_cast<int32_t>(i);
    cumulative += probability;
    if (cumulative > uniform) break;
  }
  return possible;
}

// The index of the largest number, the lowest one on ties.
template <typename T>
int32_t ArgMax(std::span<const T> values) {
  return static_cast<int32_t>(std::max_element(values.begin(), values.end()) -
                              values.begin());
}

}  // namespace softfleet

#endif  // SOFTFLEET_POLICY_CATEGORICAL_H_
