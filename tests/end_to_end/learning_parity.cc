// SPDX-License-Identifier: Apache-2.0
#include "tests/end_to_end/learning_parity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/philox.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/cluster_program.h"

namespace softfleet {
namespace {

constexpr char kPreset[] = "configs/pendulum.textproto";
constexpr double kUpdatesPerStep = 2;  // of the preset
constexpr double kWarmup = 100;
// Differences of returns that nobody would act on: the best known mean return
// of the panel is -125.6, and seeds of one process differ by as much.
constexpr double kMargin = 5;

AuditRecord LastOf(const std::vector<std::string>& arguments,
                   const std::string& run) {
  const auto process = Start(arguments);
  EXPECT_EQ(process->Wait(absl::Minutes(10)), 0)
      << process->err() << ClusterLogs(run);
  const std::vector<AuditRecord> audit = AuditOf(run);
  EXPECT_FALSE(audit.empty());
  return audit.empty() ? AuditRecord{} : audit.back();
}

double MeanOfResample(const std::vector<double>& values, Philox& random) {
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    sum += values[random.NextBelow(values.size())];
  }
  return sum / static_cast<double>(values.size());
}

}  // namespace

ParityResult CompareLearning(int seeds) {
  const TestDirectory directory;
  ParityResult result;
  std::vector<double> regrets;  // of the cluster
  std::printf("seed | one process | cluster | cluster's updates per step\n");
  for (int seed = 1; seed <= seeds; ++seed) {
    const std::vector<std::string> set = {absl::StrCat("seed=", seed),
                                          "evaluation.interval=0"};
    const std::string one = directory / absl::StrCat("one", seed);
    const std::string many = directory / absl::StrCat("many", seed);
    const AuditRecord alone = LastOf(Train(kPreset, one, set), one);
    const AuditRecord fleet =
        LastOf(ClusterArguments(kPreset, many, 2, 4, set), many);
    const double ratio = static_cast<double>(fleet.updates) /
                         (static_cast<double>(fleet.step) - kWarmup);
    EXPECT_NEAR(ratio, kUpdatesPerStep, 0.02 * kUpdatesPerStep);
    regrets.push_back(fleet.deterministic.regret_mean.value_or(1e9));
    result.one_process.push_back(alone.deterministic.return_mean);
    result.cluster.push_back(fleet.deterministic.return_mean);
    std::printf("%4d | %11.1f | %7.1f | %.4f\n", seed,
                result.one_process.back(), result.cluster.back(), ratio);
    std::fflush(stdout);
  }
  std::sort(regrets.begin(), regrets.end());
  EXPECT_LE(regrets[regrets.size() / 2], 20);
  return result;
}

Interval BootstrapDifference(const ParityResult& result, double confidence) {
  constexpr int kResamples = 10000;
  Philox random(17, Purpose::kTest);
  std::vector<double> differences(kResamples);
  for (double& difference : differences) {
    difference = MeanOfResample(result.cluster, random) -
                 MeanOfResample(result.one_process, random);
  }
  std::sort(differences.begin(), differences.end());
  const auto at = [&](double quantile) {
    return differences[static_cast<size_t>(quantile * (kResamples - 1))];
  };
  return {at((1 - confidence) / 2), at((1 + confidence) / 2)};
}

void ExpectTheSameLearning(int seeds) {
  const ParityResult result = CompareLearning(seeds);
  const Interval interval = BootstrapDifference(result, 0.95);
  std::printf("cluster - one process: 95 %% interval [%.2f, %.2f]\n",
              interval.low, interval.high);
  EXPECT_LE(interval.low, kMargin);
  EXPECT_GE(interval.high, -kMargin);
}

}  // namespace softfleet
