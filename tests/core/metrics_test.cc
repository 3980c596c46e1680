// SPDX-License-Identifier: Apache-2.0
#include "core/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/thread.h"
#include "tests/core/exposition.h"

namespace softfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

MetricDefinition Rows() {
  return {.name = "sac_test_rows_total",
          .kind = MetricKind::kCounter,
          .unit = "rows",
          .help = "Rows, of all kinds."};
}

MetricDefinition Bytes() {
  return {.name = "sac_test_bytes",
          .kind = MetricKind::kGauge,
          .unit = "bytes",
          .help = "Bytes by place.",
          .labels = {"place", "shard"}};
}

MetricDefinition Seconds() {
  return {.name = "sac_test_seconds",
          .kind = MetricKind::kHistogram,
          .unit = "seconds",
          .help = "How long it took.",
          .buckets = {0.5, 1, 4}};
}

TEST(MetricsTest, TheTextIsPrometheusFormat) {
  MetricRegistry registry;
  registry.AddCounter(Rows()).Increment(3);
  registry.AddGauge(Bytes(), {"ring", "a"}).Set(-2.5);
  registry.AddHistogram(Seconds()).Observe(2);
  // Written by hand from "Exposition formats" of the Prometheus manual.
  EXPECT_EQ(registry.Text(),
            "# HELP sac_test_rows_total Rows, of all kinds.\n"
            "# TYPE sac_test_rows_total counter\n"
            "sac_test_rows_total 3\n"
            "# HELP sac_test_bytes Bytes by place.\n"
            "# TYPE sac_test_bytes gauge\n"
            "sac_test_bytes{place=\"ring\",shard=\"a\"} -2.5\n"
            "# HELP sac_test_seconds How long it took.\n"
            "# TYPE sac_test_seconds histogram\n"
            "sac_test_seconds_count 1\n"
            "sac_test_seconds_sum 2\n"
            "sac_test_seconds_bucket{le=\"0.5\"} 0\n"
            "sac_test_seconds_bucket{le=\"1\"} 0\n"
            "sac_test_seconds_bucket{le=\"4\"} 1\n"
            "sac_test_seconds_bucket{le=\"+Inf\"} 1\n");
}

TEST(MetricsTest, MetricsShowBeforeTheyAreUsed) {
  MetricRegistry registry;
  registry.AddCounter(Rows());
  EXPECT_THAT(ParseExposition(registry.Text()),
              ElementsAre(Pair("sac_test_rows_total", 0)));
}

TEST(MetricsTest, EachCombinationOfLabelsHasAValueOfItsOwn) {
  MetricRegistry registry;
  registry.AddGauge(Bytes(), {"ring", "a"}).Set(1);
  registry.AddGauge(Bytes(), {"ring", "b"}).Set(2);
  registry.AddGauge(Bytes(), {"log", "a"}).Set(3);
  EXPECT_THAT(ParseExposition(registry.Text()),
              UnorderedElementsAre(
                  Pair("sac_test_bytes{place=\"ring\",shard=\"a\"}", 1),
                  Pair("sac_test_bytes{place=\"ring\",shard=\"b\"}", 2),
                  Pair("sac_test_bytes{place=\"log\",shard=\"a\"}", 3)));
}

TEST(MetricsTest, ALabelMayHoldAnyText) {
  MetricRegistry registry;
  registry.AddGauge(Bytes(), {"a \"b\"\\\n", ""}).Set(7);
  EXPECT_THAT(registry.Text(),
              HasSubstr("{place=\"a \\\"b\\\"\\\\\\n\",shard=\"\"} 7\n"));
}

TEST(MetricsTest, ALabelledRegistryPutsItsLabelOnEverything) {
  MetricRegistry registry;
  for (const char* seed : {"0", "7"}) {
    MetricRegistry labelled(registry, "seed", seed);
    labelled.AddCounter(Rows()).Increment(seed[0] == '7' ? 7 : 1);
    labelled.AddGauge(Bytes(), {"ring", "a"}).Set(2);
    EXPECT_EQ(&labelled.AddCounter(Rows()), &labelled.AddCounter(Rows()));
  }
  const std::vector<std::string> lines =
      absl::StrSplit(registry.Text(), '\n', absl::SkipEmpty());
  EXPECT_THAT(lines,
              UnorderedElementsAre(
                  "# HELP sac_test_rows_total Rows, of all kinds.",
                  "# TYPE sac_test_rows_total counter",
                  "sac_test_rows_total{seed=\"0\"} 1",
                  "sac_test_rows_total{seed=\"7\"} 7",
                  "# HELP sac_test_bytes Bytes by place.",
                  "# TYPE sac_test_bytes gauge",
                  "sac_test_bytes{place=\"ring\",seed=\"0\",shard=\"a\"} 2",
                  "sac_test_bytes{place=\"ring\",seed=\"7\",shard=\"a\"} 2"));
}

