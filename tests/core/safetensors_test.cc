// SPDX-License-Identifier: Apache-2.0
#include "core/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <random>

#include "absl/strings/str_cat.h"
#include "core/crc32c.h"
#include "core/fault_file_system.h"
#include "core/status.h"
#include "tests/core/test_directory.h"

namespace softfleet {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// What the reference implementation (safetensors 0.8.0 for Python) writes for
// {"bias": float32 [[1.5, -2]]}.
constexpr absl::string_view kReferenceFile(
    "\x40\0\0\0\0\0\0\0"
    R"({"bias":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}})"
    "     "
    "\0\0\xc0\x3f\0\0\0\xc0",
    8 + 64 + 8);

// A file of that header text and those data.
std::string File(absl::string_view header, absl::string_view data) {
  const uint64_t size = header.size();
  std::string bytes(sizeof(size), '\0');
  std::memcpy(bytes.data(), &size, sizeof(size));
  return absl::StrCat(bytes, header, data);
}

// A file with one tensor "x" whose entry is `entry`.
std::string FileWithEntry(absl::string_view entry, size_t data_size) {
  return File(absl::StrCat(R"({"x":)", entry, "}"),
              std::string(data_size, '\1'));
}

TensorMap SomeTensors() {
  return {{"scalar", Tensor::From<double>({2.5}, {})},
          {"empty", Tensor::From<float>(std::vector<float>{}, {0, 3})},
          {"bytes", Tensor::From<uint8_t>({1, 2, 3}, {3})},
          {"i32", Tensor::From<int32_t>({-1, 1}, {1, 2})},
          {"i64", Tensor::From<int64_t>({-1, 1}, {2})},
          {"u32", Tensor::From<uint32_t>({1, 2}, {2, 1})},
          {"u64", Tensor::From<uint64_t>({1}, {1, 1, 1})},
          {"quoted \" \n \xc3\xa9", Tensor::From<float>({1, 2}, {2})}};
}

TEST(SafetensorsTest, WhatIsWrittenIsReadBack) {
  const SafetensorsMetadata metadata = {{"run", "a\"b"}, {"step", "12"}};
  const auto bytes = SerializeSafetensors(SomeTensors(), metadata);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  const auto content = ParseSafetensors(*bytes, "test");
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_EQ(content->tensors, SomeTensors());
  EXPECT_EQ(content->metadata, metadata);
}

TEST(SafetensorsTest, RandomTensorsAreReadBack) {
  std::mt19937 random(4);
  for (int i = 0; i < 300; ++i) {
    TensorMap tensors;
    for (int j = static_cast<int>(random() % 6); j > 0; --j) {
      Tensor tensor;
      tensor.dtype = static_cast<DType>(random() % 7);
      for (int k = static_cast<int>(random() % 4); k > 0; --k) {
        tensor.shape.push_back(random() % 4);
      }
      tensor.bytes.resize(NumElements(tensor.shape) * DTypeSize(tensor.dtype));
      for (std::byte& byte : tensor.bytes) byte = std::byte(random());
      tensors[absl::StrCat("t", random() % 100)] = tensor;
    }
    const auto content =
        ParseSafetensors(*SerializeSafetensors(tensors, {}), "test");
    ASSERT_TRUE(content.ok()) << content.status();
    ASSERT_EQ(content->tensors, tensors);
  }
}

TEST(SafetensorsTest, TheBytesAreThoseOfTheReferenceImplementation) {
  const TensorMap tensors = {{"bias", Tensor::From<float>({1.5, -2}, {1, 2})}};
  EXPECT_EQ(*SerializeSafetensors(tensors, {}), kReferenceFile);
  const auto content = ParseSafetensors(kReferenceFile, "test");
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_EQ(content->tensors, tensors);
}

TEST(SafetensorsTest, MetadataComesFirstAndTensorsFollowInOrder) {
  const TensorMap tensors = {{"b", Tensor::From<uint8_t>({7}, {1})},
                             {"a", Tensor::From<uint8_t>({8, 9}, {2})}};
  const std::string header =
      R"({"__metadata__":{"k":"v"},)"
      R"("a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
      R"("b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})";
  const size_t padded = (header.size() + 7) / 8 * 8;
  EXPECT_EQ(
      *SerializeSafetensors(tensors, {{"k", "v"}}),
      File(header + std::string(padded - header.size(), ' '), "\x8\x9\x7"));
}

