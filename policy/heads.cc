// SPDX-License-Identifier: Apache-2.0
#include "policy/heads.h"

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "policy/categorical.h"
#include "policy/squashed_gaussian.h"

namespace softfleet {
namespace {

// A row of outputs is mean [dimension], then log_std [dimension].
class SquashedGaussianHead : public ActionHead {
 public:
  SquashedGaussianHead(int64_t dimension, LogStdMode mode, double log_std_min,
                       double log_std_max)
      : dimension_(dimension),
        mode_(mode),
        log_std_min_(log_std_min),
        log_std_max_(log_std_max) {}

  int64_t inputs() const override { return 2 * dimension_; }
  int64_t noise_columns() const override { return dimension_; }

  void Act(std::span<const float> outputs, int64_t n, ActionMode mode,
           std::span<const float> noise, PolicyOutput* output) override {
    const bool stochastic = mode == ActionMode::kStochastic;
    output->actions.resize(n * dimension_);
    output->discrete_actions.clear();
    output->log_probabilities.resize(n);
    output->entropies.resize(n);
    for (int64_t row = 0; row < n; ++row) {
      const double log_probability =
          ActRow(outputs.data() + row * inputs(),
                 stochastic ? noise.data() + row * dimension_ : nullptr,
                 output->actions.data() + row * dimension_);
      output->log_probabilities[row] = log_probability;
      output->entropies[row] = -log_probability;
    }
  }

  void Distribution(std::span<const float> outputs, int64_t n,
                    std::vector<float>* parameters) override {
    parameters->assign(outputs.begin(), outputs.end());
    for (int64_t row = 0; row < n; ++row) {
      float* log_std = parameters->data() + row * inputs() + dimension_;
      std::transform(log_std, log_std + dimension_, log_std,
                     [this](float x) { return static_cast<float>(Limit(x)); });
    }
  }

 private:
  double Limit(float x) const {
    return LimitLogStd(mode_, x, log_std_min_, log_std_max_);
  }

  // One state; without noise the action is tanh(mean). Returns the action's
  // log-density.
  double ActRow(const float* row, const float* noise, float* action) const {
    double log_probability = 0;
    for (int64_t i = 0; i < dimension_; ++i) {
      const double log_std = Limit(row[dimension_ + i]);
      const double epsilon = noise == nullptr ? 0 : noise[i];
      const double u = row[i] + std::exp(log_std) * epsilon;
      action[i] = static_cast<float>(std::tanh(u));
      log_probability += SquashedGaussianLogProbFromNoise(epsilon, u, log_std);
    }
    return log_probability;
  }

  int64_t dimension_;
  LogStdMode mode_;
  double log_std_min_;
  double log_std_max_;
};

// A row of outputs is one logit per action.
class CategoricalHead : public ActionHead {
 public:
  explicit CategoricalHead(int64_t num_actions)
      : log_probabilities_(num_actions) {}

  int64_t inputs() const override {
    return static_cast<int64_t>(log_probabilities_.size());
  }
  int64_t noise_columns() const override { return 1; }

  void Act(std::span<const float> outputs, int64_t n, ActionMode mode,
           std::span<const float> noise, PolicyOutput* output) override {
    output->actions.clear();
    output->discrete_actions.resize(n);
    output->log_probabilities.resize(n);
    output->entropies.resize(n);
    for (int64_t row = 0; row < n; ++row) {
      const std::span<const float> logits = Row(outputs, row);
      LogSoftmax(logits, std::span<double>(log_probabilities_));
      const int32_t action =
          mode == ActionMode::kStochastic
              ? SampleCategorical(log_probabilities_, noise[row])
              : ArgMax(logits);
      output->discrete_actions[row] = action;
      output->log_probabilities[row] = log_probabilities_[action];
      output->entropies[row] = CategoricalEntropy(log_probabilities_);
    }
  }

  void Distribution(std::span<const float> outputs, int64_t n,
                    std::vector<float>* parameters) override {
    parameters->clear();
    for (int64_t row = 0; row < n; ++row) {
      LogSoftmax(Row(outputs, row), std::span<double>(log_probabilities_));
      parameters->insert(parameters->end(), log_probabilities_.begin(),
                         log_probabilities_.end());
    }
  }

 private:
  std::span<const float> Row(std::span<const float> outputs,
                             int64_t row) const {
    return outputs.subspan(row * inputs(), inputs());
  }

  std::vector<double> log_probabilities_;  // of the row at hand
};

absl::StatusOr<LogStdMode> ParseLogStdMode(absl::string_view name) {
  if (name == "clamp") return LogStdMode::kClamp;
  if (name == "bounded") return LogStdMode::kBounded;
  return absl::InvalidArgumentError(
      absl::StrCat("log_std_mode \"", name, "\" is neither clamp nor bounded"));
}

absl::StatusOr<std::unique_ptr<ActionHead>> MakeSquashedGaussian(
    const Head& head, const ActionSpec& action) {
  if (!action.continuous()) {
    return absl::InvalidArgumentError(
        "head squashed_gaussian needs continuous actions");
  }
  SF_ASSIGN_OR_RETURN(const LogStdMode mode,
                      ParseLogStdMode(head.log_std_mode));
  const bool finite =
      std::isfinite(head.log_std_min) && std::isfinite(head.log_std_max);
  if (!finite || head.log_std_min > head.log_std_max) {
    return absl::InvalidArgumentError(
        absl::StrCat("log_std_min ", head.log_std_min, " and log_std_max ",
                     head.log_std_max, " are not an interval"));
  }
  return std::make_unique<SquashedGaussianHead>(
      action.dimension, mode, head.log_std_min, head.log_std_max);
}

absl::StatusOr<std::unique_ptr<ActionHead>> MakeCategorical(
    const ActionSpec& action) {
  if (action.continuous()) {
    return absl::InvalidArgumentError(
        "head categorical needs discrete actions");
  }
  return std::make_unique<CategoricalHead>(action.num_actions);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ActionHead>> MakeActionHead(
    const Head& head, const ActionSpec& action) {
  if (head.kind == "squashed_gaussian") {
    return MakeSquashedGaussian(head, action);
  }
  if (head.kind == "categorical") return MakeCategorical(action);
  return absl::InvalidArgumentError(
      absl::StrCat("unknown head ", head.kind,
                   " (squashed_gaussian and categorical are known)"));
}

}  // namespace softfleet
