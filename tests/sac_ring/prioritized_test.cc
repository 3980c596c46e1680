// SPDX-License-Identifier: Apache-2.0
// Prioritized draws from a ring against a brute-force twin: a map from id to
// mass.
#include "sac/ring/prioritized.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "core/philox.h"
#include "replay/prioritization.h"
#include "tests/replay/twin.h"
#include "tests/sac_ring/host_ring.h"

namespace softfleet {
namespace {

using testing::Between;
using testing::HostRing;
using testing::OnTeam;
using testing::Random;
using testing::RandomActor;
using testing::RandomSchema;
using testing::Twin;

PhiloxStream DrawStream(uint64_t step) {
  return {5, static_cast<uint32_t>(Purpose::kReplayDraw), 0, step};
}

struct Draw {
  std::vector<uint64_t> ids;
  std::vector<double> weights;
};

Draw Sample(const HostRing& ring, uint64_t step, uint32_t count, double beta) {
  Draw draw = {std::vector<uint64_t>(count), std::vector<double>(count)};
  OnTeam(ring.team_size(), [&](const auto& team) {
    SamplePrioritized(team, ring.ring(), DrawStream(step), count, beta,
                      draw.ids.data(), draw.weights.data());
  });
  return draw;
}

// What the ring must hold: the mass of each row that can be drawn.
class Masses {
 public:
  void Append(const std::vector<uint64_t>& sampleable) {
    std::map<uint64_t, double> kept;
    for (const uint64_t id : sampleable) {
      const auto found = masses_.find(id);
      kept[id] = found == masses_.end() ? largest_ : found->second;
    }
    masses_ = kept;
  }
  void Set(uint64_t id, double mass) {
    if (!masses_.contains(id)) return;
    masses_[id] = mass;
    largest_ = std::max(largest_, mass);
  }

  // The definition: strata of the cumulative mass in the order of the slots.
  Draw Sample(uint64_t step, uint32_t count, double beta,
              uint64_t slots) const {
    std::vector<double> by_slot(slots);
    std::vector<uint64_t> ids(slots);
    double total = 0;
    for (const auto& [id, mass] : masses_) {
      by_slot[id % slots] = mass;
      ids[id % slots] = id;
      total += mass;
    }
    Philox random(5, Purpose::kReplayDraw, 0, step);
    Draw draw;
    for (uint32_t i = 0; i < count; ++i) {
      const double u = (i + random.NextUniform()) / count;
      const size_t slot = SelectIndex(by_slot, u);
      draw.ids.push_back(ids[slot]);
      draw.weights.push_back(ImportanceWeight(
          by_slot[slot] / total, static_cast<double>(masses_.size()), beta));
    }
    NormaliseByMax(draw.weights);
    return draw;
  }

