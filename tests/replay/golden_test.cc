// SPDX-License-Identifier: Apache-2.0
// The tables `nstep` and `per` of the golden vectors.
#include "tests/testing/golden.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <regex>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "experience/step_block_builder.h"
#include "replay/prioritization.h"
#include "replay/table.h"

namespace softfleet {
namespace {

using testing::GoldenArray;
using testing::GoldenCase;
using testing::LoadGoldenCase;
using testing::MaxRelativeError;

constexpr double kTolerance = 1e-12;

void ExpectGolden(const GoldenCase& golden, const std::string& array,
                  const std::vector<double>& actual) {
  EXPECT_LE(MaxRelativeError(GoldenArray(golden, array), actual), kTolerance)
      << array;
}

// An environment whose observations name their step: 2 i before step i, and
// 2 i + 1 after it where it ended the episode.
class GoldenSteps {
 public:
  explicit GoldenSteps(const GoldenCase& golden)
      : rewards_(GoldenArray(golden, "rew")),
        terminated_(GoldenArray(golden, "terminated")),
        truncated_(GoldenArray(golden, "truncated")) {
    schema_.observations = {{"state", DType::kF32, {1}}};
    schema_.action = {ActionSpec::Kind::kContinuous, 1, 0};
  }

  size_t size() const { return rewards_.size(); }
  const Schema& schema() const { return schema_; }
  bool Ends(size_t i) const {
    return terminated_[i] != 0 || truncated_[i] != 0;
  }

  // All steps, in blocks of at most `rows` rows.
  std::unique_ptr<Table> StoreInBlocksOf(int64_t rows) const {
    auto table = Table::Create({.schema = schema_}).value();
    StepBlockBuilder builder(schema_, /*environment=*/3, rows);
    for (size_t i = 0; i < size(); ++i) {
      if (i == 0 || Ends(i - 1)) Begin(builder, i);
      const float next = Ends(i) ? 2.0f * i + 1 : 2.0f * (i + 1);
      const float action = 0;
      Show(builder, next);
      EXPECT_TRUE(builder
                      .Append({.action = {&action, 1},
                               .reward = static_cast<float>(rewards_[i]),
                               .terminated = terminated_[i] != 0,
                               .truncated = truncated_[i] != 0,
                               .policy_version = 1})
                      .ok());
      if (builder.due()) Store(*table, builder);
    }
    Store(*table, builder);
    return table;
  }

  static double StepBefore(float observation) {
    const int number = static_cast<int>(observation);
    return number % 2 == 1 ? (number - 1) / 2 : number / 2 - 1;
  }

 private:
  static void Show(StepBlockBuilder& builder, float observation) {
    std::memcpy(builder.room()[0].data(), &observation, sizeof(observation));
  }
  static void Begin(StepBlockBuilder& builder, size_t step) {
    Show(builder, 2.0f * step);
    ASSERT_TRUE(builder.Begin(/*episode=*/step).ok());
  }
  static void Store(Table& table, StepBlockBuilder& builder) {
    StepBlock block;
    if (!builder.Cut(&block)) return;
    ASSERT_TRUE(table.Append(block).ok());
  }