TEST(SafetensorsTest, NothingIsAValidFile) {
  const auto content = ParseSafetensors(File("{}", ""), "test");
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_TRUE(content->tensors.empty());
  EXPECT_EQ(*SerializeSafetensors({}, {}), File("{}      ", ""));
}

TEST(SafetensorsTest, TensorsMayLieInAnyOrderOfNamesAndBePaddedWithSpaces) {
  const std::string file = File(
      R"({ "a": {"shape":[1], "data_offsets":[2,3], "dtype":"U8"},
           "e": {"dtype":"F32", "shape":[0], "data_offsets":[2,2]},
           "b": {"dtype":"U8", "shape":[2], "data_offsets":[0,2]} }    )",
      "xyz");
  const auto content = ParseSafetensors(file, "test");
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_EQ(content->tensors.at("a"), Tensor::From<uint8_t>({'z'}, {1}));
  EXPECT_EQ(content->tensors.at("b"), Tensor::From<uint8_t>({'x', 'y'}, {2}));
  EXPECT_TRUE(content->tensors.at("e").bytes.empty());
}

struct Malformed {
  const char* name;
  std::string file;
  const char* message;  // a part of the error
};

class MalformedSafetensorsTest : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedSafetensorsTest, IsRefusedWithTheReason) {
  const absl::Status status =
      ParseSafetensors(GetParam().file, "some/path").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const std::string message(status.message());
  EXPECT_THAT(message, StartsWith("some/path: "));
  EXPECT_THAT(message, HasSubstr(GetParam().message));
}

// Not among the cases below: those are made at every start of the program.
TEST(Safetensors, AHeaderAbove100MegabytesIsRefused) {
  const std::string file = File("{}" + std::string(99'999'999, ' '), "");
  const absl::Status status = ParseSafetensors(file, "some/path").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("100000001"));
}

std::string WithHeaderSize(uint64_t size) {
  std::string file = File("{}", "");
  std::memcpy(file.data(), &size, sizeof(size));
  return file;
}

std::vector<Malformed> MalformedFraming() {
  return {
      {"NoBytes", "", "0 bytes"},
      {"HalfALength", std::string(7, '\0'), "7 bytes"},
      {"NoHeader", File("", ""), "begin with {"},
      {"HeaderBeyondTheFile", WithHeaderSize(3), "3 bytes"},
      {"HeaderOfTwoToThe64", WithHeaderSize(~uint64_t{0}),
       "18446744073709551615"},
      {"HeaderIsAnArray", File("[]", ""), "begin with {"},
      {"HeaderBeginsWithASpace", File(" {}", ""), "begin with {"},
      {"HeaderEndsEarly", File("{", ""), "not JSON"},
      {"TextAfterTheHeader", File("{} x", ""), "not JSON"},
      {"ZeroByteAfterTheHeader", File(absl::string_view("{}\0x", 4), ""),
       "zero byte"},
      {"HeaderIsNotUtf8", File("{\"\xff\":1}", ""), "not JSON"},
      {"TrailingBytes", File("{}", "x"), "1 bytes follow"},
  };
}

std::vector<Malformed> MalformedMetadata() {
  return {
      {"MetadataIsAString", File(R"({"__metadata__":"x"})", ""),
       "__metadata__ is not an object"},
      {"MetadataHoldsANumber", File(R"({"__metadata__":{"k":1}})", ""),
       "\"k\" is not a string"},
      {"MetadataHasAKeyTwice",
       File(R"({"__metadata__":{"k":"1","k":"2"}})", ""), "\"k\" twice"},
      {"MetadataTwice", File(R"({"__metadata__":{},"__metadata__":{}})", ""),
       "\"__metadata__\" twice"},
  };
}

