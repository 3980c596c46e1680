// SPDX-License-Identifier: Apache-2.0
// How closely a cluster of real processes keeps to its updates per step, by
// what it serves and by what it records, over starts of every kind.
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "core/file_system.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/cluster_metrics.h"
#include "tests/end_to_end/cluster_program.h"

namespace softfleet {
namespace {

constexpr double kPerStep = 1;
constexpr double kWindow = 10000, kTolerance = 0.01;
// Rows without updates: the warm-up, and again where the shards' rows are gone.
constexpr double kWarmup = 20;

struct Pace {
  double rows = 0, updates = 0;
};

// A row per metrics_interval of all starts.
std::vector<Pace> Recorded(const std::string& run_dir) {
  const auto text = RealFileSystem().Read(JoinPath(run_dir, "metrics.csv"));
  EXPECT_TRUE(text.ok()) << text.status();
  std::vector<Pace> rows;
  const std::vector<std::string> lines =
      absl::StrSplit(text.value_or(""), '\n', absl::SkipEmpty());
  const std::vector<std::string> names = absl::StrSplit(lines.at(0), ',');
  EXPECT_EQ(names.at(0), "step");
  EXPECT_EQ(names.at(1), "updates");
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> fields = absl::StrSplit(lines[i], ',');
    Pace pace;
    EXPECT_TRUE(absl::SimpleAtod(fields.at(0), &pace.rows)) << lines[i];
    EXPECT_TRUE(absl::SimpleAtod(fields.at(1), &pace.updates)) << lines[i];
    rows.push_back(pace);
  }
  return rows;
}

// The largest error of updates per step over a window from any row on.
double WorstWindow(const std::vector<Pace>& rows) {
  double worst = std::nan("");
  for (size_t i = 0, j = 0; i < rows.size(); ++i) {
    while (j < rows.size() && rows[j].rows - rows[i].rows < kWindow) ++j;
    if (j == rows.size()) break;
    const double per_step =
        (rows[j].updates - rows[i].updates) / (rows[j].rows - rows[i].rows);
    worst = std::fmax(worst, std::abs(per_step / kPerStep - 1));
  }
  return worst;
}

class ClusterPaceTest : public testing::Test {
 protected:
  std::unique_ptr<ChildProcess> StartCluster() {
    return Start(
        ClusterArguments(config_, run_, 2, 2,
                         {"total_steps=1000000", "evaluation.interval=20000",
                          absl::StrCat("learner.warmup_steps=", kWarmup),
                          "actor.block_rows=8", "replay.slack=512"}));
  }

  // Watches a start of the learner until it has received `rows` rows. What it
  // serves is not of one moment, but its counters only grow: updates never
  // pass what the rows of a later page have earned, nor lie behind those
  // counted before them.
  void WatchTheLearner(ChildProcess& cluster, double rows) {
    const absl::Time end = absl::Now() + absl::Seconds(90);
    constexpr double kOwed = kWindow * kTolerance;
    Pace before;
    while (before.rows < rows) {
      ASSERT_LT(absl::Now(), end) << cluster.err() << ClusterLogs(run_);
      ASSERT_FALSE(cluster.Ended(absl::Milliseconds(5))) << cluster.err();
      const auto targets = MetricsTargets(run_);
      if (targets.empty()) continue;
      const auto page = Scrape(targets.at("learner"));
      if (!page.has_value()) continue;
      const Pace now = {Value(*page, "sac_learner_received_rows_total"),
                        Value(*page, "sac_learner_updates_total")};
      EXPECT_LE(before.updates, kPerStep * (now.rows + kOwed));
      EXPECT_GE(now.updates, kPerStep * (now.rows - kWarmup - kOwed));
      before = now;
      ++pages_;
    }
  }

  const TestDirectory directory_;
  const std::string config_ = WriteShortConfig(directory_.path());
  const std::string run_ = directory_ / "run";
  int pages_ = 0;
};

TEST_F(ClusterPaceTest, UpdatesPerStepAreEvenOverAnyWindowAndAfterAnyRestart) {
  auto cluster = StartCluster();
  WatchTheLearner(*cluster, 11000);
  const auto learner = ChildrenRunning(cluster->pid(), "softfleet-learner");
  ASSERT_EQ(learner.size(), 1u);
  ::kill(learner[0], SIGKILL);
  ASSERT_TRUE(cluster->WaitFor("signal 9")) << cluster->err();
  WatchTheLearner(*cluster, 11000);
  cluster->Signal(SIGTERM);
  ASSERT_EQ(cluster->Wait(), 0) << cluster->err() << ClusterLogs(run_);
  cluster = StartCluster();
  WatchTheLearner(*cluster, 11000);
  cluster->Signal(SIGTERM);
  ASSERT_EQ(cluster->Wait(), 0) << cluster->err() << ClusterLogs(run_);

  const std::vector<Pace> rows = Recorded(run_);
  const double worst = WorstWindow(rows);
  std::printf("%d pages, %zu rows, worst window off by %.4f\n", pages_,
              rows.size(), worst);
  EXPECT_LE(worst, kTolerance);
}

}  // namespace
}  // namespace softfleet
