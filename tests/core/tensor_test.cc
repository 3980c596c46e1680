// SPDX-License-Identifier: Apache-2.0
#include "core/tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace softfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <typename T>
class TensorTypeTest : public testing::Test {};
using Types = testing::Types<float, double, uint8_t, int32_t, int64_t, uint32_t,
                             uint64_t>;
TYPED_TEST_SUITE(TensorTypeTest, Types);

TYPED_TEST(TensorTypeTest, ItsSizeIsThatOfTheCppType) {
  EXPECT_EQ(DTypeSize(DTypeOf<TypeParam>()), sizeof(TypeParam));
}

TYPED_TEST(TensorTypeTest, ItsNameParsesBack) {
  const DType dtype = DTypeOf<TypeParam>();
  EXPECT_EQ(*ParseDType(DTypeName(dtype)), dtype);
}

TYPED_TEST(TensorTypeTest, ValuesComeBackAndConvertToDouble) {
  const TypeParam largest = std::numeric_limits<TypeParam>::max();
  const std::vector<TypeParam> values = {0, 1, 2, 100, 255, largest};
  Tensor tensor = Tensor::From(values, {2, 3});
  EXPECT_EQ(tensor.shape, (Shape{2, 3}));
  EXPECT_EQ(tensor.bytes.size(), 6 * sizeof(TypeParam));
  EXPECT_THAT(tensor.values<TypeParam>(), testing::ElementsAreArray(values));
  EXPECT_THAT(tensor.AsDouble(),
              ElementsAre(0, 1, 2, 100, 255, static_cast<double>(largest)));

  tensor.mutable_values<TypeParam>()[1] = 7;
  EXPECT_EQ(tensor.values<TypeParam>()[1], 7);
}

TEST(TensorTest, NamesAreThoseOfSafetensors) {
  EXPECT_EQ(DTypeName(DType::kF32), "F32");
  EXPECT_EQ(DTypeName(DType::kF64), "F64");
  EXPECT_EQ(DTypeName(DType::kU8), "U8");
  EXPECT_EQ(DTypeName(DType::kI32), "I32");
  EXPECT_EQ(DTypeName(DType::kI64), "I64");
  EXPECT_EQ(DTypeName(DType::kU32), "U32");
  EXPECT_EQ(DTypeName(DType::kU64), "U64");
}

TEST(TensorTest, AnUnknownNameIsAnErrorThatSaysIt) {
  for (const char* name : {"BF16", "f32", "", "F32 "}) {
    const absl::Status status = ParseDType(name).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(name));
  }
}

TEST(TensorTest, AScalarHasOneElementAndAZeroEmptiesAShape) {
  EXPECT_EQ(NumElements({}), 1);
  EXPECT_EQ(NumElements({3, 4, 5}), 60);
  EXPECT_EQ(NumElements({3, 0, 5}), 0);
  EXPECT_EQ(ShapeString({}), "[]");
  EXPECT_EQ(ShapeString({3, 4}), "[3, 4]");
}

TEST(TensorTest, EqualMeansTypeShapeAndBytes) {
  const Tensor tensor = Tensor::From<float>({1, 2}, {2});
  EXPECT_EQ(tensor, Tensor::From<float>({1, 2}, {2}));
  EXPECT_NE(tensor, Tensor::From<float>({1, 3}, {2}));
  EXPECT_NE(tensor, Tensor::From<float>({1, 2}, {1, 2}));
  Tensor other = tensor;
  other.dtype = DType::kU32;
  EXPECT_NE(tensor, other);
}

TEST(TensorTest, AnEmptyTensorHasNoValues) {
  const Tensor tensor = Tensor::From<double>(std::vector<double>{}, {0, 4});
  EXPECT_TRUE(tensor.values<double>().empty());
  EXPECT_TRUE(tensor.AsDouble().empty());
}

TEST(TensorDeathTest, ReadingAnotherTypeIsFatal) {
  const Tensor tensor = Tensor::From<float>({1, 2}, {2});
  EXPECT_DEATH(tensor.values<double>(), "tensor \\[2\\] is F32, read as F64");
}

}  // namespace
}  // namespace softfleet
