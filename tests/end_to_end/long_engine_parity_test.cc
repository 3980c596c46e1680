// SPDX-License-Identifier: Apache-2.0
// The fused update learns as the reference does, and in bfloat16 as in float32:
// rounding differs, so runs part after some hundred updates, but not what they
// learn.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sac/fused/kernels.h"
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

Curves CurvesOf(const std::string& setting) {
  const TestDirectory directory;
  Curves curves;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    const std::string run = directory / absl::StrCat("run", seed);
    const Finished trained =
        Softfleet(Train("configs/pendulum.textproto", run,
                        {setting, absl::StrCat("seed=", seed),
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

void ExpectTheSameLearning(const std::string& one, const std::string& other) {
  const Curves ones = CurvesOf(one), others = CurvesOf(other);
  ASSERT_EQ(ones.size(), 4);
  ASSERT_EQ(others.size(), 4);
  std::printf("step | %s | %s | allowed difference\n", one.c_str(),
              other.c_str());
  for (size_t i = 0; i < ones.size(); ++i) {
    ASSERT_EQ(ones[i].size(), kSeeds);
    ASSERT_EQ(others[i].size(), kSeeds);
    const Estimate a = Over(ones[i]), b = Over(others[i]);
    const double allowed =
        kMargin + kErrors * std::sqrt(a.squared_error + b.squared_error);
    std::printf("%4zu | %.1f | %.1f | %.1f\n", 2000 * (i + 1), a.mean, b.mean,
                allowed);
    EXPECT_LE(std::abs(a.mean - b.mean), allowed);
  }
  EXPECT_GE(Over(ones.back()).mean, -170) << "neither has learned";
}

TEST(LongEngineParityTest, BothEnginesLearnThePendulumAtTheSamePace) {
  ExpectTheSameLearning("sac.engine=fused", "sac.engine=reference");
}

TEST(LongEngineParityTest, BFloat16LearnsThePendulumAtThePaceOfFloat32) {
  if (fused::AvailableKernels<float>(fused::MatrixPrecision::kBFloat16)
          .empty()) {
    GTEST_SKIP() << "this processor multiplies no bfloat16";
  }
  ExpectTheSameLearning("sac.precision=bf16", "sac.precision=float32");
}

}  // namespace
}  // namespace softfleet
