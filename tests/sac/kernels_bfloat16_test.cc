// SPDX-License-Identifier: Apache-2.0
// The kernels that round factors to bfloat16, each instruction set that this
// processor has for them.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/philox.h"
#include "sac/fused/kernels.h"
#include "tests/sac/kernel_layer.h"

namespace softfleet::fused {
namespace {

constexpr double kUnit = 1.0 / 128;  // its multiples up to 1 are bfloat16

class BFloat16KernelsTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    for (const auto* kernels :
         AvailableKernels<float>(MatrixPrecision::kBFloat16)) {
      if (std::string(kernels->name) == GetParam()) kernels_ = kernels;
    }
    if (kernels_ == nullptr) {
      GTEST_SKIP() << "this processor has no " << GetParam();
    }
  }
  static std::vector<Shape> AllShapes(Philox& random) {
    std::vector<Shape> shapes = Shapes(random);
    shapes.push_back({130, 270, 33});
    shapes.push_back({300, 33, 530});
    shapes.push_back({530, 40, 16});
    return shapes;
  }

  const Kernels<float>* kernels_ = nullptr;
};

INSTANTIATE_TEST_SUITE_P(Isa, BFloat16KernelsTest,
                         testing::Values("amx_bf16", "avx512_bf16"),
                         [](const auto& info) {
                           return std::string(info.param);
                         });

TEST_P(BFloat16KernelsTest, ProductsOfRoundFactorsAreTheSumsTheyStandFor) {
  Philox random(6, Purpose::kTest, 0, 0);
  for (const Shape& shape : AllShapes(random)) {
    SCOPED_TRACE(testing::Message()
                 << shape.m << "x" << shape.n << "x" << shape.k);
    Layer<float> layer(shape, random, kUnit);
    const bool relu = random.NextU32() % 2 == 0;
    layer.Run(*kernels_, relu, shape.m + shape.n);
    ExpectForward(layer, relu);
    ExpectInputGradient(layer);
    ExpectWeightGradient(layer);
    ExpectNothingElseWritten(layer);
  }
}

TEST_P(BFloat16KernelsTest, SplittingTheRowsChangesNoBit) {
  Philox random(7, Purpose::kTest, 0, 0);
  for (const Shape& shape : AllShapes(random)) {
    Layer<float> layer(shape, random);
    layer.Run(*kernels_, true, shape.m + shape.n);
    const auto whole = layer.Results();
    for (const int split : {1, 3, 32}) {
      layer.Run(*kernels_, true, split);
      ASSERT_EQ(layer.Results(), whole)
          << "in pieces of " << split << " rows, " << shape.m << "x" << shape.n
          << "x" << shape.k;
    }
  }
}

TEST_P(BFloat16KernelsTest, FactorsAreRoundedToTheNearest) {
  Philox random(8, Purpose::kTest, 0, 0);
  Layer<float> layer({20, 20, 20}, random);
  for (int n = 0; n < 20; ++n) {
    layer.bias.at(0, n) = 0;
    for (int k = 0; k < 20; ++k) layer.w.at(n, k) = n == k ? 1 : 0;
  }
  layer.Run(*kernels_, false, 20);
  for (int m = 0; m < 20; ++m) {
    for (int n = 0; n < 20; ++n) {
      int exponent;
      const float x = layer.x.at(m, n);
      std::frexp(x, &exponent);
      const double unit = std::ldexp(1.0, exponent - 8);
      EXPECT_EQ(layer.y.at(m, n), std::nearbyint(x / unit) * unit);
    }
  }
}

TEST_P(BFloat16KernelsTest, NumbersThatAreNotFiniteGoThrough) {
  Philox random(9, Purpose::kTest, 0, 0);
  Layer<float> layer({9, 21, 19}, random);
  layer.x.at(3, 5) = std::numeric_limits<float>::quiet_NaN();
  layer.Run(*kernels_, true, 9);
  for (int n = 0; n < 21; ++n) {
    EXPECT_TRUE(std::isnan(layer.y.at(3, n)));
    EXPECT_FALSE(std::isnan(layer.y.at(4, n)));
    EXPECT_TRUE(std::isnan(layer.dw.at(n, 5)));
  }
}

TEST(BFloat16Test, DoubleHasNone) {
  std::string error;
  EXPECT_EQ(ChooseKernels<double>(MatrixPrecision::kBFloat16, &error), nullptr);
  EXPECT_NE(error.find("bfloat16"), std::string::npos) << error;
}

}  // namespace
}  // namespace softfleet::fused
