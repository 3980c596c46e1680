// SPDX-License-Identifier: Apache-2.0
// Every instruction set's kernels that this processor can run, against sums
// written down in double. Matrices stand in vectors of their exact size, at odd
// addresses, with a marker in the gaps between rows: AddressSanitizer sees what
// leaves them, the markers what writes between.
#include "sac/fused/kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "core/philox.h"

namespace softfleet::fused {
namespace {

constexpr double kMarker = 12345;

template <typename T>
struct Matrix {
  Matrix(int rows, int columns, int gap, int shift)
      : rows(rows),
        columns(columns),
        stride(columns + gap),
        shift(shift),
        values(shift + (rows > 0 ? (rows - 1) * stride + columns : 0),
               T(kMarker)) {}

  T* data() { return values.data() + shift; }
  T& at(int row, int column) { return data()[row * stride + column]; }

  void Fill(Philox& random) {
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < columns; ++c) {
        at(r, c) = static_cast<T>(random.NextUniform() * 2 - 1);
      }
    }
  }
  // Elements outside the matrix that are no longer the marker.
  int Overwritten() const {
    int count = 0;
    for (int i = 0; i < static_cast<int>(values.size()); ++i) {
      const bool inside = i >= shift && (i - shift) % stride < columns;
      if (!inside && values[i] != T(kMarker)) ++count;
    }
    return count;
  }

  int rows, columns;
  std::ptrdiff_t stride;
  int shift;
  std::vector<T> values;
};

struct Shape {
  int m, n, k;
};

// One layer with everything around it.
template <typename T>
struct Layer {
  Layer(const Shape& shape, Philox& random)
      : shape(shape),
        x(shape.m, shape.k, Gap(random), Gap(random)),
        w(shape.n, shape.k, Gap(random), Gap(random)),
        bias(1, shape.n, 0, Gap(random)),
        y(shape.m, shape.n, Gap(random), Gap(random)),
        dy(shape.m, shape.n, Gap(random), Gap(random)),
        h(shape.m, shape.k, Gap(random), Gap(random)),
        dx(shape.m, shape.k, Gap(random), Gap(random)),
        dw(shape.n, shape.k, Gap(random), Gap(random)),
        db(1, shape.n, 0, Gap(random)) {
    for (Matrix<T>* matrix : {&x, &w, &bias, &dy, &h}) matrix->Fill(random);
    for (int r = 0; r < shape.m; r += 2) h.at(r, 0) = 0;
  }
  static int Gap(Philox& random) {
    return static_cast<int>(random.NextU32() % 4);
  }

  void Run(const Kernels<T>& kernels, bool relu, int split) {
    packed.assign(kernels.packed_size(shape.n, shape.k), T(kMarker));
    const WeightMatrix<T> weight{w.data(), w.stride, shape.n, shape.k};
    for (int n = 0; n < shape.n; n += 2 * kRowBlock) {
      kernels.pack(weight, n, std::min(shape.n, n + 2 * kRowBlock),
                   packed.data());
    }
    const ForwardProduct<T> forward{x.data(),    x.stride, packed.data(),
                                    bias.data(), y.data(), y.stride,
                                    shape.n,     shape.k,  relu};
    const InputGradientProduct<T> input{
        dy.data(), dy.stride, w.data(),  w.stride, h.data(),
        h.stride,  dx.data(), dx.stride, shape.n,  shape.k};
    const WeightGradientProduct<T> gradient{dy.data(), dy.stride, x.data(),
                                            x.stride,  dw.data(), dw.stride,
                                            db.data(), shape.m,   shape.k};
    for (int r = 0; r < shape.m; r += split) {
      kernels.forward(forward, r, std::min(shape.m, r + split));
      kernels.input_gradient(input, r, std::min(shape.m, r + split));
    }
    for (int r = 0; r < shape.n; r += split) {
      kernels.weight_gradient(gradient, r, std::min(shape.n, r + split));
    }
  }
  std::vector<std::vector<T>> Results() const {
    return {y.values, dx.values, dw.values, db.values};
  }

