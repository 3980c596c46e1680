// SPDX-License-Identifier: Apache-2.0
#include "sac/sac_agent.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/memory/memory.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/finite.h"
#include "core/philox.h"
#include "core/status.h"
#include "sac/fused/fused_update.h"
#include "sac/reference_update.h"
#include "sac/sac_checks.h"

namespace softfleet {
namespace {

// Streams of kCriticInit are critic * kLayersPerCritic + layer.
constexpr uint32_t kLayersPerCritic = kMostHiddenLayers + 3;

bool IsFinite(const SacStateView& view) {
  const auto n = static_cast<size_t>(view.elements);
  return view.f32 != nullptr ? AllFinite(std::span<const float>(view.f32, n))
                             : AllFinite(std::span<const double>(view.f64, n));
}

// Adds rows of the view's elements, as float, below those of `tensor`.
void AppendRows(const SacStateView& view, Tensor* tensor) {
  const size_t before = tensor->bytes.size() / sizeof(float);
  const auto n = static_cast<size_t>(view.elements);
  tensor->bytes.resize((before + n) * sizeof(float));
  float* const rows = tensor->mutable_values<float>().data() + before;
  if (view.f32 != nullptr) {
    std::copy_n(view.f32, n, rows);
  } else {
    std::transform(view.f64, view.f64 + n, rows,
                   [](double x) { return static_cast<float>(x); });
  }
  if (before == 0) {
    tensor->shape = view.shape;
  } else {
    tensor->shape[0] += view.shape[0];
  }
}

Tensor Copy(const SacStateView& view) {
  const auto n = static_cast<size_t>(view.elements);
  return view.f32 != nullptr
             ? Tensor::From(std::span<const float>(view.f32, n), view.shape)
             : Tensor::From(std::span<const double>(view.f64, n), view.shape);
}

void Assign(const std::vector<double>& values, const SacStateView& view) {
  for (int64_t i = 0; i < view.elements; ++i) {
    if (view.f32 != nullptr) {
      view.f32[i] = static_cast<float>(values[i]);
    } else {
      view.f64[i] = values[i];
    }
  }
}

// The view of that name; the caller knows that there is one.
const SacStateView& Named(const std::vector<SacStateView>& state,
                          absl::string_view name) {
  return *std::find_if(
      state.begin(), state.end(),
      [name](const SacStateView& view) { return view.name == name; });
}

// "param/critic1/l0.weight" -> the number behind `prefix`, or nothing.
bool ParseIndex(absl::string_view text, absl::string_view prefix,
                uint32_t* index) {
  return absl::StartsWith(text, prefix) &&
         absl::SimpleAtoi(text.substr(prefix.size()), index);
}

// Position of a linear layer within its network: l<i> is i, heads come last.
uint32_t LayerIndex(absl::string_view layer) {
  uint32_t index = 0;
  if (ParseIndex(layer, "l", &index)) return index;
  return layer == "log_std" ? kLayersPerCritic - 1 : kLayersPerCritic - 2;
}

Philox InitStream(uint64_t seed, absl::string_view network,
                  absl::string_view layer) {
  uint32_t critic = 0;
  if (ParseIndex(network, "critic", &critic)) {
    return Philox(seed, Purpose::kCriticInit,
                  critic * kLayersPerCritic + LayerIndex(layer));
  }
  return Philox(seed, Purpose::kActorInit, LayerIndex(layer));
}

// "param/actor/mean.bias" -> "actor/head.bias": mean and log_std become the
// rows of one layer.
std::string ExportedName(absl::string_view state_name) {
  const absl::string_view name = absl::StripPrefix(state_name, "param/");
  if (absl::StartsWith(name, "actor/mean.") ||
      absl::StartsWith(name, "actor/log_std.")) {
    return absl::StrCat("actor/head", name.substr(name.rfind('.')));
  }
  return std::string(name);
}

absl::Status CheckTensor(const SacStateView& view, const Tensor& tensor) {
  if (tensor.shape != view.shape) {
    return absl::InvalidArgumentError(
        absl::StrCat(view.name, " has shape ", ShapeString(tensor.shape),
                     ", this network needs ", ShapeString(view.shape)));
  }
  if (tensor.dtype != DType::kF32 && tensor.dtype != DType::kF64) {
    return absl::InvalidArgumentError(absl::StrCat(view.name, " has dtype ",
                                                   DTypeName(tensor.dtype),
                                                   ", must be F32 or F64"));
  }
  for (double x : tensor.AsDouble()) {
    if (!std::isfinite(x)) {
      return absl::InvalidArgumentError(
          absl::StrCat(view.name, " holds a number that is not finite"));
    }
  }
  return absl::OkStatus();
}

std::unique_ptr<UpdateEngine> MakeEngine(const SacOptions& options,
                                         std::string* error) {
  if (options.engine == SacOptions::Engine::kReference) {
    return std::make_unique<ReferenceUpdate>(options);
  }
  return fused::MakeFusedUpdate(options, error);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SacAgent>> SacAgent::Create(
    const SacOptions& options, uint64_t seed,
    std::unique_ptr<UpdateEngine> engine) {
  SF_RETURN_IF_ERROR(ValidateSacOptions(options));
  std::string error;
  if (engine == nullptr) engine = MakeEngine(options, &error);
  if (engine == nullptr) return absl::InvalidArgumentError(error);
  auto agent = absl::WrapUnique(new SacAgent(options, std::move(engine)));
  agent->Initialise(seed);
  return agent;
}

void SacAgent::Initialise(uint64_t seed) {
  const std::vector<SacStateView>& state = update_->State();
  for (const SacStateView& view : state) {
    if (!absl::StartsWith(view.name, "param/")) continue;
    const std::vector<std::string> parts = absl::StrSplit(
        absl::StripPrefix(view.name, "param/"), absl::ByAnyChar("/."));
    const std::string& layer = parts[1];
    const bool is_weight = parts[2] == "weight";
    std::vector<double> values(view.elements, is_weight ? 1 : 0);
    if (!absl::StartsWith(layer, "ln")) {
      const SacStateView& weight =
          Named(state, absl::StrCat("param/", parts[0], "/", layer, ".weight"));
      const double bound = 1 / std::sqrt(static_cast<double>(weight.shape[1]));
      Philox stream = InitStream(seed, parts[0], layer);
      // The bias continues the weight's stream.
      for (int64_t i = 0; !is_weight && i < weight.elements; ++i) {
        stream.NextUniformFloat();
      }
      for (double& x : values) x = bound * (2 * stream.NextUniformFloat() - 1);
    }
    Assign(values, view);
    const std::string target =
        absl::StrCat("target/", absl::StripPrefix(view.name, "param/"));
    if (absl::StartsWith(parts[0], "critic")) {
      Assign(values, Named(state, target));
    }
  }
}

absl::Status SacAgent::Update(const SacBatch& batch, const SacDraws& draws,
                              SacStatistics* statistics, SacTrace* trace) {
  SF_RETURN_IF_ERROR(CheckSacBatch(options_, counters().updates, batch, draws));
  update_->Update(batch, draws, statistics, trace);
  return absl::OkStatus();
}

const SacCounters& SacAgent::counters() const { return update_->counters(); }

double SacAgent::alpha() const {
  const SacStateView& alpha = Named(update_->PolicyState(), "alpha_used");
  return alpha.f32 != nullptr ? *alpha.f32 : *alpha.f64;
}

TensorMap SacAgent::Save() const {
  TensorMap saved;
  for (const SacStateView& view : update_->State()) {
    saved[view.name] = Copy(view);
  }
  const SacCounters& counters = update_->counters();
  const auto count = [&saved](const std::string& name, int64_t value) {
    saved["counter/" + name] = Tensor::From(std::vector<int64_t>{value}, {1});
  };
  count("updates", counters.updates);
  count("actor_steps", counters.actor_steps);
  count("alpha_steps", counters.alpha_steps);
  return saved;
}

absl::Status SacAgent::Restore(const TensorMap& saved) {
  SacCounters counters;
  const std::pair<const char*, int64_t*> counts[] = {
      {"counter/updates", &counters.updates},
      {"counter/actor_steps", &counters.actor_steps},
      {"counter/alpha_steps", &counters.alpha_steps}};
  TensorMap tensors = saved;
  for (const auto& [name, value] : counts) {
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second.dtype != DType::kI64 ||
        found->second.values<int64_t>().size() != 1) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, " is missing or not one I64"));
    }
    *value = found->second.values<int64_t>()[0];
    tensors.erase(found);
  }
  const DType dtype = options_.precision == SacOptions::Precision::kFloat64
                          ? DType::kF64
                          : DType::kF32;
  for (const SacStateView& view : update_->State()) {
    const auto found = tensors.find(view.name);
    if (found == tensors.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor ", view.name, " is missing"));
    }
    if (found->second.dtype != dtype) {
      return absl::InvalidArgumentError(
          absl::StrCat(view.name, " has dtype ", DTypeName(found->second.dtype),
                       ", this precision needs ", DTypeName(dtype)));
    }
  }
  SF_RETURN_IF_ERROR(SetState(tensors));
  update_->counters() = counters;
  return absl::OkStatus();
}

