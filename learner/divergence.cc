// SPDX-License-Identifier: Apache-2.0
#include "learner/divergence.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/finite.h"
#include "core/status.h"

namespace softfleet {
namespace {

using Json = nlohmann::json;

// `values` are [ids.size(), elements].
template <typename T>
absl::Status CheckField(const char* name, const std::vector<T>& values,
                        std::span<const uint64_t> ids, uint64_t update) {
  if (AllFinite(std::span<const T>(values))) return absl::OkStatus();
  const auto first = std::find_if(values.begin(), values.end(), [](T value) {
    return !std::isfinite(value);
  });
  const auto at = static_cast<size_t>(first - values.begin());
  const size_t elements = values.size() / ids.size();
  return absl::DataLossError(
      absl::StrCat("element ", at % elements, " of the ", name, " of row ",
                   ids[at / elements], " is ", *first, ", drawn for update ",
                   update, ": look at what the environment returns"));
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

absl::Status CheckFinite(const TransitionBatch& batch, uint64_t update) {
  const std::span<const uint64_t> ids = batch.ids;
  SF_RETURN_IF_ERROR(CheckField("reward", batch.returns, ids, update));
  SF_RETURN_IF_ERROR(
      CheckField("observation", batch.observations, ids, update));
  SF_RETURN_IF_ERROR(CheckField("action", batch.actions, ids, update));
  return CheckField("next observation", batch.next_observations, ids, update);
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
