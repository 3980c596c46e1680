// SPDX-License-Identifier: Apache-2.0
// Acting with the initial parameters of every recorded update case gives the
// recorded distribution, actions and log-probabilities.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/policy.h"
#include "tests/policy/snapshots.h"
#include "tests/testing/golden.h"

namespace softfleet::testing {
namespace {

// The policy runs in float, the reference in double. Rounding in the network
// leaves 1.8e-7 in mean, log_std, action or log-probability of this data at
// worst (sac_real; the clamped case no more: its log_std is exact at a limit).
// Where log_std is just below its limit of 2 the log-probability feels an error
// of it 2 std |noise|, some 30, times: hence a margin of that size.
constexpr double kTolerance = 5e-6;

// The cases the README lists; others found beside them are compared too.
const std::set<std::string>& RequiredCases() {
  static const auto& names = *new std::set<std::string>{"sac_real",
                                                        "sac_tiny",
                                                        "sac_tiny_bounded",
                                                        "sac_tiny_clamp",
                                                        "sac_tiny_delay",
                                                        "sac_tiny_discrete",
                                                        "sac_tiny_fixed_alpha",
                                                        "sac_tiny_layernorm",
                                                        "sac_tiny_nstep",
                                                        "sac_tiny_per",
                                                        "sac_tiny_redq"};
  return names;
}

bool IsPolicyCase(const GoldenCase& golden) {
  if (!golden.json.contains("config")) return false;
  const std::string kind = golden.config().at("kind");
  return kind == "gaussian" || kind == "discrete";
}

std::vector<GoldenCase> LoadPolicyCases() {
  const std::vector<std::string> found = GoldenCaseNames().value();
  std::set<std::string> names = RequiredCases();
  names.insert(found.begin(), found.end());
  std::vector<GoldenCase> cases;
  for (const std::string& name : names) {
    GoldenCase golden = LoadGoldenCase(name).value();
    if (IsPolicyCase(golden)) cases.push_back(std::move(golden));
  }
  return cases;
}

std::vector<float> ToFloat(const std::vector<double>& numbers) {
  return {numbers.begin(), numbers.end()};
}

std::string InitName(const std::string& tensor) {
  return "init/param/" + tensor;
}

void CopyTensor(const GoldenCase& golden, const std::string& name,
                Snapshot* snapshot) {
  snapshot->tensors[name] =
      Tensor::From(ToFloat(GoldenArray(golden, InitName(name))),
                   GoldenShape(golden, InitName(name)));
}

void AddRecordedLayer(const GoldenCase& golden, const std::string& kind,
                      const std::string& name, Snapshot* snapshot) {
  snapshot->layers.push_back({kind, name});
  CopyTensor(golden, name + ".weight", snapshot);
  CopyTensor(golden, name + ".bias", snapshot);
}

// The snapshot's last layer has the rows of mean, then those of log_std.
void AddGaussianOutput(const GoldenCase& golden, Snapshot* snapshot) {
  snapshot->layers.push_back({"linear", "actor/out"});
  for (const std::string part : {".weight", ".bias"}) {
    const std::string mean = InitName("actor/mean" + part);
    std::vector<float> rows = ToFloat(GoldenArray(golden, mean));
    const std::vector<float> log_std =
        ToFloat(GoldenArray(golden, InitName("actor/log_std" + part)));
    rows.insert(rows.end(), log_std.begin(), log_std.end());
    Shape shape = GoldenShape(golden, mean);
    shape[0] *= 2;
    snapshot->tensors["actor/out" + part] = Tensor::From(rows, shape);
  }
}

Snapshot RecordedActor(const GoldenCase& golden) {
  const nlohmann::json& config = golden.config();
  const bool discrete = config.at("kind") == "discrete";
  Snapshot snapshot;
  snapshot.schema = discrete
                        ? DiscreteSchema(config.at("obs"), config.at("act"))
                        : ContinuousSchema(config.at("obs"), config.at("act"));
  for (size_t i = 0; i < config.at("hidden").size(); ++i) {
    AddRecordedLayer(golden, "linear", absl::StrCat("actor/l", i), &snapshot);
    const std::string norm = absl::StrCat("actor/ln", i);
    if (HasGoldenArray(golden, InitName(norm + ".weight"))) {
      AddRecordedLayer(golden, "layer_norm", norm, &snapshot);
    }
    AddRelu(&snapshot);
  }
  if (discrete) {
    AddRecordedLayer(golden, "linear", "actor/logits", &snapshot);
    snapshot.head.kind = "categorical";
    return snapshot;
  }
  AddGaussianOutput(golden, &snapshot);
  snapshot.head = {"squashed_gaussian", config.value("log_std_mode", "clamp"),
                   config.at("log_std_min"), config.at("log_std_max")};
  return snapshot;
}

// Rows of [n, 2 dimension] as [n, dimension]: the means or the log_stds.
std::vector<float> Half(const std::vector<float>& rows, int64_t dimension,
                        int64_t half) {
  std::vector<float> result;
  for (auto row = rows.begin() + half * dimension; row < rows.end();
       row += 2 * dimension) {
    result.insert(result.end(), row, row + dimension);
  }
  return result;
}

void CompareGaussian(const GoldenCase& golden, const std::string& recorded,
                     const std::string& noise_name,
                     const std::vector<float>& observations, Policy* policy) {
  const int64_t dimension = golden.config().at("act");
  const int64_t n = GoldenShape(golden, recorded + "logp").front();
  std::vector<float> parameters;
  ASSERT_TRUE(policy->Distribution(observations, n, &parameters).ok());
  PolicyOutput output;
  const absl::Status status =
      policy->Act(observations, n, ActionMode::kStochastic,
                  ToFloat(GoldenSlice(golden, noise_name, 0)), &output);
  ASSERT_TRUE(status.ok()) << status;

  const auto error = [&](const char* array, const auto& actual) {
    return MaxRelativeError(GoldenArray(golden, recorded + array), actual);
  };
  EXPECT_LE(error("mean", Half(parameters, dimension, 0)), kTolerance);
  EXPECT_LE(error("log_std", Half(parameters, dimension, 1)), kTolerance);
  EXPECT_LE(error("action", output.actions), kTolerance);
  EXPECT_LE(error("logp", output.log_probabilities), kTolerance);
}

double Entropy(const std::vector<double>& probabilities) {
  double entropy = 0;
  for (const double p : probabilities) entropy -= p > 0 ? p * std::log(p) : 0;
  return entropy;
}

void CompareCategorical(const GoldenCase& golden, const std::string& recorded,
                        const std::vector<float>& observations,
                        Policy* policy) {
  const int64_t n = GoldenShape(golden, recorded + "pi").front();
  std::vector<float> log_probabilities;
  ASSERT_TRUE(policy->Distribution(observations, n, &log_probabilities).ok());
  EXPECT_LE(MaxRelativeError(GoldenArray(golden, recorded + "log_pi"),
                             log_probabilities),
            kTolerance);

  PolicyOutput output;
  ASSERT_TRUE(
      policy->Act(observations, n, ActionMode::kDeterministic, {}, &output)
          .ok());
  for (int64_t row = 0; row < n; ++row) {
    const std::vector<double> log_pi =
        GoldenSlice(golden, recorded + "log_pi", row);
    const double chosen = log_pi.at(output.discrete_actions[row]);
    EXPECT_NEAR(chosen, *std::max_element(log_pi.begin(), log_pi.end()),
                kTolerance);
    EXPECT_NEAR(output.log_probabilities[row], chosen, kTolerance);
    EXPECT_NEAR(output.entropies[row],
                Entropy(GoldenSlice(golden, recorded + "pi", row)), kTolerance);
  }
}

// What update 1 recorded at the batch's states ("pi") or next states ("next").
void ComparePhase(const GoldenCase& golden, const std::string& phase,
                  const std::string& prefix, Policy* policy) {
  SCOPED_TRACE(golden.name + " " + phase);
  const std::string recorded = absl::StrCat("after1/", phase, "/");
  const std::vector<float> observations =
      ToFloat(GoldenSlice(golden, absl::StrCat("batch/", prefix, "obs"), 0));
  if (golden.config().at("kind") == "discrete") {
    CompareCategorical(golden, recorded, observations, policy);
  } else {
    CompareGaussian(golden, recorded, absl::StrCat("batch/", prefix, "noise"),
                    observations, policy);
  }
}

TEST(PolicyGoldenTest, ActsAsRecordedInEveryUpdateCase) {
  for (const GoldenCase& golden : LoadPolicyCases()) {
    const std::unique_ptr<Policy> policy = MakePolicy(RecordedActor(golden));
    ComparePhase(golden, "next", "next_", policy.get());
    // A delayed actor does not look at the batch's states in update 1.
    const bool delayed = golden.config().value("policy_delay", 1) > 1;
    if (!delayed) ComparePhase(golden, "pi", "", policy.get());
  }
}

}  // namespace
}  // namespace softfleet::testing