 private:
  std::map<uint64_t, double> masses_;
  double largest_ = 1;
};

void RunCase(uint64_t seed, uint32_t team) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  TableOptions options;
  options.schema = RandomSchema(random);
  options.capacity_rows = Between(random, 1, 150);
  options.expected_run_rows = Between(random, 1, 20);
  HostRing ring(options, /*prioritized=*/true, team);
  Twin twin(options);
  Masses masses;
  RandomActor one(options.schema, 1, random()), two(options.schema, 2, seed);
  for (uint64_t step = 0; step < 25; ++step) {
    const int64_t rows =
        Between(random, 1, std::min<int64_t>(20, options.capacity_rows));
    const EpisodeEnd end =
        Between(random, 0, 5) == 0 ? EpisodeEnd::kTruncated : EpisodeEnd::kNone;
    const StepBlock block =
        (Between(random, 0, 2) == 0 ? one : two).Next(rows, end);
    ring.Append(block);
    twin.Append(block);
    masses.Append(twin.SampleableIds());

    const double beta = 0.25 * static_cast<double>(step % 5);
    const Draw draw = Sample(ring, step, 12, beta);
    const Draw expected =
        masses.Sample(step, 12, beta, ring.ring().shape.slots);
    ASSERT_EQ(draw.ids, expected.ids);
    for (size_t i = 0; i < 12; ++i) {
      ASSERT_NEAR(draw.weights[i], expected.weights[i], 1e-12);
    }
    // Squares whose roots are exact, so that every sum is.
    std::vector<double> priorities;
    for (const uint64_t id : draw.ids) {
      const auto root = static_cast<double>(Between(random, 0, 6));
      priorities.push_back(root * root);
      masses.Set(id, root);
    }
    OnTeam(team, [&](const auto& members) {
      SetPriorities(members, ring.ring(), draw.ids.data(), priorities.data(),
                    12, 0.5);
    });
    // A ring in which every row may have lost its mass cannot be drawn from.
    const double one_more = 4;
    OnTeam(team, [&](const auto& members) {
      SetPriorities(members, ring.ring(), draw.ids.data(), &one_more, 1, 0.5);
    });
    masses.Set(draw.ids[0], 2);
  }
}

TEST(PrioritizedRing, DrawsWhatTheDefinitionDraws) {
  for (uint64_t seed = 0; seed < 150; ++seed) RunCase(seed, 1);
}

TEST(PrioritizedRing, DrawsTheSameWhereThreadsWorkTogether) {
  for (uint64_t seed = 200; seed < 204; ++seed) RunCase(seed, 3);
}

class PrioritiesTest : public ::testing::Test {
 protected:
  static TableOptions Options() {
    TableOptions options;
    options.schema.observations = {{"state", DType::kF32, {1}}};
    options.schema.action = {ActionSpec::Kind::kContinuous, 1, 0};
    options.capacity_rows = 8;
    options.expected_run_rows = 4;
    return options;
  }
  PrioritiesTest()
      : ring_(Options(), /*prioritized=*/true, 1),
        actor_(Options().schema, 1, 1) {
    ring_.Append(actor_.Next(4));
  }
  void Set(uint64_t id, double priority) {
    SetPriorities(SoloTeam(), ring_.ring(), &id, &priority, 1, 1.0);
  }

  HostRing ring_;
  RandomActor actor_;
};

TEST_F(PrioritiesTest, ARowThatIsGoneIsCountedAndTouchesNoRecycledSlot) {
  for (int i = 0; i < 4; ++i) ring_.Append(actor_.Next(4));
  const double total = ring_.ring().tree.total();
  Set(0, 100);
  Set(ring_.ring().counters->head - 1, 100);  // the closing slot
  Set(ring_.ring().counters->head + 5, 100);
  EXPECT_EQ(*ring_.ring().tree.stale, 3u);
  EXPECT_EQ(ring_.ring().tree.total(), total);
}

TEST_F(PrioritiesTest, NumbersThatAreNoPriorityAreRefused) {
  const double total = ring_.ring().tree.total();
  Set(0, std::nan(""));
  Set(0, -1);
  Set(0, std::numeric_limits<double>::infinity());
  Set(0, 1e39);  // beyond float32: every later draw would find this row
  EXPECT_EQ(*ring_.ring().tree.refused, 4u);
  EXPECT_EQ(ring_.ring().tree.total(), total);
}

TEST_F(PrioritiesTest, NewRowsGetTheLargestMassThatEverWas) {
  Set(1, 7);
  Set(1, 0.5);
  ring_.Append(actor_.Next(1));
  EXPECT_EQ(ring_.ring().tree.total(), 1 + 0.5 + 1 + 1 + 7);
}

TEST_F(PrioritiesTest, RowsAreDrawnInProportionToTheirMass) {
  for (uint64_t id = 0; id < 4; ++id) Set(id, static_cast<double>(id + 1));
  std::map<uint64_t, double> drawn;
  constexpr int kDraws = 100000;
  for (uint64_t step = 0; step < kDraws / 10; ++step) {
    for (const uint64_t id : Sample(ring_, step, 10, 1).ids) ++drawn[id];
  }
  for (uint64_t id = 0; id < 4; ++id) {
    const double p = static_cast<double>(id + 1) / 10;
    EXPECT_NEAR(drawn[id], p * kDraws, 5 * std::sqrt(p * (1 - p) * kDraws));
  }
}

}  // namespace
}  // namespace softfleet
