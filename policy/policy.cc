// SPDX-License-Identifier: Apache-2.0
#include "policy/policy.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "policy/heads.h"
#include "policy/layers.h"
#include "policy/normaliser.h"

namespace softfleet {
namespace {

absl::Status CheckSize(absl::string_view name, size_t size, int64_t n,
                       int64_t columns) {
  if (n >= 0 && static_cast<int64_t>(size) == n * columns) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      name, ": ", size, " numbers for ", n, " rows of ", columns, " columns"));
}

// Position of the first number that is not finite, -1 if there is none.
int64_t FindNonFinite(std::span<const float> values) {
  const auto found =
      std::find_if(values.begin(), values.end(),
                   [](float value) { return !std::isfinite(value); });
  return found == values.end() ? -1 : found - values.begin();
}

absl::Status CheckFinite(absl::string_view name, std::span<const float> values,
                         int64_t columns) {
  const int64_t at = FindNonFinite(values);
  if (at < 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(name, " row ", at / columns,
                                                 ", column ", at % columns,
                                                 " is ", values[at]));
}

}  // namespace

class Policy::Impl {
 public:
  Impl(std::shared_ptr<const Snapshot> snapshot, Network network,
       std::unique_ptr<ActionHead> head)
      : snapshot_(std::move(snapshot)),
        network_(std::move(network)),
        head_(std::move(head)) {}

  const Snapshot& snapshot() const { return *snapshot_; }
  ActionHead& head() { return *head_; }

  // The network's outputs for `observations`, checked at both ends.
  absl::StatusOr<std::span<const float>> Forward(
      std::span<const float> observations, int64_t n) {
    SF_RETURN_IF_ERROR(
        CheckSize("observations", observations.size(), n, network_.inputs()));
    SF_RETURN_IF_ERROR(
        CheckFinite("observations", observations, network_.inputs()));
    const std::span<const float> outputs =
        network_.Forward(Normalised(observations), n);
    if (FindNonFinite(outputs) >= 0) {
      return absl::InternalError(
          absl::StrCat("policy version ", snapshot_->version,
                       " gives an output that is not finite"));
    }
    return outputs;
  }

 private:
  std::span<const float> Normalised(std::span<const float> observations) {
    if (!snapshot_->normaliser.has_value()) return observations;
    normalised_.assign(observations.begin(), observations.end());
    ApplyNormaliser(*snapshot_->normaliser, normalised_);
    return normalised_;
  }

  std::shared_ptr<const Snapshot> snapshot_;
  Network network_;
  std::unique_ptr<ActionHead> head_;
  std::vector<float> normalised_;
};

Policy::Policy(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Policy::~Policy() = default;

absl::StatusOr<std::unique_ptr<Policy>> Policy::Create(
    std::shared_ptr<const Snapshot> snapshot) {
  if (snapshot == nullptr) {
    return absl::InvalidArgumentError("there is no snapshot");
  }
  const Schema& schema = snapshot->schema;
  SF_RETURN_IF_ERROR(schema.Validate());
  const int64_t elements = schema.ObservationElements();
  if (snapshot->normaliser.has_value()) {
    SF_RETURN_IF_ERROR(CheckNormaliser(*snapshot->normaliser, elements));
  }
  SF_ASSIGN_OR_RETURN(std::unique_ptr<ActionHead> head,
                      MakeActionHead(snapshot->head, schema.action));
  SF_ASSIGN_OR_RETURN(Network network,
                      Network::Create(snapshot->layers, snapshot->tensors,
                                      schema.frame_stack * elements));
  if (network.outputs() != head->inputs()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "layer ", snapshot->layers.size() - 1, " (linear ",
        snapshot->layers.back().tensors, ") has ", network.outputs(),
        " outputs, head ", snapshot->head.kind, " needs ", head->inputs()));
  }
  auto impl = std::make_unique<Impl>(std::move(snapshot), std::move(network),
                                     std::move(head));
  return std::unique_ptr<Policy>(new Policy(std::move(impl)));
}

const Snapshot& Policy::snapshot() const { return impl_->snapshot(); }

int64_t Policy::noise_columns() const { return impl_->head().noise_columns(); }

absl::Status Policy::Act(std::span<const float> observations, int64_t n,
                         ActionMode mode, std::span<const float> noise,
                         PolicyOutput* output) {
  if (mode == ActionMode::kStochastic) {
    SF_RETURN_IF_ERROR(CheckSize("noise", noise.size(), n, noise_columns()));
    SF_RETURN_IF_ERROR(CheckFinite("noise", noise, noise_columns()));
  }
  SF_ASSIGN_OR_RETURN(const std::span<const float> outputs,
                      impl_->Forward(observations, n));
  impl_->head().Act(outputs, n, mode, noise, output);
  return absl::OkStatus();
}

absl::Status Policy::Distribution(std::span<const float> observations,
                                  int64_t n, std::vector<float>* parameters) {
  SF_ASSIGN_OR_RETURN(const std::span<const float> outputs,
                      impl_->Forward(observations, n));
  impl_->head().Distribution(outputs, n, parameters);
  return absl::OkStatus();
}

}  // namespace softfleet
