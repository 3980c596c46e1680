// SPDX-License-Identifier: Apache-2.0
#include "policy/layers.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/finite.h"
#include "core/status.h"
#include "policy/dense.h"

namespace softfleet {
namespace {

using ConstVector = Eigen::Map<const Eigen::VectorXf>;
using MutableVector = Eigen::Map<Eigen::VectorXf>;

// torch.nn.LayerNorm's default.
constexpr float kLayerNormEpsilon = 1e-5F;

class Linear : public NetworkLayer {
 public:
  Linear(const DenseKernel& kernel, const float* weight, const float* bias,
         int64_t inputs, int64_t outputs)
      : dense_(kernel, weight, bias, inputs, outputs) {}

  int64_t outputs() const override { return dense_.outputs(); }
  void Apply(const float* input, int64_t n, float* output) const override {
    dense_.Apply(input, n, output);
  }

 private:
  Dense dense_;
};

class Relu : public NetworkLayer {
 public:
  explicit Relu(int64_t size) : size_(size) {}

  int64_t outputs() const override { return size_; }
  void Apply(const float* input, int64_t n, float* output) const override {
    MutableVector(output, n * size_) =
        ConstVector(input, n * size_).cwiseMax(0.0F);
  }

 private:
  int64_t size_;
};

// (x - mean) / sqrt(variance + 1e-5) weight + bias over the features of one
// row, with the biased variance (Ba et al. 2016; torch.nn.LayerNorm).
class LayerNorm : public NetworkLayer {
 public:
  LayerNorm(const float* weight, const float* bias, int64_t size)
      : weight_(weight, size), bias_(bias, size) {}

  int64_t outputs() const override { return weight_.size(); }
  void Apply(const float* input, int64_t n, float* output) const override {
    for (int64_t row = 0; row < n; ++row) {
      ApplyRow(input + row * outputs(), output + row * outputs());
    }
  }

 private:
  void ApplyRow(const float* input, float* output) const {
    const ConstVector row(input, weight_.size());
    MutableVector result(output, weight_.size());
    result.array() = row.array() - row.mean();
    const float variance = result.array().square().mean();
    const float scale = 1 / std::sqrt(variance + kLayerNormEpsilon);
    result.array() = result.array() * scale * weight_.array() + bias_.array();
  }

  ConstVector weight_;
  ConstVector bias_;
};

// Gives a layer its tensors, checked.
class TensorReader {
 public:
  explicit TensorReader(const TensorMap& tensors) : tensors_(tensors) {}

  // The float tensor of that name.
  absl::StatusOr<const Tensor*> Find(const std::string& name) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) return Error(name, "is missing");
    const Tensor& tensor = found->second;
    if (tensor.dtype != DType::kF32) {
      return Error(name,
                   absl::StrCat("is ", DTypeName(tensor.dtype), ", needs F32"));
    }
    return &tensor;
  }

  // The elements, all finite, of a tensor of exactly that shape.
  absl::StatusOr<const float*> Values(const std::string& name,
                                      const Shape& shape) const {
    SF_ASSIGN_OR_RETURN(const Tensor* tensor, Find(name));
    const std::span<const float> values = tensor->values<float>();
    if (tensor->shape != shape ||
        static_cast<int64_t>(values.size()) != NumElements(shape)) {
      return Error(name, absl::StrCat("is ", ShapeString(tensor->shape),
                                      " with ", values.size(),
                                      " numbers, needs ", ShapeString(shape)));
    }
    if (!AllFinite(values)) {
      return Error(name, "has a number that is not finite");
    }
    return values.data();
  }

