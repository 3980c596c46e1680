// SPDX-License-Identifier: Apache-2.0
#include "core/process_metrics.h"

#include <gtest/gtest.h>

#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/version.h"
#include "tests/core/exposition.h"

namespace softfleet {
namespace {

// Resident memory as /proc tells a person, in bytes; exact to a batch of pages
// per thread.
double VmRss() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "VmRSS:") {
      double kilobytes = 0;
      status >> kilobytes;
      return kilobytes * 1024;
    }
  }
  return -1;
}

class ProcessMetricsTest : public testing::Test {
 protected:
  double Value(const std::string& name) {
    return ParseExposition(registry_.Text()).at(name);
  }

  MetricRegistry registry_;
};

TEST_F(ProcessMetricsTest, BuildInfoNamesProgramAndVersion) {
  ProcessMetrics metrics(registry_, "softfleet-test");
  EXPECT_EQ(
      Value(absl::StrCat("sac_build_info{program=\"softfleet-test\",version=\"",
                         SoftwareVersion(), "\"}")),
      1);
}

TEST_F(ProcessMetricsTest, AProcessIsUnhealthyUntilItSaysOtherwise) {
  ProcessMetrics metrics(registry_, "softfleet-test");
  EXPECT_EQ(Value("sac_process_healthy"), 0);
  metrics.SetHealthy(true);
  EXPECT_EQ(Value("sac_process_healthy"), 1);
  metrics.SetHealthy(false);
  EXPECT_EQ(Value("sac_process_healthy"), 0);
}

TEST_F(ProcessMetricsTest, TheStartDoesNotMove) {
  FakeClock clock;
  clock.Advance(absl::Seconds(1234.5));
  ProcessMetrics metrics(registry_, "softfleet-test", clock);
  clock.Advance(absl::Seconds(100));
  EXPECT_EQ(Value("sac_process_start_time_seconds"), 1234.5);
}

TEST_F(ProcessMetricsTest, ProcessorTimeAgreesWithTheCLibrary) {
  ProcessMetrics metrics(registry_, "softfleet-test");
  for (int i = 0; i < 3; ++i) {
    const std::clock_t begin = std::clock();
    while (std::clock() - begin < CLOCKS_PER_SEC / 50) continue;
    const double before = 1.0 * std::clock() / CLOCKS_PER_SEC;
    const double seen = Value("sac_process_cpu_seconds_total");
    const double after = 1.0 * std::clock() / CLOCKS_PER_SEC;
    // The kernel's two ways of counting agree within a tick of 1/100 s.
    EXPECT_GE(seen, before - 0.02);
    EXPECT_LE(seen, after + 0.02);
  }
}

TEST_F(ProcessMetricsTest, ResidentMemoryFollowsWhatIsTouched) {
  constexpr double kTolerance = 4 << 20;
  constexpr size_t kBytes = 64 << 20;
  ProcessMetrics metrics(registry_, "softfleet-test");
  const double before = Value("sac_process_resident_bytes");
  EXPECT_NEAR(before, VmRss(), kTolerance);
  const std::vector<char> touched(kBytes, 1);
  const double after = Value("sac_process_resident_bytes");
  EXPECT_NEAR(after, VmRss(), kTolerance);
  EXPECT_NEAR(after - before, kBytes * touched[0], kTolerance);
}

TEST_F(ProcessMetricsTest, TheRegistryOutlivesIt) {
  { ProcessMetrics metrics(registry_, "softfleet-test"); }
  EXPECT_GT(Value("sac_process_resident_bytes"), 0);
}

}  // namespace
}  // namespace softfleet
