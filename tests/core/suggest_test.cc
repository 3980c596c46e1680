// SPDX-License-Identifier: Apache-2.0
#include "core/suggest.h"

#include <algorithm>

#include "core/philox.h"
#include "gtest/gtest.h"

namespace softfleet {
namespace {

// The definition, without a table.
size_t SlowDistance(absl::string_view a, absl::string_view b) {
  if (a.empty() || b.empty()) return a.size() + b.size();
  const size_t replaced = a[0] == b[0] ? 0 : 1;
  return std::min({SlowDistance(a.substr(1), b.substr(1)) + replaced,
                   SlowDistance(a.substr(1), b) + 1,
                   SlowDistance(a, b.substr(1)) + 1});
}

std::string RandomWord(Philox& random) {
  std::string word(random.NextBelow(6), ' ');
  for (char& c : word) c = static_cast<char>('a' + random.NextBelow(3));
  return word;
}

TEST(Suggest, DistanceEqualsItsRecursiveDefinition) {
  Philox random(1, Purpose::kTest);
  for (int i = 0; i < 2000; ++i) {
    const std::string a = RandomWord(random);
    const std::string b = RandomWord(random);
    ASSERT_EQ(EditDistance(a, b), SlowDistance(a, b)) << a << " / " << b;
  }
}

TEST(Suggest, CaseDoesNotCount) {
  EXPECT_EQ(EditDistance("pendulum-V1", "Pendulum-v1"), 0u);
}

TEST(Suggest, NamesTheNearestKnownName) {
  EXPECT_EQ(DidYouMean("gama", {"tau", "alpha", "gamma"}),
            "; did you mean \"gamma\"?");
}

TEST(Suggest, OfSeveralEquallyNearNamesTheFirstIsNamed) {
  EXPECT_EQ(DidYouMean("bat", {"cat", "rat"}), "; did you mean \"cat\"?");
}

TEST(Suggest, StaysSilentWhereNothingIsNear) {
  EXPECT_EQ(DidYouMean("humanoid", {"tau", "gamma"}), "");
  EXPECT_EQ(DidYouMean("humanoid", {}), "");
}

TEST(Suggest, LongNamesMayDifferInAThirdOfTheirCharacters) {
  EXPECT_NE(DidYouMean("abcdefghi", {"abcdefxyz"}), "");
  EXPECT_EQ(DidYouMean("abcdefghi", {"abcdewxyz"}), "");
}

}  // namespace
}  // namespace softfleet
