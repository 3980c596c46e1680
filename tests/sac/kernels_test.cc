// SPDX-License-Identifier: Apache-2.0
// Every instruction set's kernels that this processor can run, against sums
// written down in double.
#include "sac/fused/kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/philox.h"
#include "tests/sac/kernel_layer.h"
#include "tests/testing/instruction_sets.h"

namespace softfleet::fused {
namespace {

template <typename T>
class KernelsTest : public ::testing::Test {};
using Elements = ::testing::Types<float, double>;
TYPED_TEST_SUITE(KernelsTest, Elements);

TYPED_TEST(KernelsTest, ProductsAreTheSumsTheyStandFor) {
  Philox random(1, Purpose::kTest, 0, 0);
  for (const Shape& shape : Shapes(random)) {
    Layer<TypeParam> layer(shape, random);
    for (const auto* kernels :
         AvailableKernels<TypeParam>(MatrixPrecision::kFull)) {
      SCOPED_TRACE(::testing::Message() << kernels->name << " " << shape.m
                                        << "x" << shape.n << "x" << shape.k);
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

const Kernels<float>* Choose(const char* isa, std::string* error) {
  const softfleet::testing::ScopedInstructionSet forced(isa);
  return ChooseKernels<float>(MatrixPrecision::kFull, error);
}

TEST(ChooseKernelsTest, TakesTheFirstThatThereIs) {
  std::string error;
  EXPECT_EQ(Choose(nullptr, &error),
            AvailableKernels<float>(MatrixPrecision::kFull).front());
  EXPECT_EQ(Choose("", &error),
            AvailableKernels<float>(MatrixPrecision::kFull).front());
}

TEST(ChooseKernelsTest, TakesTheOneTheVariableNames) {
  std::string error;
  for (const auto* kernels : AvailableKernels<float>(MatrixPrecision::kFull)) {
    EXPECT_EQ(Choose(kernels->name, &error), kernels);
  }
  EXPECT_EQ(error, "");
}

TEST(ChooseKernelsTest, NamesWhatThereIsWhenTheVariableNamesNothing) {
  std::string error;
  EXPECT_EQ(Choose("avx1024", &error), nullptr);
  EXPECT_THAT(error, ::testing::HasSubstr("SOFTFLEET_ISA is \"avx1024\""));
  for (const auto* kernels : AvailableKernels<float>(MatrixPrecision::kFull)) {
    EXPECT_THAT(error, ::testing::HasSubstr(kernels->name));
  }
}

}  // namespace
}  // namespace softfleet::fused
