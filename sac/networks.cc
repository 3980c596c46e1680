// SPDX-License-Identifier: Apache-2.0
#include "sac/networks.h"

#include <ATen/ATen.h>

#include <cmath>
#include <utility>

namespace softfleet {
namespace {

constexpr double kHalfLog2Pi = 0.91893853320467274178;
constexpr double kLog2 = 0.69314718055994530942;
// torch's default threshold of 20 errs by 2e-9 in double.
constexpr double kSoftplusThreshold = 40;
constexpr double kLayerNormEpsilon = 1e-5;

int64_t Product(const std::vector<int64_t>& shape) {
  int64_t product = 1;
  for (int64_t extent : shape) product *= extent;
  return product;
}

std::string Numbered(std::string prefix, size_t number) {
  return prefix.append(std::to_string(number));
}

}  // namespace

void AppendStateView(const std::string& name, const std::vector<int64_t>& shape,
                     const at::Tensor& flat, int64_t offset,
                     std::vector<SacStateView>* views) {
  SacStateView view{name, shape, Product(shape)};
  if (flat.scalar_type() == at::kFloat) {
    view.f32 = flat.data_ptr<float>() + offset;
  } else {
    view.f64 = flat.data_ptr<double>() + offset;
  }
  views->push_back(std::move(view));
}

void ParameterGroup::Add(std::vector<std::string> names,
                         std::vector<int64_t> part_shape,
                         std::vector<int64_t> shape) {
  const int64_t elements = Product(shape);
  slots_.push_back({std::move(names), std::move(part_shape), std::move(shape),
                    elements_, elements});
  elements_ += elements;
}

std::vector<at::Tensor> ParameterGroup::Views(const at::Tensor& flat) const {
  std::vector<at::Tensor> views;
  for (const Slot& slot : slots_) {
    views.push_back(
        flat.narrow(0, slot.offset, slot.elements).view(slot.shape).detach());
  }
  return views;
}

void ParameterGroup::Allocate(bool trainable) {
  flat_ = at::zeros({elements_}, dtype_);
  frozen_ = Views(flat_);
  tensors_ = Views(flat_);
  if (!trainable) return;
  for (at::Tensor& tensor : tensors_) tensor.requires_grad_();
  first_moment_ = at::zeros_like(flat_);
  second_moment_ = at::zeros_like(flat_);
  first_moments_ = Views(first_moment_);
  second_moments_ = Views(second_moment_);
  adam_step_ = at::zeros({}, at::kDouble);
}

void ParameterGroup::AdamStep(const SacOptions& options, double learning_rate,
                              int64_t step) {
  std::vector<at::Tensor> gradients;
  gradients.reserve(tensors_.size());
  for (const at::Tensor& tensor : tensors_) gradients.push_back(tensor.grad());
  adam_step_.fill_(static_cast<double>(step));
  const std::vector<at::Tensor> steps(tensors_.size(), adam_step_);
  at::_fused_adam_(frozen_, gradients, first_moments_, second_moments_, {},
                   steps, learning_rate, options.adam_beta1, options.adam_beta2,
                   /*weight_decay=*/0, options.adam_epsilon, /*amsgrad=*/false,
                   /*maximize=*/false);
  for (at::Tensor& tensor : tensors_) tensor.mutable_grad().reset();
}

void ParameterGroup::AppendState(const std::string& prefix,
                                 std::vector<SacStateView>* views) const {
  for (const Slot& slot : slots_) {
    const int64_t part = Product(slot.part_shape);
    for (size_t i = 0; i < slot.names.size(); ++i) {
      const int64_t offset = slot.offset + static_cast<int64_t>(i) * part;
      const std::string& name = slot.names[i];
      AppendStateView(prefix + name, slot.part_shape, flat_, offset, views);
      if (!first_moment_.defined()) continue;
      AppendStateView("adam_m/" + name, slot.part_shape, first_moment_, offset,
                      views);
      AppendStateView("adam_v/" + name, slot.part_shape, second_moment_, offset,
                      views);
    }
  }
}

void ParameterGroup::TraceGradients(SacTrace* trace) const {
  for (size_t s = 0; s < slots_.size(); ++s) {
    const at::Tensor gradient = tensors_[s].grad().to(at::kDouble).contiguous();
    const double* values = gradient.data_ptr<double>();
    const int64_t part = Product(slots_[s].part_shape);
    for (const std::string& name : slots_[s].names) {
      (*trace)["grad/" + name].assign(values, values + part);
      values += part;
    }
  }
}

double ParameterGroup::GradientNorm() const {
  double sum = 0;
  for (const at::Tensor& tensor : tensors_) {
    const double norm = tensor.grad().norm().item<double>();
    sum += norm * norm;
  }
  return std::sqrt(sum);
}

void DeclareActor(const SacOptions& options, ParameterGroup* group) {
  int64_t in = options.observation_dim;
  for (size_t i = 0; i < options.actor_hidden.size(); ++i) {
    const int64_t out = options.actor_hidden[i];
    const std::string layer = Numbered("actor/l", i);
    group->Add({layer + ".weight"}, {out, in}, {out, in});
    group->Add({layer + ".bias"}, {out}, {out});
    in = out;
  }
  const int64_t dim = options.action_dim;
  if (options.continuous) {
    group->Add({"actor/mean.weight", "actor/log_std.weight"}, {dim, in},
               {2 * dim, in});
    group->Add({"actor/mean.bias", "actor/log_std.bias"}, {dim}, {2 * dim});
  } else {
    group->Add({"actor/logits.weight"}, {dim, in}, {dim, in});
    group->Add({"actor/logits.bias"}, {dim}, {dim});
  }
}

void DeclareCritics(const SacOptions& options, ParameterGroup* group) {
  const int64_t n = options.num_critics;
  const auto names = [n](const std::string& tensor) {
    std::vector<std::string> all;
    for (int64_t k = 0; k < n; ++k) {
      all.push_back(Numbered("critic", k) + "/" + tensor);
    }
    return all;
  };
  const auto add_linear = [&](const std::string& layer, int64_t in,
                              int64_t out) {
    group->Add(names(layer + ".weight"), {out, in}, {n, out, in});
    group->Add(names(layer + ".bias"), {out}, {n, 1, out});
  };
  int64_t in =
      options.observation_dim + (options.continuous ? options.action_dim : 0);
  for (size_t i = 0; i < options.critic_hidden.size(); ++i) {
    const int64_t out = options.critic_hidden[i];
    add_linear(Numbered("l", i), in, out);
    if (options.critic_layer_norm) {
      const std::string norm = Numbered("ln", i);
      group->Add(names(norm + ".weight"), {out}, {n, 1, out});
      group->Add(names(norm + ".bias"), {out}, {n, 1, out});
    }
    in = out;
  }
  add_linear("out", in, options.continuous ? 1 : options.action_dim);
}

at::Tensor ActorForward(const SacOptions& options,
                        const std::vector<at::Tensor>& parameters,
                        const at::Tensor& observations) {
  auto next = parameters.begin();
  at::Tensor x = observations;
  for (size_t i = 0; i < options.actor_hidden.size(); ++i, next += 2) {
    x = at::linear(x, next[0], next[1]).relu_();
  }
  return at::linear(x, next[0], next[1]);
}

at::Tensor CriticForward(const SacOptions& options,
                         const std::vector<at::Tensor>& parameters,
                         const at::Tensor& input) {
  auto next = parameters.begin();
  const auto linear = [&next](const at::Tensor& x) {
    const at::Tensor weight = *next++;
    const at::Tensor bias = *next++;
    return at::baddbmm(bias, x, weight.transpose(1, 2));
  };
  at::Tensor x = input.unsqueeze(0).expand({options.num_critics, -1, -1});
  for (size_t i = 0; i < options.critic_hidden.size(); ++i) {
    x = linear(x);
    if (options.critic_layer_norm) {
      x = at::layer_norm(x, {options.critic_hidden[i]}, {}, {},
                         kLayerNormEpsilon);
      x = x * next[0] + next[1];
      next += 2;
    }
    x = x.relu_();
  }
  x = linear(x);
  return options.continuous ? x.squeeze(2) : x;
}

GaussianSample SampleGaussian(const SacOptions& options,
                              const at::Tensor& head_output,
                              const at::Tensor& noise) {
  GaussianSample sample;
  const double low = options.log_std_min, high = options.log_std_max;
  sample.mean = head_output.narrow(1, 0, options.action_dim);
  const at::Tensor raw =
      head_output.narrow(1, options.action_dim, options.action_dim);
  sample.log_std = options.log_std_mode == SacOptions::LogStdMode::kBounded
                       ? low + 0.5 * (high - low) * (at::tanh(raw) + 1)
                       : at::clamp(raw, low, high);
  sample.u = at::addcmul(sample.mean, sample.log_std.exp(), noise);
  sample.action = at::tanh(sample.u);
  const at::Tensor log_gaussian =
      -0.5 * noise.square() - sample.log_std - kHalfLog2Pi;
  const at::Tensor log_derivative =
      2 *
      (kLog2 - sample.u - at::softplus(-2 * sample.u, 1, kSoftplusThreshold));
  sample.logp = (log_gaussian - log_derivative).sum(1) - options.log_volume;
  return sample;
}

}  // namespace softfleet