absl::Status SacAgent::SetState(const TensorMap& tensors) {
  const std::vector<SacStateView>& state = update_->State();
  size_t known = 0;
  for (const SacStateView& view : state) {
    const auto found = tensors.find(view.name);
    if (found == tensors.end()) continue;
    SF_RETURN_IF_ERROR(CheckTensor(view, found->second));
    ++known;
  }
  if (known != tensors.size()) {
    for (const auto& [name, tensor] : tensors) {
      const bool there = std::any_of(
          state.begin(), state.end(),
          [&name = name](const SacStateView& v) { return v.name == name; });
      if (!there) {
        return absl::InvalidArgumentError(
            absl::StrCat("tensor ", name, " belongs to another network"));
      }
    }
  }
  for (const SacStateView& view : state) {
    const auto found = tensors.find(view.name);
    if (found != tensors.end()) Assign(found->second.AsDouble(), view);
  }
  return absl::OkStatus();
}

absl::Status SacAgent::ImportActor(const TensorMap& exported) {
  TensorMap state;
  for (const SacStateView& view : update_->State()) {
    if (!absl::StartsWith(view.name, "param/actor/")) continue;
    const bool log_std = absl::StrContains(view.name, "/log_std.");
    Shape wanted = view.shape;
    if (log_std || absl::StrContains(view.name, "/mean.")) wanted[0] *= 2;
    const std::string name = ExportedName(view.name);
    const auto found = exported.find(name);
    if (found == exported.end() || found->second.shape != wanted) {
      return absl::InvalidArgumentError(absl::StrCat(
          name, found == exported.end() ? " is missing" : " has shape ",
          found == exported.end() ? "" : ShapeString(found->second.shape),
          ", this actor needs ", ShapeString(wanted)));
    }
    const std::vector<double> values = found->second.AsDouble();
    const auto first = values.begin() + (log_std ? view.elements : int64_t{0});
    state[view.name] = Tensor::From(
        std::vector<double>(first, first + view.elements), view.shape);
  }
  return SetState(state);
}

absl::StatusOr<TensorMap> SacAgent::ExportActor() const {
  TensorMap exported;
  for (const SacStateView& view : update_->PolicyState()) {
    if (!absl::StartsWith(view.name, "param/actor/")) continue;
    if (!IsFinite(view)) {
      return absl::DataLossError(
          absl::StrCat(view.name, " holds a number that is not finite after ",
                       counters().updates, " updates"));
    }
    // The mean's rows come first, those of log_std below them.
    AppendRows(view, &exported[ExportedName(view.name)]);
  }
  return exported;
}

}  // namespace softfleet
