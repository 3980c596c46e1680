// SPDX-License-Identifier: Apache-2.0
#include "core/hash.h"

#include <gtest/gtest.h>

namespace softfleet {
namespace {

// The authors' published test vectors.
TEST(Hash, Fnv1aHasItsPublishedValues) {
  EXPECT_EQ(Fnv1a64(""), 0xcbf29ce484222325u);
  EXPECT_EQ(Fnv1a64("a"), 0xaf63dc4c8601ec8cu);
  EXPECT_EQ(Fnv1a64("foobar"), 0x85944171f73967e8u);
}

TEST(Hash, HexHasSixteenDigits) {
  EXPECT_EQ(HexHash(0xabc), "0000000000000abc");
  EXPECT_EQ(HexHash(~uint64_t{0}), "ffffffffffffffff");
}

}  // namespace
}  // namespace softfleet
