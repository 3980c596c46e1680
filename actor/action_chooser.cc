// SPDX-License-Identifier: Apache-2.0
#include "actor/action_chooser.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/philox.h"
#include "core/status.h"
#include "policy/categorical.h"

namespace softfleet {

absl::Status ActionChooser::Adopt(PolicySource& policies) {
  const uint64_t have = snapshot_ != nullptr ? snapshot_->version : 0;
  SF_ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> newest,
                      policies.Latest(have));
  if (newest != nullptr) {
    if (newest->schema != schema_) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the policy is for rows of ", newest->schema.Describe(),
          ", this actor's environments have ", schema_.Describe()));
    }
    SF_ASSIGN_OR_RETURN(policy_, Policy::Create(newest));
    snapshot_ = std::move(newest);
  }
  if (snapshot_ == nullptr) {
    return absl::UnavailableError("there is no policy to act by yet");
  }
  return absl::OkStatus();
}

absl::Status ActionChooser::Choose(std::span<const Row> rows,
                                   std::span<const float> observations) {
  if (snapshot_->act_uniformly) {
    ChooseUniformly(rows);
    return absl::OkStatus();
  }
  DrawNoise(rows);
  const auto n = std::ssize(rows);
  SF_RETURN_IF_ERROR(
      policy_->Act(observations, n, ActionMode::kStochastic, noise_, &output_));
  const bool as_the_policy_says = std::ranges::all_of(
      rows, [](const Row& row) { return row.stream.scale == 1; });
  if (schema_.action.continuous() || as_the_policy_says) {
    return absl::OkStatus();
  }
  SF_RETURN_IF_ERROR(
      policy_->Distribution(observations, n, &log_probabilities_));
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].stream.scale != 1) Temper(rows[i].stream.scale, i);
  }
  return absl::OkStatus();
}

void ActionChooser::DrawNoise(std::span<const Row> rows) {
  const bool continuous = schema_.action.continuous();
  const auto columns = static_cast<size_t>(policy_->noise_columns());
  const auto fill = continuous ? FillNormal : FillUniform;
  noise_.resize(rows.size() * columns);
  for (size_t i = 0; i < rows.size(); ++i) {
    const NoiseStream& stream = rows[i].stream;
    const std::span<float> noise(&noise_[i * columns], columns);
    fill(stream.seed, Purpose::kActionNoise, stream.index, rows[i].step, noise);
    if (!continuous) continue;
    for (float& x : noise) x *= static_cast<float>(stream.scale);
  }
}

void ActionChooser::Temper(double temperature, size_t i) {
  const auto actions = static_cast<size_t>(schema_.action.num_actions);
  tempered_.resize(actions);
  const float* const row = &log_probabilities_[i * actions];
  std::transform(row, row + actions, tempered_.begin(),
                 [&](float x) { return x / temperature; });
  LogSoftmax(std::span<const double>(tempered_), std::span(tempered_));
  output_.discrete_actions[i] = SampleCategorical(tempered_, noise_[i]);
}

void ActionChooser::ChooseUniformly(std::span<const Row> rows) {
  const ActionSpec& action = schema_.action;
  const auto columns = static_cast<size_t>(action.columns());
  output_.actions.resize(rows.size() * columns);
  output_.discrete_actions.resize(action.continuous() ? 0 : rows.size());
  float* next = output_.actions.data();
  for (size_t i = 0; i < rows.size(); ++i) {
    const NoiseStream& stream = rows[i].stream;
    Philox random(stream.seed, Purpose::kUniformAction, stream.index,
                  rows[i].step);
    if (!action.continuous()) {
      output_.discrete_actions[i] =
          static_cast<int32_t>(random.NextBelow(action.num_actions));
    }
    for (size_t d = 0; d < columns; ++d) {
      *next++ = 2 * random.NextUniformFloat() - 1;
    }
  }
}

}  // namespace softfleet
