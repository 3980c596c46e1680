// SPDX-License-Identifier: Apache-2.0
// Updates whose products round factors to bfloat16 (8 bits), against float32's.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sac/fused/kernels.h"
#include "sac/sac_agent.h"
#include "tests/sac/update_problem.h"
#include "tests/testing/instruction_sets.h"

namespace softfleet {
namespace {

class BFloat16UpdateTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    for (const auto* kernels :
         fused::AvailableKernels<float>(fused::MatrixPrecision::kBFloat16)) {
      if (kernels->name == std::string(GetParam())) return;
    }
    GTEST_SKIP() << "this processor has no " << GetParam();
  }
};
INSTANTIATE_TEST_SUITE_P(All, BFloat16UpdateTest,
                         ::testing::Values("amx_bf16", "avx512_bf16"),
                         [](const auto& info) { return info.param; });

SacOptions Options(SacOptions::Precision precision) {
  SacOptions options;
  options.precision = precision;
  options.observation_dim = 17;
  options.action_dim = 6;
  options.actor_hidden = options.critic_hidden = {64, 48};
  options.target_entropy = -6;
  return options;
}

struct Ran {
  SacTrace trace;
  SacStatistics statistics;
};

// The last of some updates, products in bfloat16 on that instruction set; or
// in float32 if null.
Ran Update(const char* bfloat16, int updates) {
  const testing::ScopedInstructionSet forced(bfloat16);
  const SacOptions options =
      Options(bfloat16 == nullptr ? SacOptions::Precision::kFloat32
                                  : SacOptions::Precision::kBFloat16);
  const auto agent = SacAgent::Create(options, 3).value();
  Ran ran;
  for (int t = 0; t < updates; ++t) {
    const UpdateProblem problem(options, 128, t);
    EXPECT_TRUE(agent
                    ->Update(problem.batch(), problem.draws(), &ran.statistics,
                             &ran.trace)
                    .ok());
  }
  return ran;
}

// The size of a - b beside that of b.
double RelativeError(const std::vector<double>& a,
                     const std::vector<double>& b) {
  double error = 0, size = 0;
  for (size_t i = 0; i < b.size(); ++i) {
    error += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return std::sqrt(error / size);
}

// Factors are off by at most 2^-9. Small sums, and units that ReLU switches the
// other way, make more of that on the way back: some per cent in first layers.
TEST_P(BFloat16UpdateTest, GradientsAreThoseOfFloat32ButForRoundedFactors) {
  const Ran rounded = Update(GetParam(), 1);
  const Ran full = Update(nullptr, 1);
  int compared = 0;
  for (const auto& [name, values] : full.trace) {
    if (!absl::StartsWith(name, "grad/") || !absl::EndsWith(name, ".weight")) {
      continue;
    }
    const double error = RelativeError(rounded.trace.at(name), values);
    EXPECT_LE(error, 0.1) << name;
    EXPECT_GE(error, 1e-5) << name << ": nothing was rounded";
    ++compared;
  }
  EXPECT_EQ(compared, 4 + 2 * 3);
}

TEST_P(BFloat16UpdateTest, AHundredUpdatesLowerTheLossAsFloat32Does) {
  const double before = Update(nullptr, 1).statistics.critic_loss;
  const double rounded = Update(GetParam(), 100).statistics.critic_loss;
  const double full = Update(nullptr, 100).statistics.critic_loss;
  EXPECT_LE(full, 0.95 * before);
  EXPECT_NEAR(rounded, full, 0.05 * (before - full));
}

}  // namespace
}  // namespace softfleet
