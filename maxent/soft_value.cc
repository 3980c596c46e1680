// SPDX-License-Identifier: Apache-2.0
#include "maxent/soft_value.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace softfleet {
namespace {

// The Boltzmann distribution relative to the largest value.
struct Boltzmann {
  double largest = 0;             // max Q
  std::vector<double> exponents;  // (Q - max Q) / alpha, <= 0
  double log_partition = 0;       // log sum exp(exponents), >= 0
};

absl::Status Check(std::span<const double> q, double alpha) {
  if (q.empty()) return absl::InvalidArgumentError("q has no action");
  for (size_t i = 0; i < q.size(); ++i) {
    if (!std::isfinite(q[i])) {
      return absl::InvalidArgumentError(
          absl::StrCat("q[", i, "] is ", q[i], ", needs a finite number"));
    }
  }
  if (std::isfinite(alpha) && alpha >= 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("alpha is ", alpha, ", needs a finite number >= 0"));
}

double Exponent(double below_largest, double alpha) {
  if (alpha > 0) return below_largest / alpha;
  return below_largest == 0 ? 0 : -std::numeric_limits<double>::infinity();
}

absl::StatusOr<Boltzmann> MakeBoltzmann(std::span<const double> q,
                                        double alpha) {
  SF_RETURN_IF_ERROR(Check(q, alpha));
  const auto best = std::max_element(q.begin(), q.end()) - q.begin();
  Boltzmann result;
  result.largest = q[best];
  // The best action's own 1 is left to log1p: small others keep their digits.
  double others = 0;
  for (size_t i = 0; i < q.size(); ++i) {
    const double exponent = Exponent(q[i] - result.largest, alpha);
    result.exponents.push_back(exponent);
    if (static_cast<std::ptrdiff_t>(i) != best) others += std::exp(exponent);
  }
  result.log_partition = std::log1p(others);
  return result;
}

}  // namespace

absl::StatusOr<double> SoftValue(std::span<const double> q, double alpha) {
  SF_ASSIGN_OR_RETURN(const Boltzmann boltzmann, MakeBoltzmann(q, alpha));
  return boltzmann.largest + alpha * boltzmann.log_partition;
}

absl::StatusOr<std::vector<double>> BoltzmannPolicy(std::span<const double> q,
                                                    double alpha) {
  SF_ASSIGN_OR_RETURN(const Boltzmann boltzmann, MakeBoltzmann(q, alpha));
  std::vector<double> policy;
  for (const double exponent : boltzmann.exponents) {
    policy.push_back(std::exp(exponent - boltzmann.log_partition));
  }
  return policy;
}

absl::StatusOr<double> BoltzmannEntropy(std::span<const double> q,
                                        double alpha) {
  SF_ASSIGN_OR_RETURN(const Boltzmann boltzmann, MakeBoltzmann(q, alpha));
  // -sum p log p = log_partition - sum p exponent: no term is negative.
  double entropy = boltzmann.log_partition;
  for (const double exponent : boltzmann.exponents) {
    const double probability = std::exp(exponent - boltzmann.log_partition);
    if (probability > 0) entropy -= probability * exponent;
  }
  return entropy;
}

}  // namespace softfleet