std::vector<Malformed> MalformedEntries() {
  const char* good = R"({"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
  return {
      {"NameTwice",
       File(absl::StrCat("{\"x\":", good, ",\"x\":", good, "}"), "1"),
       "\"x\" twice"},
      {"NameTwiceByEscape",
       File(absl::StrCat("{\"x\":", good, ",\"\\u0078\":", good, "}"), "1"),
       "\"x\" twice"},
      {"FieldTwice",
       FileWithEntry(
           R"({"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]})",
           1),
       "\"dtype\" twice"},
      {"EntryIsANumber", FileWithEntry("1", 0), "\"x\": its entry"},
      {"NoDtype", FileWithEntry(R"({"shape":[1],"data_offsets":[0,1]})", 1),
       "\"x\": its entry"},
      {"NoShape", FileWithEntry(R"({"dtype":"U8","data_offsets":[0,1]})", 1),
       "\"x\": its entry"},
      {"NoOffsets", FileWithEntry(R"({"dtype":"U8","shape":[1]})", 1),
       "\"x\": its entry"},
      {"UnknownField",
       FileWithEntry(R"({"dtype":"U8","shape":[1],"data_offsets":[0,1],"z":1})",
                     1),
       "\"x\": its entry"},
      {"UnknownDtype",
       FileWithEntry(R"({"dtype":"F7","shape":[1],"data_offsets":[0,1]})", 1),
       "\"x\": unknown dtype \"F7\""},
      {"DtypeIsANumber",
       FileWithEntry(R"({"dtype":8,"shape":[1],"data_offsets":[0,1]})", 1),
       "dtype is not a string"},
  };
}

// `shape` as JSON, for a U8 tensor over one byte of data.
std::string WithShape(absl::string_view shape) {
  return FileWithEntry(absl::StrCat(R"({"dtype":"U8","shape":)", shape,
                                    R"(,"data_offsets":[0,1]})"),
                       1);
}

std::vector<Malformed> MalformedShapes() {
  return {
      {"ShapeIsANumber", WithShape("1"), "shape is not an array"},
      {"ShapeIsAnObject", WithShape(R"({"a":1})"), "shape is not an array"},
      {"NegativeSize", WithShape("[-1]"), "size -1"},
      {"NegativeSizesWhoseProductFits", WithShape("[-1,-1]"), "size -1"},
      {"FractionalSize", WithShape("[1.0]"), "size 1.0"},
      {"TextSize", WithShape(R"(["1"])"), "size \"1\""},
      {"SizeAboveInt64", WithShape("[9223372036854775808]"),
       "size 9223372036854775808"},
      {"SizeAboveUint64", WithShape("[18446744073709551617]"), "size 1.8"},
      // Modulo 2^64 these are 0 and 2^33 + 1.
      {"ProductWraps", WithShape("[4294967296,4294967296]"), "too large"},
      {"ProductWrapsToLess", WithShape("[4294967297,4294967297,1]"),
       "too large"},
      {"ProductWrapsThenZero", WithShape("[4294967296,4294967296,0]"),
       "too large"},
      {"TooManyElements", WithShape("[2]"), "takes 2 bytes"},
      {"TooFewElements", WithShape("[0]"), "takes 0 bytes"},
  };
}

// `offsets` as JSON, for a U8 tensor of four bytes in six of data.
std::string WithOffsets(absl::string_view offsets) {
  return FileWithEntry(absl::StrCat(R"({"dtype":"U8","shape":[4],)",
                                    R"("data_offsets":)", offsets, "}"),
                       6);
}

std::vector<Malformed> MalformedOffsets() {
  return {
      {"OffsetsAreANumber", WithOffsets("4"), "not two"},
      {"OneOffset", WithOffsets("[4]"), "not two"},
      {"ThreeOffsets", WithOffsets("[0,4,4]"), "not two"},
      {"NegativeOffset", WithOffsets("[-4,0]"), "not two"},
      {"FractionalOffset", WithOffsets("[0,4e0]"), "not two"},
      {"EndBeforeBegin", WithOffsets("[4,0]"), "[4, 0] are not within"},
      {"EndBeyondTheData", WithOffsets("[3,7]"), "[3, 7] are not within"},
      {"EndFarBeyondTheData", WithOffsets("[0,18446744073709551615]"),
       "are not within the 6"},
      {"BytesAreNotShapeTimesDtype", WithOffsets("[0,6]"), "hold 6"},
      {"GapAtTheBegin", WithOffsets("[2,6]"), "\"x\" begins at byte 2"},
      {"BytesAtTheEnd", WithOffsets("[0,4]"), "2 bytes follow"},
  };
}

