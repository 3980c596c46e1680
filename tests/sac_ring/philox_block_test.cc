// SPDX-License-Identifier: Apache-2.0
#include "core/philox_block.h"

#include <gtest/gtest.h>

#include "core/philox.h"

namespace softfleet {
namespace {

TEST(PhiloxStream, GivesAtAnyPlaceWhatTheSequentialStreamGivesThere) {
  for (uint64_t step : {uint64_t{0}, uint64_t{7}, uint64_t{1} << 40}) {
    const PhiloxStream stream = {
        0x1234567890abcdefULL, static_cast<uint32_t>(Purpose::kTest), 3, step};
    Philox words(stream.seed, Purpose::kTest, 3, step);
    Philox uniforms(stream.seed, Purpose::kTest, 3, step);
    Philox normals(stream.seed, Purpose::kTest, 3, step);
    for (uint64_t place = 0; place < 100; ++place) {
      EXPECT_EQ(stream.U64(place), words.NextU64());
      EXPECT_EQ(stream.Uniform(place), uniforms.NextUniform());
      EXPECT_EQ(stream.Normal(place), normals.NextNormal());
    }
  }
}

TEST(BoundedBelow, RefusesExactlyTheBitsThatWouldMakeItUneven) {
  // With n = 3 * 2^62, 2^64 mod n = 2^62: a quarter of the words is refused.
  const uint64_t n = uint64_t{3} << 62;
  Philox random(1, Purpose::kTest);
  int refused = 0;
  constexpr int kDraws = 40000;
  for (int i = 0; i < kDraws; ++i) {
    uint64_t result = 0;
    refused += BoundedBelow(random.NextU64(), n, &result) ? 0 : 1;
    EXPECT_LT(result, n);
  }
  EXPECT_NEAR(refused, kDraws / 4, 5 * 87);  // standard deviation 86.6
}

}  // namespace
}  // namespace softfleet
