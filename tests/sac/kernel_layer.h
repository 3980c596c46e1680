// SPDX-License-Identifier: Apache-2.0
// One layer with all that its products read and write, for tests of kernels.
// Matrices stand in vectors of their exact size, at odd addresses, with a
// marker in the gaps between rows: AddressSanitizer sees what leaves them, the
// markers what writes between.
#ifndef SOFTFLEET_TESTS_SAC_KERNEL_LAYER_H_
#define SOFTFLEET_TESTS_SAC_KERNEL_LAYER_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "core/philox.h"
#include "sac/fused/kernels.h"

namespace softfleet::fused {

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

  // Numbers in [-1, 1); multiples of `unit` if that is not 0.
  void Fill(Philox& random, double unit) {
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < columns; ++c) {
        const double x = random.NextUniform() * 2 - 1;
        at(r, c) = static_cast<T>(unit == 0 ? x : std::floor(x / unit) * unit);
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
  Layer(const Shape& shape, Philox& random, double unit = 0)
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
    for (Matrix<T>* matrix : {&x, &w, &bias, &dy, &h})
      matrix->Fill(random, unit);
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

inline std::vector<Shape> Shapes(Philox& random) {
  std::vector<Shape> shapes = {{1, 1, 1},     {256, 1, 256}, {8, 256, 23},
                               {13, 12, 257}, {31, 33, 47},  {5, 2, 65},
                               {257, 17, 9},  {64, 64, 64}};
  for (int i = 0; i < 40; ++i) {
    const auto size = [&] { return static_cast<int>(random.NextU32() % 70); };
    shapes.push_back({size() + 1, size() + 1, size() + 1});
  }
  return shapes;
}

}  // namespace softfleet::fused

#endif  // SOFTFLEET_TESTS_SAC_KERNEL_LAYER_H_