  Schema schema_;
  std::vector<double> rewards_, terminated_, truncated_;
};

// The ids of all rows, in the order they were appended.
std::vector<uint64_t> AllIds(const Table& table) {
  std::vector<uint64_t> ids;
  TransitionBatch batch;
  for (uint64_t id = 0; ids.size() < table.rows_appended(); ++id) {
    if (table.Gather({&id, 1}, 1, 1, &batch).ok()) ids.push_back(id);
  }
  return ids;
}

void ExpectGoldenNStep(const GoldenCase& golden, const GoldenSteps& steps,
                       const Table& table, int n) {
  const double gamma = golden.json.at("gamma").get<double>();
  const std::vector<double> values = GoldenArray(golden, "v_final_obs");
  TransitionBatch batch;
  ASSERT_TRUE(table.Gather(AllIds(table), n, gamma, &batch).ok());
  std::vector<double> used, bootstrap, discount, target, complete;
  for (size_t i = 0; i < steps.size(); ++i) {
    used.push_back(batch.steps[i]);
    bootstrap.push_back(GoldenSteps::StepBefore(batch.next_observations[i]));
    discount.push_back(batch.discounts[i] * (1 - batch.terminated[i]));
    const size_t last = static_cast<size_t>(bootstrap.back());
    target.push_back(batch.returns[i] + discount.back() * values.at(last));
    complete.push_back(batch.steps[i] == n || steps.Ends(last));
  }
  const std::string prefix = absl::StrCat("n", n, "/");
  ExpectGolden(golden, prefix + "return", batch.returns);
  ExpectGolden(golden, prefix + "k_eff", used);
  ExpectGolden(golden, prefix + "bootstrap_step", bootstrap);
  ExpectGolden(golden, prefix + "discount", discount);
  ExpectGolden(golden, prefix + "target", target);
  ExpectGolden(golden, prefix + "complete", complete);
}

// The n for which the case has arrays.
std::vector<int> GoldenHorizons(const GoldenCase& golden) {
  std::vector<int> horizons;
  const std::regex pattern("n([0-9]+)/return");
  for (const auto& [name, tensor] : golden.arrays.tensors) {
    std::smatch match;
    if (std::regex_match(name, match, pattern)) {
      horizons.push_back(std::stoi(match[1]));
    }
  }
  return horizons;
}

TEST(ReplayGolden, NStepReturnsDoNotDependOnHowBlocksAreCut) {
  const GoldenCase golden = LoadGoldenCase("nstep").value();
  const GoldenSteps steps(golden);
  const std::vector<int> horizons = GoldenHorizons(golden);
  ASSERT_FALSE(horizons.empty());
  for (const int64_t rows : {1, 3, 32}) {
    const auto table = steps.StoreInBlocksOf(rows);
    ASSERT_EQ(table->rows_appended(), steps.size());
    for (const int n : horizons) {
      SCOPED_TRACE(absl::StrCat(rows, " rows per block, n = ", n));
      ExpectGoldenNStep(golden, steps, *table, n);
    }
  }
}

TEST(ReplayGolden, PrioritiesProbabilitiesAndWeights) {
  const GoldenCase golden = LoadGoldenCase("per").value();
  const double exponent = golden.json.at("alpha").get<double>();
  const double importance = golden.json.at("beta").get<double>();
  const double epsilon = golden.json.at("epsilon").get<double>();
  const std::vector<double> errors = GoldenArray(golden, "td_error");
  ASSERT_FALSE(errors.empty());

  std::vector<double> priority, mass, probability, weight;
  for (const double error : errors) {
    priority.push_back(Priority(error, epsilon));
    mass.push_back(PriorityMass(priority.back(), exponent));
  }
  const double total = std::accumulate(mass.begin(), mass.end(), 0.0);
  for (const double m : mass) {
    probability.push_back(m / total);
    weight.push_back(
        ImportanceWeight(probability.back(), errors.size(), importance));
  }
  ExpectGolden(golden, "priority", priority);
  ExpectGolden(golden, "mass", mass);
  ExpectGolden(golden, "total_mass", {total});
  ExpectGolden(golden, "probability", probability);
  ExpectGolden(golden, "weight_raw", weight);
  std::vector<double> over_buffer = weight;
  NormaliseByMax(over_buffer);
  ExpectGolden(golden, "weight_max_over_buffer", over_buffer);

  std::vector<double> index, over_batch;
  for (const double u : GoldenArray(golden, "sample_u")) {
    const size_t i = SelectIndex(mass, u);
    index.push_back(static_cast<double>(i));
    over_batch.push_back(weight[i]);
  }
  NormaliseByMax(over_batch);
  ExpectGolden(golden, "sample_index", index);
  ExpectGolden(golden, "sample_weight_max_over_batch", over_batch);
}

}  // namespace
}  // namespace softfleet
