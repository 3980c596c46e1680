// SPDX-License-Identifier: Apache-2.0
#include "core/metrics_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace softfleet {
namespace {

using testing::EndsWith;
using testing::StartsWith;

TEST(MetricsPageTest, EachProcessHasATableInTheOrderGiven) {
  const std::string page =
      FormatMetricsPage({{"softfleet-learner",
                          {{.name = "sac_rows_lost_total",
                            .kind = MetricKind::kCounter,
                            .unit = "rows",
                            .help = "Rows lost, by reason: a|b.",
                            .labels = {"reason", "shard"}},
                           {.name = "sac_learner_alpha",
                            .kind = MetricKind::kGauge,
                            .unit = "1",
                            .help = "Temperature."}}},
                         {"softfleet-actor",
                          {{.name = "sac_actor_step_seconds",
                            .kind = MetricKind::kHistogram,
                            .unit = "seconds",
                            .help = "One step.",
                            .buckets = {1}}}}});
  EXPECT_THAT(page, StartsWith("# Metrics\n"));
  EXPECT_THAT(
      page,
      EndsWith(
          "\n"
          "## softfleet-learner\n"
          "\n"
          "| name | kind | unit | labels | meaning |\n"
          "| --- | --- | --- | --- | --- |\n"
          "| `sac_rows_lost_total` | counter | rows | `reason`, `shard` | "
          "Rows lost, by reason: a\\|b. |\n"
          "| `sac_learner_alpha` | gauge | 1 |  | Temperature. |\n"
          "\n"
          "## softfleet-actor\n"
          "\n"
          "| name | kind | unit | labels | meaning |\n"
          "| --- | --- | --- | --- | --- |\n"
          "| `sac_actor_step_seconds` | histogram | seconds |  | One step. |"
          "\n"));
}

}  // namespace
}  // namespace softfleet