  // Rows of a weight with `columns` columns.
  absl::StatusOr<int64_t> Rows(const std::string& name, int64_t columns) const {
    SF_ASSIGN_OR_RETURN(const Tensor* tensor, Find(name));
    const Shape& shape = tensor->shape;
    if (shape.size() != 2 || shape[0] < 1 || shape[1] != columns) {
      return Error(name, absl::StrCat("is ", ShapeString(shape),
                                      ", needs [outputs, ", columns, "]"));
    }
    const auto numbers = static_cast<int64_t>(tensor->values<float>().size());
    // Divided, not multiplied: a shape from outside must not overflow.
    if (numbers % columns != 0 || numbers / columns != shape[0]) {
      return Error(name, absl::StrCat("is ", ShapeString(shape), " with ",
                                      numbers, " numbers"));
    }
    return shape[0];
  }

 private:
  static absl::Status Error(const std::string& name, absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("tensor ", name, " ", what));
  }

  const TensorMap& tensors_;
};

using MadeLayer = absl::StatusOr<std::unique_ptr<NetworkLayer>>;

MadeLayer MakeLinear(const TensorReader& reader, const std::string& prefix,
                     int64_t inputs) {
  const std::string weight_name = prefix + ".weight";
  SF_ASSIGN_OR_RETURN(const int64_t outputs, reader.Rows(weight_name, inputs));
  SF_ASSIGN_OR_RETURN(const float* weight,
                      reader.Values(weight_name, {outputs, inputs}));
  SF_ASSIGN_OR_RETURN(const float* bias,
                      reader.Values(prefix + ".bias", {outputs}));
  SF_ASSIGN_OR_RETURN(const DenseKernel* kernel, ChooseDenseKernel());
  return std::make_unique<Linear>(*kernel, weight, bias, inputs, outputs);
}

MadeLayer MakeLayerNorm(const TensorReader& reader, const std::string& prefix,
                        int64_t inputs) {
  SF_ASSIGN_OR_RETURN(const float* weight,
                      reader.Values(prefix + ".weight", {inputs}));
  SF_ASSIGN_OR_RETURN(const float* bias,
                      reader.Values(prefix + ".bias", {inputs}));
  return std::make_unique<LayerNorm>(weight, bias, inputs);
}

MadeLayer MakeLayer(const Layer& layer, const TensorReader& reader,
                    int64_t inputs) {
  if (layer.kind == "linear") return MakeLinear(reader, layer.tensors, inputs);
  if (layer.kind == "relu") return std::make_unique<Relu>(inputs);
  if (layer.kind == "layer_norm") {
    return MakeLayerNorm(reader, layer.tensors, inputs);
  }
  return absl::InvalidArgumentError(
      "unknown layer (linear, relu and layer_norm are known)");
}

std::string Describe(size_t index, const Layer& layer) {
  return absl::StrCat("layer ", index, " (", layer.kind,
                      layer.tensors.empty() ? "" : " ", layer.tensors, ")");
}

}  // namespace

absl::StatusOr<Network> Network::Create(const std::vector<Layer>& layers,
                                        const TensorMap& tensors,
                                        int64_t inputs) {
  if (layers.empty() || layers.back().kind != "linear") {
    return absl::InvalidArgumentError(absl::StrCat(
        "the last of ", layers.size(), " layers is ",
        layers.empty() ? "missing" : layers.back().kind, ", needs linear"));
  }
  Network network(inputs);
  const TensorReader reader(tensors);
  int64_t features = inputs;
  for (size_t i = 0; i < layers.size(); ++i) {
    MadeLayer made = MakeLayer(layers[i], reader, features);
    if (!made.ok()) {
      return Annotate(made.status(), Describe(i, layers[i]));
    }
    features = (*made)->outputs();
    network.widest_ = std::max(network.widest_, features);
    network.layers_.push_back(std::move(*made));
  }
  return network;
}

std::span<const float> Network::Forward(std::span<const float> input,
                                        int64_t n) {
  front_.reserve(n * widest_);
  back_.reserve(n * widest_);
  const float* from = input.data();
  for (const std::unique_ptr<NetworkLayer>& layer : layers_) {
    back_.resize(n * layer->outputs());
    layer->Apply(from, n, back_.data());
    front_.swap(back_);
    from = front_.data();
  }
  return front_;
}

}  // namespace softfleet
