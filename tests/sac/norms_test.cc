// SPDX-License-Identifier: Apache-2.0
// Layer normalisation by every instruction set's kernels that this processor
// can run, against the definition in double (Ba et al. 2016).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/philox.h"
#include "sac/fused/kernels.h"
#include "tests/sac/kernel_layer.h"

namespace softfleet::fused {
namespace {

constexpr int kRows = 13;

template <typename T>
struct Norm {
  Norm(int n, Philox& random) : n(n) {
    for (Matrix<T>* matrix : {&x, &dy, &weight, &bias}) matrix->Fill(random, 0);
    for (T& value : scale) value = T(kMarker);
  }
  // Forward and back, a few rows (or columns) at a time.
  void Run(const Kernels<T>& kernels, int split) {
    y = x;
    for (int row = 0; row < kRows; row += split) {
      const int end = std::min(row + split, kRows);
      kernels.normalise({weight.data(), bias.data(), n, y.data(), y.stride,
                         normal.data(), normal.stride, scale.data()},
                        row, end);
      kernels.norm_gradient(
          {weight.data(), n, dy.data(), dy.stride, normal.data(), normal.stride,
           scale.data(), dx.data(), dx.stride},
          row, end);
    }
    for (int column = 0; column < n; column += split) {
      kernels.norm_parameter_gradient(
          {kRows, dy.data(), dy.stride, normal.data(), normal.stride,
           dweight.data(), dbias.data()},
          column, std::min(column + split, n));
    }
  }
  std::vector<std::vector<T>> Results() const {
    return {y.values,  normal.values,  scale,
            dx.values, dweight.values, dbias.values};
  }
  int Overwritten() const {
    int count = 0;
    for (const Matrix<T>* m : {&y, &normal, &dx, &dweight, &dbias}) {
      count += m->Overwritten();
    }
    return count;
  }

  int n;
  Matrix<T> x{kRows, n, 3, 1}, y{kRows, n, 3, 1}, normal{kRows, n, 2, 1};
  Matrix<T> dy{kRows, n, 5, 1}, dx{kRows, n, 1, 1};
  Matrix<T> weight{1, n, 1, 1}, bias{1, n, 1, 1};
  Matrix<T> dweight{1, n, 1, 1}, dbias{1, n, 1, 1};
  std::vector<T> scale = std::vector<T>(kRows);
};

// What a row is in double.
struct ExactRow {
  std::vector<double> normal, dx;
  double scale = 0;
};

template <typename T>
ExactRow Exactly(Norm<T>& norm, int row) {
  const int n = norm.n;
  double mean = 0, variance = 0, mean_gradient = 0, mean_product = 0;
  ExactRow exact;
  for (int j = 0; j < n; ++j) mean += norm.x.at(row, j) / double(n);
  for (int j = 0; j < n; ++j) {
    variance += std::pow(norm.x.at(row, j) - mean, 2) / n;
  }
  exact.scale = 1 / std::sqrt(variance + 1e-5);
  for (int j = 0; j < n; ++j) {
    const double gradient = double{norm.dy.at(row, j)} * norm.weight.at(0, j);
    exact.normal.push_back((norm.x.at(row, j) - mean) * exact.scale);
    mean_gradient += gradient / n;
    mean_product += gradient * exact.normal[j] / n;
  }
  for (int j = 0; j < n; ++j) {
    const double gradient = double{norm.dy.at(row, j)} * norm.weight.at(0, j);
    exact.dx.push_back(exact.scale * (gradient - mean_gradient -
                                      exact.normal[j] * mean_product));
  }
  return exact;
}

// Numbers are in [-1, 1), so is their rounding in units; a small variance
// divides it (by 3e-3 at least, but for n = 1, where all is 0), twice in dx.
template <typename T>
void ExpectExact(Norm<T>& norm) {
  const double unit = 32 * std::numeric_limits<T>::epsilon();
  std::vector<double> dweight(norm.n), dbias(norm.n);
  for (int row = 0; row < kRows; ++row) {
    const ExactRow exact = Exactly(norm, row);
    const double s = std::max(1.0, exact.scale);
    ASSERT_NEAR(norm.scale[row], exact.scale, unit * s * s) << "row " << row;
    for (int j = 0; j < norm.n; ++j) {
      const double y =
          exact.normal[j] * norm.weight.at(0, j) + norm.bias.at(0, j);
      ASSERT_NEAR(norm.normal.at(row, j), exact.normal[j], unit * s * s);
      ASSERT_NEAR(norm.y.at(row, j), std::max(0.0, y), unit * s * s);
      ASSERT_NEAR(norm.dx.at(row, j), exact.dx[j], unit * s * s * s);
      dweight[j] += double{norm.dy.at(row, j)} * norm.normal.at(row, j);
      dbias[j] += norm.dy.at(row, j);
    }
  }
  for (int j = 0; j < norm.n; ++j) {
    ASSERT_NEAR(norm.dweight.at(0, j), dweight[j], unit * kRows);
    ASSERT_NEAR(norm.dbias.at(0, j), dbias[j], unit);
  }
  ASSERT_EQ(norm.Overwritten(), 0);
}

template <typename T>
class NormsTest : public ::testing::Test {
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
using Elements = ::testing::Types<float, double>;
TYPED_TEST_SUITE(NormsTest, Elements);

constexpr int kWidths[] = {1, 2, 3, 7, 8, 9, 16, 17, 31, 32, 33, 70, 256};

TYPED_TEST(NormsTest, RowsAreTheDefinitionHoweverTheyAreSplit) {
  Philox random(1, Purpose::kTest, 0, 0);
  for (const int n : kWidths) {
    Norm<TypeParam> norm(n, random);
    for (const auto* kernels : this->All()) {
      SCOPED_TRACE(::testing::Message() << kernels->name << ", " << n);
      norm.Run(*kernels, kRows + n);
      ExpectExact(norm);
      if (this->HasFatalFailure()) return;
      const auto whole = norm.Results();
      norm.Run(*kernels, 5);
      ASSERT_EQ(norm.Results(), whole);
    }
  }
}

TYPED_TEST(NormsTest, InstructionSetsWithFusedMultiplyAddGiveTheSameBits) {
  const auto available = AvailableKernels<TypeParam>(MatrixPrecision::kFull);
  if (available.size() < 3) GTEST_SKIP() << "needs avx512 and avx2";
  Philox random(2, Purpose::kTest, 0, 0);
  for (const int n : kWidths) {
    Norm<TypeParam> norm(n, random);
    norm.Run(*available[0], kRows);
    const auto first = norm.Results();
    norm.Run(*available[1], kRows);
    ASSERT_EQ(norm.Results(), first) << n;
  }
}

TYPED_TEST(NormsTest, NumbersThatAreNotFiniteGoThrough) {
  Philox random(3, Purpose::kTest, 0, 0);
  for (const auto* kernels : this->All()) {
    Norm<TypeParam> norm(21, random);
    norm.x.at(4, 20) = norm.dy.at(5, 6) =
        std::numeric_limits<TypeParam>::quiet_NaN();
    norm.Run(*kernels, kRows);
    for (int j = 0; j < 21; ++j) {
      ASSERT_TRUE(std::isnan(norm.y.at(4, j))) << kernels->name;
      ASSERT_FALSE(std::isnan(norm.y.at(5, j)));
      ASSERT_TRUE(std::isnan(norm.dx.at(5, j)));
      ASSERT_TRUE(std::isnan(norm.dweight.at(0, j)));
      ASSERT_EQ(std::isnan(norm.dbias.at(0, j)), j == 6);
    }
  }
}

}  // namespace
}  // namespace softfleet::fused