// Two U8 tensors of two bytes each, the second at those offsets, in four
// bytes of data.
std::string TwoTensors(absl::string_view offsets) {
  return File(
      absl::StrCat(R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)",
                   R"("y":{"dtype":"U8","shape":[2],"data_offsets":)", offsets,
                   "}}"),
      "1234");
}

std::vector<Malformed> MalformedPlaces() {
  return {
      {"Overlap", TwoTensors("[1,3]"), "inside the tensor before"},
      {"SamePlace", TwoTensors("[0,2]"), "inside the tensor before"},
      {"GapBetween",
       File(R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
            R"("y":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
            "123"),
       "\"y\" begins at byte 2 after a gap that begins at 1"},
      {"EmptyTensorInsideAnother",
       File(R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
            R"("y":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}})",
            "12"),
       "\"y\" begins at byte 1 inside"},
  };
}

std::vector<Malformed> AllMalformed() {
  std::vector<Malformed> all;
  for (const auto& part :
       {MalformedFraming(), MalformedMetadata(), MalformedEntries(),
        MalformedShapes(), MalformedOffsets(), MalformedPlaces()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Cases, MalformedSafetensorsTest,
                         testing::ValuesIn(AllMalformed()),
                         [](const auto& info) {
                           return std::string(info.param.name);
                         });

// So that a test's name never needs the megabytes of its file.
void PrintTo(const Malformed& malformed, std::ostream* stream) {
  *stream << malformed.name;
}

TEST(SafetensorsTest, TheCasesDifferFromAGoodFileOnlyWhereTheySay) {
  EXPECT_TRUE(ParseSafetensors(WithHeaderSize(2), "test").ok());
  EXPECT_TRUE(ParseSafetensors(WithShape("[1]"), "test").ok());
  EXPECT_TRUE(ParseSafetensors(WithShape("[]"), "test").ok());
  EXPECT_TRUE(ParseSafetensors(TwoTensors("[2,4]"), "test").ok());
}

TEST(SafetensorsTest, ATruncatedFileIsAnErrorAtEveryByte) {
  const std::string whole =
      *SerializeSafetensors(SomeTensors(), {{"key", "value"}});
  for (size_t size = 0; size < whole.size(); ++size) {
    // A copy of exactly that size, so that the address sanitizer sees a read
    // beyond it.
    const std::vector<char> part(whole.begin(), whole.begin() + size);
    ASSERT_FALSE(
        ParseSafetensors(absl::string_view(part.data(), size), "test").ok())
        << size;
  }
}

TEST(SafetensorsTest, RandomDamageIsAnErrorOrAnotherValidFile) {
  std::mt19937 random(5);
  const std::string whole =
      *SerializeSafetensors(SomeTensors(), {{"key", "value"}});
  int errors = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::vector<char> damaged(whole.begin(), whole.end());
    for (int flips = 1 + static_cast<int>(random() % 4); flips > 0; --flips) {
      damaged[random() % damaged.size()] ^= static_cast<char>(1 + random());
    }
    const auto content = ParseSafetensors(
        absl::string_view(damaged.data(), damaged.size()), "test");
    errors += !content.ok();
    if (!content.ok()) continue;
    for (const auto& [name, tensor] : content->tensors) {
      ASSERT_EQ(tensor.bytes.size(),
                NumElements(tensor.shape) * DTypeSize(tensor.dtype))
          << name;
    }
  }
  EXPECT_GT(errors, 1000);
}

TEST(SafetensorsTest, FindChecksNameTypeAndShape) {
  SafetensorsContent content;
  content.tensors["x"] = Tensor::From<float>({1, 2}, {1, 2});
  EXPECT_EQ(*content.Find("x"), &content.tensors["x"]);
  EXPECT_EQ(*content.Find("x", DType::kF32, {1, 2}), &content.tensors["x"]);
  EXPECT_EQ(content.Find("y").status(), absl::NotFoundError("no tensor \"y\""));
  EXPECT_EQ(content.Find("x", DType::kF64, {2}).status(),
            absl::InvalidArgumentError(
                "tensor \"x\" is F32 [1, 2], expected F64 [2]"));
  EXPECT_FALSE(content.Find("x", DType::kF32, {2, 1}).ok());
}

TEST(SafetensorsTest, WhatCouldNotBeReadBackIsNotWritten) {
  const Tensor good = Tensor::From<float>({1}, {1});
  Tensor wrong_size = good;
  wrong_size.shape = {2};
  Tensor huge = good;
  huge.shape = {int64_t{1} << 32, int64_t{1} << 32};
  for (const TensorMap& tensors :
       {TensorMap{{"__metadata__", good}}, TensorMap{{"x", wrong_size}},
        TensorMap{{"x", huge}}, TensorMap{{"\xff", good}}}) {
    EXPECT_EQ(SerializeSafetensors(tensors, {}).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_FALSE(SerializeSafetensors({}, {{"key", "\xff"}}).ok());
}

class SafetensorsFileTest : public testing::Test {
 protected:
  TestDirectory directory_;
  const std::string path_ = directory_ / "tensors";
};

TEST_F(SafetensorsFileTest, AFileHoldsTheSerializedBytesAndItsDigestSaysSo) {
  const SafetensorsMetadata metadata = {{"key", "value"}};
  const auto digest =
      WriteSafetensors(RealFileSystem(), path_, SomeTensors(), metadata);
  ASSERT_TRUE(digest.ok()) << digest.status();
  const std::string bytes = *RealFileSystem().Read(path_);
  EXPECT_EQ(bytes, *SerializeSafetensors(SomeTensors(), metadata));
  EXPECT_EQ(*digest, (FileDigest{bytes.size(), Crc32cTable(bytes)}));

  const auto content = ReadSafetensors(RealFileSystem(), path_);
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_EQ(content->tensors, SomeTensors());
  EXPECT_EQ(content->metadata, metadata);
}

TEST_F(SafetensorsFileTest, TensorsLieInTheOrderGiven) {
  const Tensor a = Tensor::From<uint8_t>({1}, {1});
  const Tensor b = Tensor::From<uint8_t>({2}, {1});
  const std::vector<TensorView> views = {{"b", b.dtype, b.shape, b.bytes},
                                         {"a", a.dtype, a.shape, a.bytes}};
  ASSERT_TRUE(WriteSafetensors(RealFileSystem(), path_, views, {}).ok());
  const std::string bytes = *RealFileSystem().Read(path_);
  EXPECT_EQ(bytes.substr(bytes.size() - 2), "\2\1");
}

TEST_F(SafetensorsFileTest, ANameGivenTwiceIsRefused) {
  const Tensor a = Tensor::From<uint8_t>({1}, {1});
  const std::vector<TensorView> views(2, {"a", a.dtype, a.shape, a.bytes});
  const absl::Status status =
      WriteSafetensors(RealFileSystem(), path_, views, {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"a\" is taken"));
  EXPECT_FALSE(RealFileSystem().Exists(path_));
}

TEST_F(SafetensorsFileTest, AFaultAtAnyOperationIsReported) {
  FaultInjectingFileSystem files(RealFileSystem());
  ASSERT_TRUE(WriteSafetensors(files, path_, SomeTensors(), {}).ok());
  const int64_t operations = files.operations();
  // Open, header, tensors, Sync, Close.
  ASSERT_EQ(operations, 4 + static_cast<int64_t>(SomeTensors().size()));
  for (const Fault fault : {Fault::kDiskFull, Fault::kIoError, Fault::kCrash}) {
    for (int64_t at = 0; at < operations; ++at) {
      files.SetPlan({.fault = fault, .at = at});
      EXPECT_FALSE(WriteSafetensors(files, path_, SomeTensors(), {}).ok());
      EXPECT_TRUE(files.fired());
    }
  }
}

TEST_F(SafetensorsFileTest, AnErrorNamesTheFile) {
  EXPECT_EQ(ReadSafetensors(RealFileSystem(), path_).status().code(),
            absl::StatusCode::kNotFound);
  ASSERT_TRUE(WriteFileAtomically(RealFileSystem(), path_, "short").ok());
  EXPECT_THAT(
      std::string(ReadSafetensors(RealFileSystem(), path_).status().message()),
      StartsWith(path_));
}

}  // namespace
}  // namespace softfleet
