// SPDX-License-Identifier: Apache-2.0
#include "sac/phase_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "sac/sac_agent.h"
#include "tests/sac/update_problem.h"

namespace softfleet {
namespace {

using testing::ElementsAre;

int64_t ticks = 0;
int64_t Tick() { return ticks += 10; }

std::vector<std::string> Names(const std::vector<PhaseClock::Span>& spans) {
  std::vector<std::string> names;
  for (const auto& span : spans) names.push_back(UpdatePhaseName(span.phase));
  return names;
}

TEST(PhaseClock, APhaseEndsWhereTheNextBegins) {
  PhaseClock clock(1, Tick);
  EnterPhase(&clock, UpdatePhase::kSample);
  EnterPhase(&clock, UpdatePhase::kNoise);
  LeavePhase(&clock);
  Tick();  // between updates
  EnterPhase(&clock, UpdatePhase::kActorStep);
  LeavePhase(&clock);
  const std::vector<PhaseClock::Span>& spans = clock.spans(0);
  EXPECT_THAT(Names(spans),
              ElementsAre("sampling and gather", "noise", "actor Adam"));
  EXPECT_EQ(spans[0].end, spans[1].begin);
  EXPECT_EQ(spans[1].end - spans[1].begin, 10);
  EXPECT_EQ(spans[2].begin - spans[1].end, 20);
  clock.Clear();
  EXPECT_TRUE(clock.spans(0).empty());
}

TEST(PhaseClock, ThreadsHaveLanesOfTheirOwn) {
  PhaseClock clock(2, Tick);
  EnterPhase(&clock, UpdatePhase::kCriticForward);
  EnterPhase(&clock, UpdatePhase::kCriticForward, 1);
  LeavePhase(&clock, 1);
  EXPECT_TRUE(clock.spans(0).empty());
  EXPECT_EQ(clock.spans(1).size(), 1u);
}

// Both kinds of actions, with and without statistics, and the updates between
// those that move the actor.
TEST(PhaseClock, AnUpdateWithMarksHasAllItsPhasesAndTheSameNumbers) {
  for (const bool continuous : {true, false}) {
    SacOptions options = SmallOptions(continuous);
    options.policy_delay = 2;
    auto marked = SacAgent::Create(options, 3).value();
    auto plain = SacAgent::Create(options, 3).value();
    PhaseClock clock(8);
    ASSERT_TRUE(marked->MarkPhases(&clock));
    for (int t = 0; t < 2; ++t) {
      clock.Clear();
      const UpdateProblem problem(options, 16, 50 + t);
      SacStatistics statistics;
      ASSERT_TRUE(
          marked->Update(problem.batch(), problem.draws(), &statistics).ok());
      ASSERT_TRUE(plain->Update(problem.batch(), problem.draws()).ok());
      clock.Leave();
      std::set<std::string> seen;
      const std::vector<PhaseClock::Span>& spans = clock.spans(0);
      for (size_t i = 0; i < spans.size(); ++i) {
        seen.insert(UpdatePhaseName(spans[i].phase));
        if (i == 0) continue;
        EXPECT_EQ(spans[i].begin, spans[i - 1].end);
      }
      std::set<std::string> wanted = {"actor forward", "target critics",
                                      "critic forward", "critic backward",
                                      "critic Adam and targets"};
      if (t == 1) {
        wanted.insert({"temperature", "actor's critic pass", "actor backward",
                       "actor Adam"});
      }
      EXPECT_TRUE(
          std::includes(seen.begin(), seen.end(), wanted.begin(), wanted.end()))
          << testing::PrintToString(seen);
      EXPECT_EQ(seen.contains("actor Adam"), t == 1);
    }
    EXPECT_EQ(marked->Save(), plain->Save());
    ASSERT_TRUE(marked->MarkPhases(nullptr));
    clock.Clear();
    const UpdateProblem problem(options, 16, 60);
    ASSERT_TRUE(marked->Update(problem.batch(), problem.draws()).ok());
    EXPECT_TRUE(clock.spans(0).empty());
  }
}

}  // namespace
}  // namespace softfleet
