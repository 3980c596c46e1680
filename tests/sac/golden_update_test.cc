// SPDX-License-Identifier: Apache-2.0
// Plays the recorded update cases (tests/data/golden/README.md) through
// SacAgent and compares every recorded array and scalar.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "sac/sac_agent.h"
#include "tests/testing/golden.h"
#include "tests/testing/instruction_sets.h"

namespace softfleet {
namespace {

using ::softfleet::testing::GoldenArray;
using ::softfleet::testing::GoldenCase;
using ::softfleet::testing::GoldenCaseNames;
using ::softfleet::testing::GoldenShape;
using ::softfleet::testing::GoldenSlice;
using ::softfleet::testing::HasGoldenArray;
using ::softfleet::testing::InstructionSetTestName;
using ::softfleet::testing::kInstructionSets;
using ::softfleet::testing::LoadGoldenCase;
using ::softfleet::testing::MaxRelativeError;
using ::softfleet::testing::ScopedInstructionSet;

constexpr double kDoubleTolerance = 1e-12;
// The files say what torch itself loses in float32; another order of
// summation may lose some times that.
constexpr double kFloatFactor = 10;

const char* const kCases[] = {"sac_tiny",
                              "sac_tiny_clamp",
                              "sac_tiny_layernorm",
                              "sac_tiny_redq",
                              "sac_tiny_discrete",
                              "sac_tiny_delay",
                              "sac_tiny_fixed_alpha",
                              "sac_tiny_nstep",
                              "sac_tiny_per",
                              "sac_tiny_bounded",
                              "sac_real"};

constexpr const char* kReference = "reference";

template <typename T>
std::vector<T> As(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

using Engine = SacOptions::Engine;

SacOptions OptionsOf(const GoldenCase& golden, Engine engine,
                     SacOptions::Precision precision) {
  const nlohmann::json& config = golden.config();
  SacOptions options;
  options.engine = engine;
  options.continuous = config.at("kind") == "gaussian";
  options.observation_dim = config.at("obs");
  options.action_dim = config.at("act");
  options.actor_hidden = config.at("hidden").get<std::vector<int64_t>>();
  options.critic_hidden = options.actor_hidden;
  options.gamma = config.at("gamma");
  options.tau = config.at("tau");
  options.actor_learning_rate = config.at("lr");
  options.critic_learning_rate = config.at("lr");
  options.alpha_learning_rate = config.at("lr");
  options.adam_beta1 = config.at("beta1");
  options.adam_beta2 = config.at("beta2");
  options.adam_epsilon = config.at("adam_eps");
  options.alpha_mode = config.value("alpha_mode", "auto") == "fixed"
                           ? SacOptions::AlphaMode::kFixed
                           : SacOptions::AlphaMode::kAuto;
  options.alpha_init = config.at("alpha0");
  options.target_entropy = config.value("target_entropy", 0.0);
  options.log_std_mode = config.value("log_std_mode", "clamp") == "bounded"
                             ? SacOptions::LogStdMode::kBounded
                             : SacOptions::LogStdMode::kClamp;
  options.log_std_min = config.at("log_std_min");
  options.log_std_max = config.at("log_std_max");
  options.num_critics = config.at("n_critics");
  options.target_subset = config.value("subset", 0);
  options.actor_aggregate = config.at("actor_q") == "mean"
                                ? SacOptions::Aggregate::kMean
                                : SacOptions::Aggregate::kMin;
  options.critic_layer_norm = config.at("layernorm");
  options.policy_delay = config.value("policy_delay", 1);
  options.priority_epsilon = config.value("priority_eps", 1e-6);
  options.precision = precision;
  return options;
}

// The initial parameters and targets, as SacAgent::SetState takes them.
TensorMap InitialState(const GoldenCase& golden) {
  TensorMap state;
  for (const auto& [name, tensor] : golden.arrays.tensors) {
    if (!absl::StartsWith(name, "init/")) continue;
    state[std::string(absl::StripPrefix(name, "init/"))] = tensor;
  }
  return state;
}

// Batch and draws of one update, owned.
struct Inputs {
  Inputs(const GoldenCase& golden, const SacOptions& options, int64_t t) {
    const auto slice = [&](const std::string& name) {
      return HasGoldenArray(golden, "batch/" + name)
                 ? GoldenSlice(golden, "batch/" + name, t)
                 : std::vector<double>();
    };
    observations = As<float>(slice("obs"));
    next_observations = As<float>(slice("next_obs"));
    rewards = slice("rew");
    terminated = As<uint8_t>(slice("terminated"));
    discounts = slice("discount");
    if (discounts.empty()) discounts.assign(rewards.size(), options.gamma);
    weights = slice("weight");
    noise = As<float>(slice("noise"));
    next_noise = As<float>(slice("next_noise"));
    subset = As<int64_t>(slice("subset"));
    (options.continuous ? actions : indices) = slice("act");
    float_actions = As<float>(actions);
    discrete_actions = As<int64_t>(indices);
  }

  SacBatch batch() const {
    return {static_cast<int64_t>(rewards.size()),
            observations,
            float_actions,
            discrete_actions,
            rewards,
            discounts,
            terminated,
            next_observations,
            weights};
  }
  SacDraws draws() const { return {noise, next_noise, subset}; }

  std::vector<float> observations, next_observations, float_actions, noise,
      next_noise;
  std::vector<double> rewards, discounts, weights, actions, indices;
  std::vector<int64_t> discrete_actions, subset;
  std::vector<uint8_t> terminated;
};

// Sum, sum of |x|, Euclidean norm, sum x_i cos(0.7 i + 0.3).
std::vector<double> Stats(const std::vector<double>& x) {
  std::vector<double> stats(4);
  for (size_t i = 0; i < x.size(); ++i) {
    stats[0] += x[i];
    stats[1] += std::abs(x[i]);
    stats[2] += x[i] * x[i];
    stats[3] += x[i] * std::cos(0.7 * static_cast<double>(i) + 0.3);
  }
  stats[2] = std::sqrt(stats[2]);
  return stats;
}

std::vector<double> Samples(const std::vector<double>& x) {
  if (x.size() <= 32) return x;
  std::vector<double> samples;
  for (size_t j = 0; j < 32; ++j) samples.push_back(x[j * x.size() / 32]);
  return samples;
}

// Everything we know after an update, by the golden files' names.
std::map<std::string, std::vector<double>> Known(const SacAgent& agent,
                                                 const SacTrace& trace) {
  std::map<std::string, std::vector<double>> known = trace;
  for (const auto& [name, tensor] : agent.Save()) {
    known[std::string(absl::StripPrefix(name, "param/"))] = {};
    known[name] = tensor.AsDouble();
  }
  known["log_alpha.after"] = known["log_alpha"];
  return known;
}

// The value of golden array `name` (with its suffix) computed from ours.
std::vector<double> Ours(
    const std::map<std::string, std::vector<double>>& known,
    const std::string& name) {
  const std::string base = name.substr(0, name.find('@'));
  const auto found = known.find(base);
  if (found == known.end()) return {};
  if (absl::EndsWith(name, "@stats")) return Stats(found->second);
  if (absl::EndsWith(name, "@samples")) return Samples(found->second);
  return found->second;
}

using Tolerance = std::function<double(int64_t t, const std::string& name)>;

void CompareRecorded(const GoldenCase& golden, int64_t t, const SacAgent& agent,
                     const SacTrace& trace, const Tolerance& tolerance) {
  const auto known = Known(agent, trace);
  const std::string prefix = absl::StrCat("after", t, "/");
  int compared = 0;
  for (const auto& [name, tensor] : golden.arrays.tensors) {
    if (!absl::StartsWith(name, prefix)) continue;
    const std::string array(absl::StripPrefix(name, prefix));
    const double allowed = tolerance(t, array);
    if (allowed < 0) continue;
    EXPECT_LE(MaxRelativeError(tensor.AsDouble(), Ours(known, array)), allowed)
        << golden.name << " " << name;
    ++compared;
  }
  EXPECT_GT(compared, 0) << golden.name << " records nothing under " << prefix;
}

void CompareScalars(const GoldenCase& golden, int64_t t,
                    const SacStatistics& statistics, const SacAgent& agent,
                    double tolerance) {
  const std::map<std::string, double> ours = {
      {"alpha_used", statistics.alpha},
      {"alpha_loss", statistics.alpha_loss},
      {"critic_loss", statistics.critic_loss},
      {"actor_loss", statistics.actor_loss},
      {"log_alpha_after", agent.Save().at("log_alpha").AsDouble()[0]},
      {"mean_logp", -statistics.entropy},
      {"mean_entropy", statistics.entropy},
      {"actor_updated", statistics.actor_updated ? 1.0 : 0.0}};
  const std::set<std::string> of_the_actor = {"alpha_loss", "actor_loss",
                                              "mean_logp", "mean_entropy"};
  int compared = 0;
  for (const auto& [name, value] : ours) {
    if (!HasGoldenArray(golden, "scalars/" + name)) continue;
    ++compared;
    if (!statistics.actor_updated && of_the_actor.contains(name)) continue;
    const double expected = GoldenArray(golden, "scalars/" + name)[t];
    EXPECT_LE(std::abs(value - expected),
              tolerance * std::max(1.0, std::abs(expected)))
        << golden.name << " scalars/" << name << " of update " << t + 1;
  }
  EXPECT_GE(compared, 4) << golden.name;
}

void PlayCase(const std::string& name, Engine engine,
              SacOptions::Precision precision, const Tolerance& tolerance,
              double scalar_tolerance) {
  const GoldenCase golden = LoadGoldenCase(name).value();
  const SacOptions options = OptionsOf(golden, engine, precision);
  auto agent = SacAgent::Create(options, 1).value();
  ASSERT_TRUE(agent->SetState(InitialState(golden)).ok());
  const int64_t updates = golden.config().at("updates");
  const auto recorded =
      golden.json.at("recorded_updates").get<std::set<int64_t>>();
  ASSERT_FALSE(recorded.empty());
  ASSERT_LE(*recorded.rbegin(), updates);
  for (int64_t t = 0; t < updates; ++t) {
    const Inputs inputs(golden, options, t);
    SacStatistics statistics;
    SacTrace trace;
    const bool record = recorded.contains(t + 1);
    ASSERT_TRUE(agent
                    ->Update(inputs.batch(), inputs.draws(), &statistics,
                             record ? &trace : nullptr)
                    .ok());
    CompareScalars(golden, t, statistics, *agent, scalar_tolerance);
    if (record) CompareRecorded(golden, t + 1, *agent, trace, tolerance);
  }
}

// By the reference, or by the fused update on one instruction set.
class GoldenUpdate
    : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {
 protected:
  static const char* name() { return std::get<0>(GetParam()); }
  static const char* by() { return std::get<1>(GetParam()); }
  static Engine engine() {
    return by() == kReference ? Engine::kReference : Engine::kFused;
  }
  void SetUp() override {
    if (engine() == Engine::kReference) return;
    SKIP_WITHOUT_INSTRUCTION_SET(by());
    forced_.emplace(by());
  }

 private:
  std::optional<ScopedInstructionSet> forced_;
};

TEST_P(GoldenUpdate, InDoubleEveryRecordedNumberAgrees) {
  PlayCase(
      name(), engine(), SacOptions::Precision::kFloat64,
      [](int64_t, const std::string&) { return kDoubleTolerance; },
      kDoubleTolerance);
}

TEST_P(GoldenUpdate, InFloatParametersStayWithinTorchsOwnDeviation) {
  const GoldenCase golden = LoadGoldenCase(name()).value();
  const nlohmann::json& deviation =
      golden.json.at("float32_max_abs_deviation_of_torch");
  PlayCase(
      name(), engine(), SacOptions::Precision::kFloat32,
      [&](int64_t t, const std::string& name) -> double {
        if (absl::EndsWith(name, "@stats")) return -1;  // sums of errors
        const auto& after = deviation.at(absl::StrCat("after_", t));
        for (const auto& [prefix, allowed] : after.items()) {
          if (absl::StartsWith(name, prefix)) {
            return kFloatFactor * allowed.get<double>();
          }
        }
        return -1;  // the files give no float32 figure for this array
      },
      1e-3);
}

INSTANTIATE_TEST_SUITE_P(Reference, GoldenUpdate,
                         ::testing::Combine(::testing::ValuesIn(kCases),
                                            ::testing::Values(kReference)),
                         [](const auto& info) {
                           return std::get<0>(info.param);
                         });
INSTANTIATE_TEST_SUITE_P(
    Fused, GoldenUpdate,
    ::testing::Combine(::testing::ValuesIn(kCases),
                       ::testing::ValuesIn(kInstructionSets)),
    [](const auto& info) {
      return absl::StrCat(std::get<0>(info.param), "_",
                          InstructionSetTestName(std::get<1>(info.param)));
    });

// Another set of the same layout may hold more cases than ours.
TEST(GoldenUpdates, EveryOtherUpdateCaseOfTheDirectoryAgreesToo) {
  const std::set<std::string> played(std::begin(kCases), std::end(kCases));
  const std::vector<std::string> names = GoldenCaseNames().value();
  ASSERT_FALSE(names.empty());
  for (const std::string& name : names) {
    const nlohmann::json json = LoadGoldenCase(name).value().json;
    if (played.contains(name) || !json.contains("config")) continue;
    if (json["config"].value("kind", "") == "td3") continue;
    for (Engine engine : {Engine::kFused, Engine::kReference}) {
      PlayCase(
          name, engine, SacOptions::Precision::kFloat64,
          [](int64_t, const std::string&) { return kDoubleTolerance; },
          kDoubleTolerance);
    }
  }
}

}  // namespace
}  // namespace softfleet