  Shape shape;
  Matrix<T> x, w, bias, y, dy, h, dx, dw, db;
  std::vector<T> packed;
};

// A sum in double beside one of at most `terms` rounded operations on terms
// whose sizes add up to `size`.
struct Sum {
  double value = 0, size = 0;
  void Add(double term) {
    value += term;
    size += std::abs(term);
  }
};

template <typename T>
void ExpectNear(T got, double value, double size, int terms, const char* what,
                int row, int column) {
  const double bound =
      (terms + 2) * size * std::numeric_limits<T>::epsilon() + 1e-300;
  ASSERT_NEAR(got, value, bound) << what << "[" << row << ", " << column << "]";
}

template <typename T>
void ExpectForward(Layer<T>& l, bool relu) {
  for (int m = 0; m < l.shape.m; ++m) {
    for (int n = 0; n < l.shape.n; ++n) {
      Sum sum;
      for (int k = 0; k < l.shape.k; ++k) {
        sum.Add(double{l.x.at(m, k)} * l.w.at(n, k));
      }
      sum.Add(l.bias.at(0, n));
      const double y = relu && sum.value < 0 ? 0 : sum.value;
      ExpectNear(l.y.at(m, n), y, sum.size, l.shape.k, "y", m, n);
    }
  }
}

template <typename T>
void ExpectInputGradient(Layer<T>& l) {
  for (int m = 0; m < l.shape.m; ++m) {
    for (int k = 0; k < l.shape.k; ++k) {
      Sum sum;
      for (int n = 0; n < l.shape.n; ++n) {
        sum.Add(double{l.dy.at(m, n)} * l.w.at(n, k));
      }
      if (l.h.at(m, k) <= 0) sum = {};
      ExpectNear(l.dx.at(m, k), sum.value, sum.size, l.shape.n, "dx", m, k);
    }
  }
}

template <typename T>
void ExpectWeightGradient(Layer<T>& l) {
  for (int n = 0; n < l.shape.n; ++n) {
    Sum bias;
    for (int m = 0; m < l.shape.m; ++m) bias.Add(l.dy.at(m, n));
    ExpectNear(l.db.at(0, n), bias.value, bias.size, l.shape.m, "db", 0, n);
    for (int k = 0; k < l.shape.k; ++k) {
      Sum sum;
      for (int m = 0; m < l.shape.m; ++m) {
        sum.Add(double{l.dy.at(m, n)} * l.x.at(m, k));
      }
      ExpectNear(l.dw.at(n, k), sum.value, sum.size, l.shape.m, "dw", n, k);
    }
  }
}

template <typename T>
void ExpectNothingElseWritten(const Layer<T>& l) {
  EXPECT_EQ(l.y.Overwritten(), 0);
  EXPECT_EQ(l.dx.Overwritten(), 0);
  EXPECT_EQ(l.dw.Overwritten(), 0);
  EXPECT_EQ(l.db.Overwritten(), 0);
}

std::vector<Shape> Shapes(Philox& random) {
  std::vector<Shape> shapes = {{1, 1, 1},     {256, 1, 256}, {8, 256, 23},
                               {13, 12, 257}, {31, 33, 47},  {5, 2, 65},
                               {257, 17, 9},  {64, 64, 64}};
  for (int i = 0; i < 40; ++i) {
    const auto size = [&] { return static_cast<int>(random.NextU32() % 70); };
    shapes.push_back({size() + 1, size() + 1, size() + 1});
  }
  return shapes;
}

template <typename T>
class KernelsTest : public testing::Test {};
using Elements = testing::Types<float, double>;
TYPED_TEST_SUITE(KernelsTest, Elements);

