// SPDX-License-Identifier: Apache-2.0
#include "core/crc32c.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace softfleet {
namespace {

// Polynomial division, bit by bit: the definition.
uint32_t Crc32cByDefinition(absl::string_view bytes) {
  uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 1) ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
    }
  }
  return ~crc;
}

std::string RandomBytes(std::mt19937& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

// RFC 3720 appendix B.4, and the check value of the CRC catalogue.
TEST(Crc32cTest, TheVectorsOfRfc3720ComeOut) {
  std::string ascending, descending;
  for (int i = 0; i < 32; ++i) {
    ascending += static_cast<char>(i);
    descending += static_cast<char>(31 - i);
  }
  for (const auto crc32c : {Crc32c, Crc32cTable}) {
    EXPECT_EQ(crc32c("", 0), 0u);
    EXPECT_EQ(crc32c(std::string(32, '\0'), 0), 0x8a9136aau);
    EXPECT_EQ(crc32c(std::string(32, '\xff'), 0), 0x62a8ab43u);
    EXPECT_EQ(crc32c(ascending, 0), 0x46dd794eu);
    EXPECT_EQ(crc32c(descending, 0), 0x113fdb5cu);
    EXPECT_EQ(crc32c("123456789", 0), 0xe3069283u);
  }
}

TEST(Crc32cTest, AnyLengthAtAnyAlignmentAgreesWithTheDefinition) {
  std::mt19937 random(1);
  const std::string bytes = RandomBytes(random, 4096);
  for (int i = 0; i < 3000; ++i) {
    const size_t begin = random() % 64;
    const size_t size = random() % (i % 10 == 0 ? 4000 : 100);
    const absl::string_view part = absl::string_view(bytes).substr(begin, size);
    const uint32_t expected = Crc32cByDefinition(part);
    ASSERT_EQ(Crc32c(part), expected) << begin << " + " << size;
    ASSERT_EQ(Crc32cTable(part), expected) << begin << " + " << size;
  }
}

TEST(Crc32cTest, AChecksumContinuesWhereAnotherEnded) {
  std::mt19937 random(2);
  for (int i = 0; i < 1000; ++i) {
    const std::string all = RandomBytes(random, 1 + random() % 200);
    const size_t cut = random() % (all.size() + 1);
    const uint32_t whole = Crc32cByDefinition(all);
    const std::string a = all.substr(0, cut), b = all.substr(cut);
    ASSERT_EQ(Crc32c(b, Crc32c(a)), whole);
    ASSERT_EQ(Crc32cTable(b, Crc32cTable(a)), whole);
  }
}

}  // namespace
}  // namespace softfleet
