// SPDX-License-Identifier: Apache-2.0
#include "sac/ring/sum_tree.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "replay/prioritization.h"
#include "tests/replay/twin.h"
#include "tests/sac_ring/host_ring.h"

namespace softfleet {
namespace {

using testing::Between;
using testing::Random;

struct HostTree {
  explicit HostTree(uint64_t leaves)
      : memory(SumTreeBytes(leaves) / sizeof(uint64_t) + 1),
        tree(MakeSumTree(leaves,
                         reinterpret_cast<unsigned char*>(memory.data()))) {}
  std::vector<uint64_t> memory;
  SumTree tree;
};

// Small integers: sums are exact in any order.
TEST(SumTree, FindsTheLeafThatTheDefinitionFinds) {
  for (const uint64_t leaves : {1, 2, 15, 16, 17, 255, 256, 257, 5000}) {
    SCOPED_TRACE(leaves);
    Random random(leaves);
    HostTree host(leaves);
    std::vector<double> masses(leaves);
    for (uint64_t i = 0; i < leaves; ++i) {
      masses[i] = static_cast<double>(Between(random, 0, 3));
      host.tree.leaf[i] = static_cast<float>(masses[i]);
    }
    masses[leaves / 2] = host.tree.leaf[leaves / 2] = 1;
    SumUpwardsRing(SoloTeam(), host.tree, 0, leaves);
    double total = 0;
    for (const double mass : masses) total += mass;
    ASSERT_EQ(host.tree.total(), total);
    for (int64_t u = 0; u < 1024; ++u) {  // exact fractions
      const double share = static_cast<double>(u) / 1024;
      ASSERT_EQ(FindLeaf(host.tree, share * total), SelectIndex(masses, share));
    }
    EXPECT_GT(masses[FindLeaf(host.tree, total)], 0) << "beyond the last";
  }
}

TEST(SumTree, SumsAgainOnlyWhatChangedAndWrapsAround) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed);
    const auto leaves = static_cast<uint64_t>(Between(random, 1, 700));
    HostTree host(leaves), anew(leaves);
    for (int change = 0; change < 20; ++change) {
      const auto first = static_cast<uint64_t>(Between(random, 0, leaves - 1));
      const auto count = static_cast<uint64_t>(Between(random, 0, leaves));
      for (uint64_t i = 0; i < count; ++i) {
        const float mass = std::abs(testing::RandomFloat(random));
        host.tree.leaf[(first + i) % leaves] = mass;
        anew.tree.leaf[(first + i) % leaves] = mass;
      }
      testing::OnTeam(seed % 8 == 0 ? 3 : 1, [&](const auto& team) {
        SumUpwardsRing(team, host.tree, first, count);
      });
      SumUpwardsRing(SoloTeam(), anew.tree, 0, leaves);
      for (int level = 0; level < host.tree.levels; ++level) {
        for (uint64_t i = 0; i < host.tree.size[level]; ++i) {
          ASSERT_EQ(host.tree.sum[level][i], anew.tree.sum[level][i]);
        }
      }
    }
  }
}

TEST(SumTree, NeverFindsALeafWithoutMassWhereRoundingCarriesBeyondTheSum) {
  HostTree host(40);
  host.tree.leaf[3] = 0.1f;
  host.tree.leaf[17] = 0.2f;
  SumUpwardsRing(SoloTeam(), host.tree, 0, 40);
  EXPECT_EQ(FindLeaf(host.tree, 1), 17u);
  EXPECT_EQ(FindLeaf(host.tree, 0), 3u);
}

}  // namespace
}  // namespace softfleet
