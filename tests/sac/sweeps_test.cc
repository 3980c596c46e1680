// SPDX-License-Identifier: Apache-2.0
// The sweeps of every instruction set's kernels that this processor can run,
// against the functors one element at a time.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/philox.h"
#include "sac/fused/kernels.h"
#include "tests/sac/kernel_layer.h"

namespace softfleet::fused {
namespace {

template <typename T>
class SweepsTest : public testing::Test {
 protected:
  static std::vector<const Kernels<T>*> All() {
    auto all = AvailableKernels<T>(MatrixPrecision::kFull);
    for (const auto* rounded :
         AvailableKernels<T>(MatrixPrecision::kBFloat16)) {
      all.push_back(rounded);
    }
    return all;
  }
};
using Elements = testing::Types<float, double>;
TYPED_TEST_SUITE(SweepsTest, Elements);

// What an Adam step reads and writes beside a layer's dw.
template <typename T>
struct Trained {
  explicit Trained(const Layer<T>& layer, bool with_targets)
      : with_targets(with_targets) {
    Philox random(5, Purpose::kTest, 0, 0);
    for (auto* buffer : {&parameters, &first, &second, &targets}) {
      buffer->resize(layer.dw.values.size());
      for (T& value : *buffer) value = static_cast<T>(random.NextUniform());
    }
  }
  AdamSweep<T> Sweep(Layer<T>* layer) {
    const int shift = layer->dw.shift;
    return {AdamAtStep<T>(3e-4, .9, .999, 1e-8, 7),
            T(.005),
            layer->dw.data(),
            parameters.data() + shift,
            first.data() + shift,
            second.data() + shift,
            with_targets ? targets.data() + shift : nullptr};
  }
  std::vector<std::vector<T>> Results() const {
    return {parameters, first, second, targets};
  }

  bool with_targets;
  std::vector<T> parameters, first, second, targets;
};

TYPED_TEST(SweepsTest, AStepWithinTheWeightGradientIsTheStepAfterIt) {
  using T = TypeParam;
  Philox random(10, Purpose::kTest, 0, 0);
  for (const Shape& shape : Shapes(random)) {
    Layer<T> layer(shape, random);
    for (const auto* kernels : this->All()) {
      const bool with_targets = random.NextU32() % 2 == 0;
      SCOPED_TRACE(testing::Message() << kernels->name << " " << shape.m << "x"
                                      << shape.n << "x" << shape.k);
      layer.Run(*kernels, false, shape.m + shape.n);
      const auto gradients = layer.dw.values;
      Trained<T> after(layer, with_targets), within(layer, with_targets);
      const AdamSweep<T> rows = after.Sweep(&layer);
      for (int n = 0; n < shape.n; ++n) {
        const std::ptrdiff_t row = n * layer.dw.stride;
        kernels->adam(rows, row, row + shape.k);
      }
      const AdamSweep<T> sweep = within.Sweep(&layer);
      for (int n = 0; n < shape.n; n += 16) {
        kernels->weight_gradient(
            {layer.dy.data(), layer.dy.stride, layer.x.data(), layer.x.stride,
             layer.dw.data(), layer.dw.stride, layer.db.data(), shape.m,
             shape.k, &sweep},
            n, std::min(n + 16, shape.n));
      }
      ASSERT_EQ(layer.dw.values, gradients);
      ASSERT_EQ(within.Results(), after.Results());
    }
  }
}

// Heads' outputs of `rows` rows and the actions drawn there.
template <typename T>
struct Policy {
  Policy(int rows, int dim, Philox& random)
      : rows(rows),
        dim(dim),
        head(rows, 2 * dim, 3, 1),
        action(rows, dim, 2, 1) {
    head.Fill(random, 0);
    for (T& value : head.values) value *= 8;  // beyond the range of log_std
    for (int i = 0; i < rows * dim; ++i) {
      noise.push_back(static_cast<float>(random.NextNormal()));
    }
    for (auto* values : {&log_std, &slope, &deviation, &u}) {
      values->resize(rows * dim);
    }
    logp.resize(rows);
  }
  void Run(const Kernels<T>& kernels, bool bounded, int split) {
    for (int row = 0; row < rows; row += split) {
      kernels.sample({{-5, 2, bounded},
                      T(.25),
                      dim,
                      head.data(),
                      head.stride,
                      noise.data(),
                      action.data(),
                      action.stride,
                      log_std.data(),
                      slope.data(),
                      deviation.data(),
                      u.data(),
                      logp.data()},
                     row, std::min(row + split, rows));
    }
  }
  // What one call per component gives.
  void Expect(bool bounded) {
    for (int row = 0; row < rows; ++row) {
      T sum = 0;
      for (int d = 0; d < dim; ++d) {
        const int i = row * dim + d;
        const auto sample =
            SampleGaussian1d(head.at(row, d), head.at(row, dim + d),
                             T(noise[i]), {-5, 2, bounded});
        sum += sample.logp;
        ASSERT_EQ(log_std[i], sample.log_std);
        ASSERT_EQ(slope[i], sample.log_std_slope);
        ASSERT_EQ(deviation[i], sample.deviation);
        ASSERT_EQ(u[i], sample.u);
        ASSERT_EQ(action.at(row, d), sample.action);
      }
      ASSERT_EQ(logp[row], sum - T(.25));
    }
    ASSERT_EQ(action.Overwritten(), 0);
  }

  int rows, dim;
  Matrix<T> head, action;
  std::vector<float> noise;
  std::vector<T> log_std, slope, deviation, u, logp;
};

TYPED_TEST(SweepsTest, SamplesAreTheFormulaOnEveryInstructionSetToTheBit) {
  Philox random(11, Purpose::kTest, 0, 0);
  for (const auto* kernels : this->All()) {
    for (const int dim : {1, 3, 6, 17, 70}) {
      for (const bool bounded : {false, true}) {
        for (const int split : {41, 8}) {
          SCOPED_TRACE(testing::Message() << kernels->name << ", " << dim
                                          << " in pieces of " << split);
          Policy<TypeParam> policy(41, dim, random);
          policy.Run(*kernels, bounded, split);
          policy.Expect(bounded);
        }
      }
    }
  }
}

}  // namespace
}  // namespace softfleet::fused
