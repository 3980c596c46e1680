// SPDX-License-Identifier: Apache-2.0
#include "replay/prioritization.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace softfleet {

double Priority(double td_error, double epsilon) {
  return std::abs(td_error) + epsilon;
}

double PriorityMass(double priority, double exponent) {
  return std::pow(priority, exponent);
}

double ImportanceWeight(double probability, double count,
                        double importance_exponent) {
  return std::pow(count * probability, -importance_exponent);
}

void NormaliseByMax(std::span<double> weights) {
  if (weights.empty()) return;
  const double largest = *std::max_element(weights.begin(), weights.end());
  for (double& weight : weights) weight /= largest;
}

size_t SelectIndex(std::span<const double> masses, double u) {
  const double threshold =
      u * std::accumulate(masses.begin(), masses.end(), 0.0);
  double cumulative = 0;
  size_t last = 0;  // the last with mass: rounding may leave u beyond all
  for (size_t i = 0; i < masses.size(); ++i) {
    if (masses[i] <= 0) continue;
    cumulative += masses[i];
    if (cumulative > threshold) return i;
    last = i;
  }
  return last;
}

}  // namespace softfleet
