// SPDX-License-Identifier: Apache-2.0
#include "policy/normaliser.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"

namespace softfleet {
namespace {

// Keeps an element that never changed from being divided by zero.
constexpr double kVarianceEpsilon = 1e-8;
constexpr double kClip = 10;

using RowMajorArray =
    Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Row = Eigen::Array<double, 1, Eigen::Dynamic>;

absl::Status CheckNumbers(absl::string_view name,
                          const std::vector<double>& numbers, int64_t elements,
                          double lowest) {
  if (static_cast<int64_t>(numbers.size()) != elements) {
    return absl::InvalidArgumentError(
        absl::StrCat("normaliser ", name, " has ", numbers.size(),
                     " numbers, the schema ", elements, " elements"));
  }
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (!std::isfinite(numbers[i]) || numbers[i] < lowest) {
      return absl::InvalidArgumentError(
          absl::StrCat("normaliser ", name, "[", i, "] is ", numbers[i]));
    }
  }
  return absl::OkStatus();
}

double ScaleOf(double variance) {
  return 1 / std::sqrt(variance + kVarianceEpsilon);
}

}  // namespace

NormaliserState EmptyNormaliser(int64_t elements) {
  return {.count = 0,
          .mean = std::vector<double>(elements, 0),
          .variance = std::vector<double>(elements, 1)};
}

absl::Status CheckNormaliser(const NormaliserState& state, int64_t elements) {
  if (!std::isfinite(state.count) || state.count < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("normaliser count is ", state.count));
  }
  absl::Status mean = CheckNumbers("mean", state.mean, elements,
                                   std::numeric_limits<double>::lowest());
  if (!mean.ok()) return mean;
  return CheckNumbers("variance", state.variance, elements, 0);
}

void UpdateNormaliser(std::span<const float> observations, int64_t rows,
                      NormaliserState* state) {
  if (rows <= 0) return;
  const auto elements = static_cast<int64_t>(state->mean.size());
  const Eigen::Map<const RowMajorArray> block(observations.data(), rows,
                                              elements);
  const auto added = static_cast<double>(rows);
  const double total = state->count + added;

  const Row block_mean = block.cast<double>().colwise().sum() / added;
  const Row block_squares =
      (block.cast<double>().rowwise() - block_mean).square().colwise().sum();
  Eigen::Map<Row> mean(state->mean.data(), elements);
  Eigen::Map<Row> variance(state->variance.data(), elements);
  const Row shift = block_mean - mean;
  mean += shift * (added / total);
  variance = (variance * state->count + block_squares +
              shift.square() * (state->count * added / total)) /
             total;
  state->count = total;
}

void ExemptByteGroups(const Schema& schema, NormaliserState* state) {
  int64_t first = 0;
  for (const ObservationGroup& group : schema.observations) {
    const int64_t size = NumElements(group.shape);
    if (group.dtype == DType::kU8) {
      std::fill_n(state->mean.begin() + first, size, 0);
      std::fill_n(state->variance.begin() + first, size, 1);
    }
    first += size;
  }
}

std::vector<double> NormaliserScale(const NormaliserState& state) {
  std::vector<double> scale = state.variance;
  for (double& x : scale) x = ScaleOf(x);
  return scale;
}

void ApplyNormaliser(const NormaliserState& state,
                     std::span<float> observations) {
  const size_t elements = state.mean.size();
  for (size_t i = 0; i < elements; ++i) {
    const double mean = state.mean[i];
    const double scale = ScaleOf(state.variance[i]);
    for (size_t j = i; j < observations.size(); j += elements) {
      observations[j] = static_cast<float>(
          std::clamp((observations[j] - mean) * scale, -kClip, kClip));
    }
  }
}

}  // namespace softfleet
