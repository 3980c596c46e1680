// SPDX-License-Identifier: Apache-2.0
#include "learner/divergence.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/finite.h"
#include "core/status.h"

namespace softfleet {
namespace {

using Json = nlohmann::json;

constexpr size_t kAllFinite = static_cast<size_t>(-1);

// Of the first that is not finite.
template <typename T>
size_t FindNotFinite(const std::vector<T>& values) {
  if (AllFinite(std::span<const T>(values))) return kAllFinite;
  const auto first = std::find_if(values.begin(), values.end(), [](T value) {
    return !std::isfinite(value);
  });
  return static_cast<size_t>(first - values.begin());
}

absl::Status NotFinite(absl::string_view what, uint64_t row, double value,
                       uint64_t update) {
  return absl::DataLossError(
      absl::StrCat(what, " of row ", row, " is ", value, ", drawn for update ",
                   update, ": look at what the environment returns"));
}

// "element 1 of pixels, frame 0 of 4, in the observation"; `at` counts within
// one stacked observation.
std::string DescribeElement(const Schema& schema, int64_t at,
                            absl::string_view observation) {
  const int64_t frame = at / schema.ObservationElements();
  int64_t element = at % schema.ObservationElements();
  size_t group = 0;
  while (element >= schema.observations[group].elements()) {
    element -= schema.observations[group++].elements();
  }
  const std::string stacked =
      schema.frame_stack == 1
          ? ""
          : absl::StrCat(", frame ", frame, " of ", schema.frame_stack, ",");
  return absl::StrCat("element ", element, " of ",
                      schema.observations[group].name, stacked, " in the ",
                      observation);
}

absl::Status CheckObservations(const Schema& schema,
                               absl::string_view observation,
                               const std::vector<float>& values,
                               const TransitionBatch& batch, uint64_t update) {
  const size_t at = FindNotFinite(values);
  if (at == kAllFinite) return absl::OkStatus();
  const size_t elements = values.size() / batch.ids.size();
  return NotFinite(
      DescribeElement(schema, static_cast<int64_t>(at % elements), observation),
      batch.ids[at / elements], values[at], update);
}

// JSON has no NaN.
std::string Text(double value) { return absl::StrCat(value); }

template <typename T>
std::string Largest(const std::vector<T>& values) {
  double largest = 0;
  for (const T x : values) largest = std::max<double>(largest, std::abs(x));
  return Text(largest);
}

Json DescribeTensor(const std::string& name, const Tensor& tensor) {
  const std::vector<double> values = tensor.AsDouble();
  const auto wrong = [](double x) { return !std::isfinite(x); };
  const auto first = std::find_if(values.begin(), values.end(), wrong);
  return {{"name", name},
          {"not_finite", std::count_if(first, values.end(), wrong)},
          {"elements", values.size()},
          {"first_index", first - values.begin()},
          {"first_value", Text(*first)}};
}

}  // namespace

absl::Status CheckFinite(const Schema& schema, const TransitionBatch& batch,
                         uint64_t update) {
  if (const size_t at = FindNotFinite(batch.returns); at != kAllFinite) {
    return NotFinite("the reward", batch.ids[at], batch.returns[at], update);
  }
  if (const size_t at = FindNotFinite(batch.actions); at != kAllFinite) {
    const size_t elements = batch.actions.size() / batch.ids.size();
    return NotFinite(absl::StrCat("element ", at % elements, " of the action"),
                     batch.ids[at / elements], batch.actions[at], update);
  }
  SF_RETURN_IF_ERROR(CheckObservations(schema, "observation",
                                       batch.observations, batch, update));
  return CheckObservations(schema, "next observation", batch.next_observations,
                           batch, update);
}

void DrawnRows::Add(uint64_t update, std::span<const uint64_t> ids) {
  Batch& batch = batches_[update % batches_.size()];
  batch.update = update;
  batch.ids.assign(ids.begin(), ids.end());
}

std::vector<DrawnRows::Batch> DrawnRows::Since(uint64_t after) const {
  std::vector<Batch> found;
  for (const Batch& batch : batches_) {
    if (batch.update > after) found.push_back(batch);
  }
  std::sort(found.begin(), found.end(),
            [](const Batch& a, const Batch& b) { return a.update < b.update; });
  return found;
}

std::string DescribeDivergence(uint64_t update, uint64_t sound_update,
                               const TensorMap& state, const DrawnRows& rows,
                               const TransitionBatch& batch) {
  Json tensors = Json::array();
  for (const auto& [name, tensor] : state) {
    if (absl::StartsWith(name, "statistics/") || AllFinite(tensor)) continue;
    tensors.push_back(DescribeTensor(name, tensor));
  }
  Json batches = Json::array();
  for (const DrawnRows::Batch& drawn : rows.Since(sound_update)) {
    batches.push_back({{"update", drawn.update}, {"rows", drawn.ids}});
  }
  return Json{
      {"update", update},
      {"sound_update", sound_update},
      {"tensors", std::move(tensors)},
      {"batches", std::move(batches)},
      {"last_batch",
       {{"largest_reward", Largest(batch.returns)},
        {"largest_observation", Largest(batch.observations)},
        {"largest_action", Largest(batch.actions)},
        {"largest_next_observation", Largest(batch.next_observations)}}}}
      .dump(1);
}

}  // namespace softfleet
