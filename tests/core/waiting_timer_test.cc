// SPDX-License-Identifier: Apache-2.0
#include "core/waiting_timer.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/core/exposition.h"

namespace softfleet {
namespace {

class WaitingTimerTest : public testing::Test {
 protected:
  // What a scrape shows for `reason`.
  double Seconds(const std::string& reason) {
    return ParseExposition(registry_.Text())
        .at(absl::StrCat("sac_waiting_seconds_total{reason=\"", reason, "\"}"));
  }

  MetricRegistry registry_;
  FakeClock clock_;
};

TEST_F(WaitingTimerTest, EveryReasonShowsFromTheStart) {
  WaitingTimer timer(registry_, {"rows", "shards"}, clock_);
  EXPECT_EQ(Seconds("rows"), 0);
  EXPECT_EQ(Seconds("shards"), 0);
}

TEST_F(WaitingTimerTest, TimeOutsideAWaitDoesNotCount) {
  WaitingTimer timer(registry_, {"rows"}, clock_);
  clock_.Advance(absl::Seconds(4));
  timer.Start("rows");
  clock_.Advance(absl::Seconds(2));
  timer.Stop();
  clock_.Advance(absl::Seconds(8));
  timer.Stop();
  EXPECT_EQ(Seconds("rows"), 2);
}

TEST_F(WaitingTimerTest, AScrapeSeesAWaitInProgress) {
  WaitingTimer timer(registry_, {"rows"}, clock_);
  timer.Start("rows");
  clock_.Advance(absl::Milliseconds(500));
  EXPECT_EQ(Seconds("rows"), 0.5);
  EXPECT_EQ(Seconds("rows"), 0.5);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Seconds("rows"), 1.5);
  timer.Stop();
  EXPECT_EQ(Seconds("rows"), 1.5);
}

TEST_F(WaitingTimerTest, StartingAgainGoesOnOrChangesTheReason) {
  WaitingTimer timer(registry_, {"rows", "shards"}, clock_);
  timer.Start("rows");
  clock_.Advance(absl::Seconds(1));
  timer.Start("rows");
  clock_.Advance(absl::Seconds(1));
  timer.Start("shards");
  clock_.Advance(absl::Seconds(4));
  timer.Stop();
  EXPECT_EQ(Seconds("rows"), 2);
  EXPECT_EQ(Seconds("shards"), 4);
}

TEST_F(WaitingTimerTest, SeveralTimersAddUpUntilTheyEnd) {
  WaitingTimer first(registry_, {"rows"}, clock_);
  std::optional<WaitingTimer> second;
  second.emplace(registry_, std::vector<std::string>{"rows"}, clock_);
  first.Start("rows");
  second->Start("rows");
  clock_.Advance(absl::Seconds(3));
  EXPECT_EQ(Seconds("rows"), 6);
  clock_.Advance(absl::Seconds(1));
  second.reset();
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Seconds("rows"), 9);
}

TEST_F(WaitingTimerTest, AScopeIsOneWait) {
  WaitingTimer timer(registry_, {"rows"}, clock_);
  {
    WaitingScope waiting(timer, "rows");
    clock_.Advance(absl::Seconds(2));
  }
  clock_.Advance(absl::Seconds(2));
  EXPECT_EQ(Seconds("rows"), 2);
}

TEST_F(WaitingTimerTest, AnotherMetricMayCountTheWaits) {
  WaitingTimer timer(registry_,
                     {.name = "sac_test_closed_seconds_total",
                      .kind = MetricKind::kCounter,
                      .unit = "seconds",
                      .help = "Time closed.",
                      .labels = {"why"}},
                     {"slack"}, clock_);
  timer.Start("slack");
  clock_.Advance(absl::Seconds(7));
  EXPECT_EQ(ParseExposition(registry_.Text())
                .at("sac_test_closed_seconds_total{why=\"slack\"}"),
            7);
}

// Random starts, stops and scrapes against sums kept by hand.
TEST_F(WaitingTimerTest, AnyCourseOfWaitsAddsUp) {
  constexpr int kSeed = 3;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  std::mt19937 random(kSeed);
  WaitingTimer timer(registry_, {"a", "b"}, clock_);
  std::map<std::string, double> expected = {{"a", 0}, {"b", 0}};
  std::string waiting;
  for (int i = 0; i < 2000; ++i) {
    const int quarters = random() % 8;
    clock_.Advance(absl::Milliseconds(250) * quarters);
    if (!waiting.empty()) expected[waiting] += 0.25 * quarters;
    const int action = random() % 4;
    if (action < 2) {
      waiting = std::string(1, action == 0 ? 'a' : 'b');
      timer.Start(waiting);
    } else if (action == 2) {
      waiting.clear();
      timer.Stop();
    } else {
      ASSERT_EQ(Seconds("a"), expected["a"]);
      ASSERT_EQ(Seconds("b"), expected["b"]);
    }
  }
}

TEST_F(WaitingTimerTest, AnUndeclaredReasonEndsTheProcess) {
  WaitingTimer timer(registry_, {"rows"}, clock_);
  EXPECT_DEATH(timer.Start("row"), "\"row\", which was not declared");
}

}  // namespace
}  // namespace softfleet
