// SPDX-License-Identifier: Apache-2.0
#include "evaluation/interquartile_mean.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/philox.h"

namespace softfleet {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
// Not a seed of any run: the data alone decide the numbers.
constexpr uint64_t kBootstrapSeed = 0;

// Between the two sorted values that lie around it. share in [0, 1].
double Quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  const double weight = place - static_cast<double>(below);
  return sorted[below] + weight * (sorted[above] - sorted[below]);
}

bool Usable(const std::vector<Stratum>& strata) {
  return !strata.empty() && std::ranges::all_of(strata, [](const Stratum& s) {
    return !s.empty() &&
           std::ranges::all_of(s, [](double x) { return std::isfinite(x); });
  });
}

void Resample(const std::vector<Stratum>& strata, Philox* random,
              std::vector<double>* scores) {
  scores->clear();
  for (const Stratum& stratum : strata) {
    for (size_t i = 0; i < stratum.size(); ++i) {
      scores->push_back(stratum[random->NextBelow(stratum.size())]);
    }
  }
}

}  // namespace

double InterquartileMean(std::vector<double> scores) {
  if (scores.empty()) return kNothing;
  std::sort(scores.begin(), scores.end());
  const auto cut = static_cast<std::ptrdiff_t>(scores.size() / 4);
  const double sum =
      std::accumulate(scores.begin() + cut, scores.end() - cut, 0.0);
  return sum / static_cast<double>(std::ssize(scores) - 2 * cut);
}

Estimate EstimateInterquartileMean(const std::vector<Stratum>& strata,
                                   const BootstrapOptions& options) {
  if (!Usable(strata)) return {kNothing, kNothing, kNothing};
  std::vector<double> scores;
  for (const Stratum& stratum : strata) {
    scores.insert(scores.end(), stratum.begin(), stratum.end());
  }
  Estimate estimate;
  estimate.value = InterquartileMean(scores);
  Philox random(kBootstrapSeed, Purpose::kBootstrap, options.index,
                options.step);
  std::vector<double> means;
  for (int i = 0; i < options.resamples; ++i) {
    Resample(strata, &random, &scores);
    means.push_back(InterquartileMean(scores));
  }
  std::sort(means.begin(), means.end());
  estimate.low = Quantile(means, (1 - options.confidence) / 2);
  estimate.high = Quantile(means, (1 + options.confidence) / 2);
  return estimate;
}

}  // namespace softfleet