TEST(MetricsTest, TheSameDefinitionAndLabelsGiveTheSameObject) {
  MetricRegistry registry;
  EXPECT_EQ(&registry.AddCounter(Rows()), &registry.AddCounter(Rows()));
  Gauge& gauge = registry.AddGauge(Bytes(), {"ring", "a"});
  EXPECT_EQ(&gauge, &registry.AddGauge(Bytes(), {"ring", "a"}));
  EXPECT_NE(&gauge, &registry.AddGauge(Bytes(), {"a", "ring"}));
  EXPECT_EQ(&registry.AddHistogram(Seconds()),
            &registry.AddHistogram(Seconds()));
}

TEST(MetricsTest, DefinitionsAreListedOnceInOrderOfRegistration) {
  MetricRegistry registry;
  registry.AddHistogram(Seconds());
  registry.AddGauge(Bytes(), {"ring", "a"});
  registry.AddCounter(Rows());
  registry.AddGauge(Bytes(), {"ring", "b"});
  EXPECT_THAT(registry.definitions(), ElementsAre(Seconds(), Bytes(), Rows()));
}

TEST(MetricsTest, AGaugeKeepsWhatIsSetAndAdded) {
  MetricRegistry registry;
  Gauge& gauge = registry.AddGauge(Bytes(), {"ring", "a"});
  gauge.Set(5);
  gauge.Add(2);
  gauge.Add(-10);
  EXPECT_EQ(gauge.value(), -3);
}

TEST(MetricsTest, ACounterNeverFalls) {
  MetricRegistry registry;
  Counter& counter = registry.AddCounter(Rows());
  counter.Increment();
  counter.Increment(0.25);
  counter.Increment(-1);
  counter.Increment(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(counter.value(), 1.25);
}

TEST(MetricsTest, NoIncrementOfManyThreadsIsLost) {
  MetricRegistry registry;
  constexpr int kThreads = 4;
  constexpr int kIncrements = 20'000;
  {
    std::vector<Thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back("increment", [&] {
        Counter& counter = registry.AddCounter(Rows());
        Gauge& gauge = registry.AddGauge(Bytes(), {"ring", "a"});
        Histogram& histogram = registry.AddHistogram(Seconds());
        for (int k = 0; k < kIncrements; ++k) {
          counter.Increment();
          gauge.Add(2);
          histogram.Observe(0.5);
        }
      });
    }
  }
  EXPECT_EQ(registry.AddCounter(Rows()).value(), kThreads * kIncrements);
  EXPECT_EQ(registry.AddGauge(Bytes(), {"ring", "a"}).value(),
            2 * kThreads * kIncrements);
  EXPECT_EQ(registry.AddHistogram(Seconds()).count(), kThreads * kIncrements);
}

// Values on the bounds and between them.
TEST(MetricsTest, BucketsHoldWhatABruteForceCountFinds) {
  constexpr int kSeed = 17;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  std::mt19937 random(kSeed);
  MetricRegistry registry;
  Histogram& histogram = registry.AddHistogram(Seconds());
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) {
    values.push_back(static_cast<double>(random() % 24) / 4);
    histogram.Observe(values.back());
  }
  const std::map<std::string, double> seen = ParseExposition(registry.Text());
  double sum = 0;
  for (const double value : values) sum += value;
  EXPECT_EQ(histogram.count(), values.size());
  EXPECT_EQ(histogram.sum(), sum);  // quarters add up exactly
  for (const double bound : {0.5, 1.0, 4.0}) {
    double count = 0;
    for (const double value : values) count += value <= bound;
    EXPECT_EQ(
        seen.at(absl::StrCat("sac_test_seconds_bucket{le=\"", bound, "\"}")),
        count);
  }
}