TYPED_TEST(KernelsTest, ProductsAreTheSumsTheyStandFor) {
  Philox random(1, Purpose::kTest, 0, 0);
  for (const Shape& shape : Shapes(random)) {
    Layer<TypeParam> layer(shape, random);
    for (const auto* kernels :
         AvailableKernels<TypeParam>(MatrixPrecision::kFull)) {
      SCOPED_TRACE(testing::Message() << kernels->name << " " << shape.m << "x"
                                      << shape.n << "x" << shape.k);
      const bool relu = random.NextU32() % 2 == 0;
      layer.Run(*kernels, relu, shape.m + shape.n);
      ExpectForward(layer, relu);
      ExpectInputGradient(layer);
      ExpectWeightGradient(layer);
      ExpectNothingElseWritten(layer);
    }
  }
}

TYPED_TEST(KernelsTest, SplittingTheRowsChangesNoBit) {
  Philox random(2, Purpose::kTest, 0, 0);
  for (const Shape& shape : Shapes(random)) {
    Layer<TypeParam> layer(shape, random);
    for (const auto* kernels :
         AvailableKernels<TypeParam>(MatrixPrecision::kFull)) {
      layer.Run(*kernels, true, shape.m + shape.n);
      const auto whole = layer.Results();
      for (const int split : {1, 3, 8, 32}) {
        layer.Run(*kernels, true, split);
        ASSERT_EQ(layer.Results(), whole)
            << kernels->name << " in pieces of " << split << " rows, "
            << shape.m << "x" << shape.n << "x" << shape.k;
      }
    }
  }
}

TYPED_TEST(KernelsTest, InstructionSetsWithFusedMultiplyAddGiveTheSameBits) {
  const auto available = AvailableKernels<TypeParam>(MatrixPrecision::kFull);
  if (available.size() < 3) GTEST_SKIP() << "needs avx512 and avx2";
  Philox random(3, Purpose::kTest, 0, 0);
  for (const Shape& shape : Shapes(random)) {
    Layer<TypeParam> layer(shape, random);
    layer.Run(*available[0], false, 16);
    const auto first = layer.Results();
    layer.Run(*available[1], false, 16);
    ASSERT_EQ(layer.Results(), first)
        << shape.m << "x" << shape.n << "x" << shape.k;
  }
}

TYPED_TEST(KernelsTest, NumbersThatAreNotFiniteGoThrough) {
  const TypeParam nan = std::numeric_limits<TypeParam>::quiet_NaN();
  for (const auto* kernels :
       AvailableKernels<TypeParam>(MatrixPrecision::kFull)) {
    SCOPED_TRACE(kernels->name);
    Philox random(4, Purpose::kTest, 0, 0);
    Layer<TypeParam> layer({9, 21, 19}, random);
    layer.x.at(3, 5) = layer.dy.at(4, 6) = layer.h.at(5, 7) = nan;
    layer.Run(*kernels, true, 9);
    for (int n = 0; n < 21; ++n) {
      EXPECT_TRUE(std::isnan(layer.y.at(3, n)));
      EXPECT_FALSE(std::isnan(layer.y.at(4, n)));
      EXPECT_TRUE(std::isnan(layer.dw.at(n, 5)));
    }
    EXPECT_TRUE(std::isnan(layer.dx.at(4, 7)) || layer.h.at(4, 7) <= 0);
    // As in LibTorch: only what is known not to be positive stops a gradient.
    EXPECT_NE(layer.dx.at(5, 7), 0);
    EXPECT_TRUE(std::isnan(layer.db.at(0, 6)));
  }
}

