// SPDX-License-Identifier: Apache-2.0
// The fused update learns as the reference does: rounding differs, so runs part
// after some hundred updates, but not what they learn.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/program.h"

namespace softfleet {
namespace {

constexpr int kSeeds = 6;
constexpr double kErrors = 3;  // standard errors of the difference
// Differences of returns that nobody would act on.
constexpr double kMargin = 5;

// Deterministic returns [point of the curve][seed].
using Curves = std::vector<std::vector<double>>;

Curves CurvesOf(const std::string& engine) {
  const TestDirectory directory;
  Curves curves;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    const std::string run = directory / absl::StrCat("run", seed);
    const Finished trained = Softfleet(
        Train("configs/pendulum.textproto", run,
              {absl::StrCat("sac.engine=", engine), absl::StrCat("seed=", seed),
               "total_steps=8000", "evaluation.interval=2000"}));
    EXPECT_EQ(trained.exit_code, 0) << trained.err;
    const std::vector<AuditRecord> audit = AuditOf(run);
    curves.resize(audit.size());
    for (size_t i = 0; i < audit.size(); ++i) {
      curves[i].push_back(audit[i].deterministic.return_mean);
    }
  }
  return curves;
}

struct Estimate {
  double mean = 0, squared_error = 0;
};

Estimate Over(const std::vector<double>& seeds) {
  const double n = static_cast<double>(seeds.size());
  Estimate estimate;
  for (double x : seeds) estimate.mean += x / n;
  for (double x : seeds) {
    estimate.squared_error +=
        (x - estimate.mean) * (x - estimate.mean) / (n * (n - 1));
  }
  return estimate;
}

TEST(LongEngineParityTest, BothEnginesLearnThePendulumAtTheSamePace) {
  const Curves fused = CurvesOf("fused"), reference = CurvesOf("reference");
  ASSERT_EQ(fused.size(), 4);
  ASSERT_EQ(reference.size(), 4);
  std::printf("step | fused | reference | allowed difference\n");
  for (size_t i = 0; i < fused.size(); ++i) {
    ASSERT_EQ(fused[i].size(), kSeeds);
    ASSERT_EQ(reference[i].size(), kSeeds);
    const Estimate a = Over(fused[i]), b = Over(reference[i]);
    const double allowed =
        kMargin + kErrors * std::sqrt(a.squared_error + b.squared_error);
    std::printf("%4zu | %.1f | %.1f | %.1f\n", 2000 * (i + 1), a.mean, b.mean,
                allowed);
    EXPECT_LE(std::abs(a.mean - b.mean), allowed);
  }
  EXPECT_GE(Over(fused.back()).mean, -170) << "neither has learned";
}

}  // namespace
}  // namespace softfleet