TEST(MetricsTest, ExponentialBucketsGrowByAFactor) {
  EXPECT_THAT(ExponentialBuckets(0.125, 4, 4), ElementsAre(0.125, 0.5, 2, 8));
}

TEST(MetricRefreshTest, RunsBeforeEachTextWhileItLives) {
  MetricRegistry registry;
  Counter& counter = registry.AddCounter(Rows());
  {
    MetricRefresh one(registry, [&] { counter.Increment(); });
    MetricRefresh two(registry, [&] { counter.Increment(10); });
    EXPECT_THAT(registry.Text(), HasSubstr("sac_test_rows_total 11\n"));
    EXPECT_THAT(registry.Text(), HasSubstr("sac_test_rows_total 22\n"));
  }
  EXPECT_THAT(registry.Text(), HasSubstr("sac_test_rows_total 22\n"));
}

TEST(MetricRefreshTest, MayAddMetrics) {
  MetricRegistry registry;
  MetricRefresh refresh(registry,
                        [&] { registry.AddCounter(Rows()).Increment(); });
  EXPECT_THAT(registry.Text(), HasSubstr("sac_test_rows_total 1\n"));
}

// Two definitions of one name: a mistake whichever field differs.
TEST(MetricsDeathTest, AConflictingDefinitionEndsTheProcess) {
  MetricRegistry registry;
  registry.AddGauge(Bytes(), {"ring", "a"});
  registry.AddHistogram(Seconds());
  MetricDefinition other = Bytes();
  other.help = "Something else.";
  EXPECT_DEATH(registry.AddGauge(other, {"ring", "a"}),
               "sac_test_bytes.*Bytes by place.*Something else");
  other = Bytes();
  other.unit = "rows";
  EXPECT_DEATH(registry.AddGauge(other, {"ring", "a"}), "in bytes.*in rows");
  other = Bytes();
  other.labels = {"place"};
  EXPECT_DEATH(registry.AddGauge(other, {"ring"}), "place, shard.*cannot");
  other = Seconds();
  other.buckets = {0.5, 1};
  EXPECT_DEATH(registry.AddHistogram(other), "0.5, 1, 4.*cannot");
  other = Seconds();
  other.kind = MetricKind::kGauge;
  other.buckets = {};
  EXPECT_DEATH(registry.AddGauge(other), "histogram.*gauge");
}

TEST(MetricsDeathTest, AnUnusableDefinitionEndsTheProcess) {
  MetricRegistry registry;
  EXPECT_DEATH(registry.AddGauge(Rows()), "counter, added as a gauge");
  EXPECT_DEATH(registry.AddGauge(Bytes(), {"ring"}), "2 labels, got 1 values");
  const auto changed = [](MetricDefinition definition, auto change) {
    change(definition);
    return definition;
  };
  EXPECT_DEATH(registry.AddCounter(changed(
                   Rows(), [](auto& rows) { rows.name = "sac_test_rows"; })),
               "_total");
  EXPECT_DEATH(registry.AddCounter(changed(
                   Rows(), [](auto& rows) { rows.name = "test_total"; })),
               "a name is sac_");
  EXPECT_DEATH(registry.AddCounter(changed(
                   Rows(), [](auto& rows) { rows.name = "sac_Te-st_total"; })),
               "a name is sac_");
  EXPECT_DEATH(
      registry.AddCounter(changed(Rows(), [](auto& rows) { rows.help = ""; })),
      "help is missing");
  EXPECT_DEATH(registry.AddCounter(
                   changed(Rows(), [](auto& rows) { rows.buckets = {1}; })),
               "other kinds have none");
  EXPECT_DEATH(registry.AddHistogram(changed(Seconds(),
                                             [](auto& seconds) {
                                               seconds.buckets = {1, 1, 2};
                                             })),
               "do not rise: 1, 1, 2");
  EXPECT_DEATH(registry.AddHistogram(changed(
                   Seconds(), [](auto& seconds) { seconds.buckets = {}; })),
               "a histogram has buckets");
  EXPECT_DEATH(registry.AddGauge(changed(Bytes(),
                                         [](auto& bytes) {
                                           bytes.labels = {"place", "le"};
                                         }),
                                 {"a", "b"}),
               "\"le\" is no name");
}

}  // namespace
}  // namespace softfleet