template <typename T>
struct AdamBuffers {
  explicit AdamBuffers(int size) {
    Philox random(5, Purpose::kTest, 0, 0);
    for (auto* buffer : {&gradients, &parameters, &first, &second, &targets}) {
      buffer->resize(size);
      for (T& value : *buffer) value = static_cast<T>(random.NextUniform());
    }
  }
  void Run(const Kernels<T>& kernels, bool with_targets, int split) {
    const auto constants = AdamAtStep<T>(3e-4, .9, .999, 1e-8, 7);
    const AdamSweep<T> sweep{constants,
                             T(.005),
                             gradients.data(),
                             parameters.data(),
                             first.data(),
                             second.data(),
                             with_targets ? targets.data() : nullptr};
    const auto size = static_cast<int>(gradients.size());
    for (int i = 0; i < size; i += split) {
      kernels.adam(sweep, i, std::min(size, i + split));
    }
  }
  std::vector<T> gradients, parameters, first, second, targets;
};

TYPED_TEST(KernelsTest, AdamIsTheFormulaOnEveryInstructionSetToTheBit) {
  for (const bool with_targets : {false, true}) {
    AdamBuffers<TypeParam> expected(1003);
    const auto constants = AdamAtStep<TypeParam>(3e-4, .9, .999, 1e-8, 7);
    for (int i = 0; i < 1003; ++i) {
      AdamStep(constants, expected.gradients[i], &expected.parameters[i],
               &expected.first[i], &expected.second[i]);
      if (with_targets) {
        expected.targets[i] = Polyak(expected.targets[i],
                                     expected.parameters[i], TypeParam(.005));
      }
    }
    for (const auto* kernels :
         AvailableKernels<TypeParam>(MatrixPrecision::kFull)) {
      SCOPED_TRACE(kernels->name);
      for (const int split : {1003, 37}) {
        AdamBuffers<TypeParam> buffers(1003);
        buffers.Run(*kernels, with_targets, split);
        EXPECT_EQ(buffers.parameters, expected.parameters);
        EXPECT_EQ(buffers.first, expected.first);
        EXPECT_EQ(buffers.second, expected.second);
        EXPECT_EQ(buffers.targets, expected.targets);
      }
    }
  }
}

TEST(PaddedStrideTest, StartsRowsOnLinesAndAvoidsPowersOfTwo) {
  EXPECT_EQ(PaddedStride<float>(1), 16);
  EXPECT_EQ(PaddedStride<float>(23), 48);
  EXPECT_EQ(PaddedStride<float>(256), 272);
  EXPECT_EQ(PaddedStride<double>(256), 264);
}

class ChooseKernelsTest : public testing::Test {
 protected:
  void TearDown() override { unsetenv("SOFTFLEET_ISA"); }
  static const Kernels<float>* Choose(const char* isa, std::string* error) {
    setenv("SOFTFLEET_ISA", isa, 1);
    return ChooseKernels<float>(MatrixPrecision::kFull, error);
  }
};

TEST_F(ChooseKernelsTest, TakesTheFirstThatThereIs) {
  std::string error;
  EXPECT_EQ(ChooseKernels<float>(MatrixPrecision::kFull, &error),
            AvailableKernels<float>(MatrixPrecision::kFull).front());
  EXPECT_EQ(Choose("", &error),
            AvailableKernels<float>(MatrixPrecision::kFull).front());
}

TEST_F(ChooseKernelsTest, TakesTheOneTheVariableNames) {
  std::string error;
  for (const auto* kernels : AvailableKernels<float>(MatrixPrecision::kFull)) {
    EXPECT_EQ(Choose(kernels->name, &error), kernels);
  }
  EXPECT_EQ(error, "");
}

TEST_F(ChooseKernelsTest, NamesWhatThereIsWhenTheVariableNamesNothing) {
  std::string error;
  EXPECT_EQ(Choose("avx1024", &error), nullptr);
  EXPECT_THAT(error, testing::HasSubstr("SOFTFLEET_ISA is \"avx1024\""));
  for (const auto* kernels : AvailableKernels<float>(MatrixPrecision::kFull)) {
    EXPECT_THAT(error, testing::HasSubstr(kernels->name));
  }
}

}  // namespace
}  // namespace softfleet::fused
