// SPDX-License-Identifier: Apache-2.0
// The comparison itself, and that the golden loader notices what is missing.
#include "tests/testing/golden.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace softfleet::testing {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
using Numbers = std::vector<double>;

TEST(MaxRelativeErrorTest, IsAbsoluteBelowOneAndRelativeAbove) {
  EXPECT_DOUBLE_EQ(MaxRelativeError(Numbers{0, 0.5}, Numbers{0.25, 0.5}), 0.25);
  EXPECT_DOUBLE_EQ(MaxRelativeError(Numbers{100}, Numbers{101}), 0.01);
}

TEST(MaxRelativeErrorTest, IsInfiniteForNaNAnywhereAndForOtherSizes) {
  const double nan = std::nan("");
  EXPECT_EQ(MaxRelativeError(Numbers{1, 2}, Numbers{nan, 2}), kInfinity);
  EXPECT_EQ(MaxRelativeError(Numbers{1, nan}, Numbers{1, nan}), kInfinity);
  EXPECT_EQ(MaxRelativeError(Numbers{1}, Numbers{1, 2}), kInfinity);
}

TEST(MaxRelativeErrorTest, TellsInfinitiesApart) {
  EXPECT_EQ(MaxRelativeError(Numbers{kInfinity}, Numbers{kInfinity}), 0);
  EXPECT_EQ(MaxRelativeError(Numbers{kInfinity}, Numbers{-kInfinity}),
            kInfinity);
  EXPECT_EQ(MaxRelativeError(Numbers{kInfinity}, Numbers{1}), kInfinity);
}

TEST(LoaderGoldenTest, FindsEveryArrayItsJsonDescribes) {
  const std::vector<std::string> names = GoldenCaseNames().value();
  ASSERT_FALSE(names.empty());
  for (const std::string& name : names) {
    const GoldenCase golden = LoadGoldenCase(name).value();
    for (const auto& [array, description] : golden.json.at("arrays").items()) {
      EXPECT_EQ(GoldenShape(golden, array),
                description.at("shape").get<Shape>())
          << name << " " << array;
    }
  }
}

TEST(LoaderGoldenTest, FailsForAMissingCaseArrayOrPart) {
  EXPECT_FALSE(LoadGoldenCase("no_such_case").ok());
  const GoldenCase golden = LoadGoldenCase("soft_value").value();
  EXPECT_THROW(GoldenArray(golden, "no/such/array"), std::runtime_error);
  const int64_t size = GoldenShape(golden, "alpha").front();
  EXPECT_EQ(GoldenSlice(golden, "alpha", size - 1).front(),
            GoldenArray(golden, "alpha").back());
  EXPECT_THROW(GoldenSlice(golden, "alpha", size), std::runtime_error);
}

}  // namespace
}  // namespace softfleet::testing
