// SPDX-License-Identifier: Apache-2.0
// What a policy's answers are; snapshots it refuses are in
// malformed_snapshot_test.cc.
#include "policy/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/philox.h"
#include "tests/policy/snapshots.h"

namespace softfleet {
namespace {

using testing::ConstantSnapshot;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MakePolicy;
using testing::RandomNormals;
using testing::SmallSnapshot;

constexpr ActionSpec kOneDimension = {ActionSpec::Kind::kContinuous, 1, 0};

PolicyOutput Act(Policy& policy, const std::vector<float>& observations,
                 int64_t n, ActionMode mode = ActionMode::kDeterministic,
                 const std::vector<float>& noise = {}) {
  PolicyOutput output;
  const absl::Status status = policy.Act(observations, n, mode, noise, &output);
  EXPECT_TRUE(status.ok()) << status;
  return output;
}

std::vector<float> DistributionOf(Policy& policy,
                                  const std::vector<float>& observations,
                                  int64_t n) {
  std::vector<float> parameters;
  const absl::Status status = policy.Distribution(observations, n, &parameters);
  EXPECT_TRUE(status.ok()) << status;
  return parameters;
}

// ---- The network ----

using Vector = std::vector<double>;

Vector SlowLinear(const Snapshot& snapshot, const std::string& name,
                  const Vector& input) {
  const Vector weight = snapshot.tensors.at(name + ".weight").AsDouble();
  Vector output = snapshot.tensors.at(name + ".bias").AsDouble();
  for (size_t i = 0; i < output.size(); ++i) {
    for (size_t j = 0; j < input.size(); ++j) {
      output[i] += weight[i * input.size() + j] * input[j];
    }
  }
  return output;
}

Vector SlowLayerNorm(const Snapshot& snapshot, const std::string& name,
                     const Vector& input) {
  const Vector weight = snapshot.tensors.at(name + ".weight").AsDouble();
  const Vector bias = snapshot.tensors.at(name + ".bias").AsDouble();
  double mean = 0;
  for (const double x : input) mean += x / input.size();
  double variance = 0;
  for (const double x : input) variance += std::pow(x - mean, 2) / input.size();
  Vector output;
  for (size_t i = 0; i < input.size(); ++i) {
    output.push_back(
        (input[i] - mean) / std::sqrt(variance + 1e-5) * weight[i] + bias[i]);
  }
  return output;
}

// One row through the layer list, in double, one number at a time.
Vector SlowForward(const Snapshot& snapshot, Vector row) {
  for (const Layer& layer : snapshot.layers) {
    if (layer.kind == "linear") row = SlowLinear(snapshot, layer.tensors, row);
    if (layer.kind == "layer_norm") {
      row = SlowLayerNorm(snapshot, layer.tensors, row);
    }
    if (layer.kind == "relu") {
      for (double& x : row) x = std::max(x, 0.0);
    }
  }
  return row;
}

// A network of random depth and widths over all layer kinds.
Snapshot RandomNetwork(const Schema& schema, Philox* random) {
  Snapshot snapshot = SmallSnapshot(schema);
  snapshot.layers.clear();
  int64_t features = schema.ObservationElements();
  const uint64_t hidden = random->NextBelow(4);
  for (uint64_t i = 0; i < hidden; ++i) {
    const std::string index = std::to_string(i);
    const auto outputs = static_cast<int64_t>(1 + random->NextBelow(40));
    testing::AddLinear("actor/l" + index, features, outputs, random, &snapshot);
    if (random->NextBelow(2) == 0) {
      testing::AddLayerNorm("actor/ln" + index, outputs, random, &snapshot);
    }
    testing::AddRelu(&snapshot);
    features = outputs;
  }
  testing::AddLinear("actor/out", features, 2 * schema.action.dimension, random,
                     &snapshot);
  snapshot.head.log_std_max = 1e6;  // nothing is clamped
  snapshot.head.log_std_min = -1e6;
  return snapshot;
}

TEST(PolicyTest, NetworksEqualAStraightforwardComputation) {
  Philox random(2, Purpose::kTest);
  for (int trial = 0; trial < 300; ++trial) {
    const auto observations = static_cast<int64_t>(1 + random.NextBelow(20));
    const auto dimension = static_cast<int64_t>(1 + random.NextBelow(6));
    const auto n = static_cast<int64_t>(random.NextBelow(6));
    const Snapshot snapshot = RandomNetwork(
        testing::ContinuousSchema(observations, dimension), &random);
    const std::vector<float> rows = RandomNormals(n * observations, &random);
    const std::vector<float> actual =
        DistributionOf(*MakePolicy(snapshot), rows, n);
    Vector expected;
    for (auto row = rows.begin(); row != rows.end(); row += observations) {
      const Vector outputs =
          SlowForward(snapshot, Vector(row, row + observations));
      expected.insert(expected.end(), outputs.begin(), outputs.end());
    }
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < actual.size(); ++i) {
      // Layer norm over two equal features divides rounding by sqrt(1e-5).
      ASSERT_NEAR(actual[i], expected[i],
                  1e-4 * std::max(1.0, std::abs(expected[i])))
          << "seed 2, trial " << trial;
    }
  }
}

TEST(PolicyTest, LayerNormAddsEpsilonToTheBiasedVariance) {
  Snapshot snapshot = SmallSnapshot(testing::ContinuousSchema(2, 1));
  snapshot.layers = {{"layer_norm", "actor/ln0"}, {"linear", "actor/out"}};
  snapshot.tensors["actor/ln0.weight"] =
      Tensor::From(std::vector<float>{1, 2}, {2});
  snapshot.tensors["actor/ln0.bias"] =
      Tensor::From(std::vector<float>{0, 0.5F}, {2});
  snapshot.tensors["actor/out.weight"] =
      Tensor::From(std::vector<float>{1, 0, 0, 1}, {2, 2});
  snapshot.tensors["actor/out.bias"] =
      Tensor::From(std::vector<float>{0, 0}, {2});
  // Mean 1, biased variance 1.6e-5: +-0.004 / sqrt(1.6e-5 + 1e-5).
  const std::vector<float> actual =
      DistributionOf(*MakePolicy(snapshot), {1.004F, 0.996F}, 1);
  EXPECT_NEAR(actual[0], 0.784465, 1e-4);
  EXPECT_NEAR(actual[1], 2 * -0.784465 + 0.5, 1e-4);
}

TEST(PolicyTest, ARowDoesNotDependOnItsBatchToTheLastBit) {
  constexpr int64_t kRows = 37;
  constexpr int64_t kObservations = 17;
  constexpr int64_t kDimension = 6;
  Philox random(3, Purpose::kTest);
  Snapshot snapshot =
      SmallSnapshot(testing::ContinuousSchema(kObservations, kDimension));
  const auto policy = MakePolicy(snapshot);
  const std::vector<float> observations =
      RandomNormals(kRows * kObservations, &random);
  const std::vector<float> noise = RandomNormals(kRows * kDimension, &random);
  const PolicyOutput all =
      Act(*policy, observations, kRows, ActionMode::kStochastic, noise);
  for (int64_t row = 0; row < kRows; ++row) {
    const auto observation = observations.begin() + row * kObservations;
    const auto row_noise = noise.begin() + row * kDimension;
    const auto action = all.actions.begin() + row * kDimension;
    const PolicyOutput one =
        Act(*policy, {observation, observation + kObservations}, 1,
            ActionMode::kStochastic, {row_noise, row_noise + kDimension});
    EXPECT_EQ(one.actions, std::vector<float>(action, action + kDimension));
    EXPECT_EQ(one.log_probabilities[0], all.log_probabilities[row]);
  }
}

TEST(PolicyTest, AnEmptyBatchGivesEmptyOutputs) {
  const auto policy = MakePolicy(ConstantSnapshot(kOneDimension, {0, 0}));
  const PolicyOutput output = Act(*policy, {}, 0, ActionMode::kStochastic);
  EXPECT_TRUE(output.actions.empty());
  EXPECT_TRUE(output.log_probabilities.empty());
}

// ---- Observations ----

TEST(PolicyTest, ObservationsAreNormalisedFrameByFrame) {
  Snapshot raw = SmallSnapshot([] {
    Schema schema = testing::ContinuousSchema(2, 1);
    schema.frame_stack = 3;
    return schema;
  }());
  Snapshot normalised = raw;
  normalised.normaliser = NormaliserState{5, {10, -1}, {4, 0.25}};
  const std::vector<float> observations = {12, -1, 8, -0.5F, 10, -2};
  const std::vector<float> by_hand = {1, 0, -1, 1, 0, -2};
  const std::vector<float> expected =
      DistributionOf(*MakePolicy(raw), by_hand, 1);
  const std::vector<float> actual =
      DistributionOf(*MakePolicy(normalised), observations, 1);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(actual[i], expected[i], 1e-5);
  }
}

// ---- Continuous actions ----

TEST(PolicyTest, DeterministicModeIsTanhOfTheMean) {
  Philox random(4, Purpose::kTest);
  const auto policy =
      MakePolicy(SmallSnapshot(testing::ContinuousSchema(5, 3)));
  const std::vector<float> observations = RandomNormals(8 * 5, &random);
  const std::vector<float> parameters =
      DistributionOf(*policy, observations, 8);
  const PolicyOutput output = Act(*policy, observations, 8);
  for (int64_t row = 0; row < 8; ++row) {
    for (int64_t i = 0; i < 3; ++i) {
      const double mean = parameters[row * 6 + i];
      EXPECT_EQ(output.actions[row * 3 + i],
                static_cast<float>(std::tanh(mean)));
    }
  }
}

TEST(PolicyTest, AStochasticActionAddsStdTimesNoiseBeforeTanh) {
  const auto policy =
      MakePolicy(ConstantSnapshot(kOneDimension, {0.25F, std::log(0.5F)}));
  const PolicyOutput output =
      Act(*policy, {0, 0}, 2, ActionMode::kStochastic, {-1, 2});
  EXPECT_FLOAT_EQ(output.actions[0], std::tanh(-0.25F));
  EXPECT_FLOAT_EQ(output.actions[1], std::tanh(1.25F));
}

TEST(PolicyTest, LogProbabilitySumsOverDimensionsAndIsMinusTheEntropy) {
  // (0; 0, 0), (1; 0, 0) of the unit vectors: -0.9189385, -0.5513769.
  const ActionSpec two = {ActionSpec::Kind::kContinuous, 2, 0};
  const auto policy = MakePolicy(ConstantSnapshot(two, {0, 0, 0, 0}));
  const PolicyOutput output =
      Act(*policy, {0}, 1, ActionMode::kStochastic, {0, 1});
  EXPECT_NEAR(output.log_probabilities[0],
              -0.9189385332046727 - 0.5513768722386183, 1e-14);
  EXPECT_EQ(output.entropies[0], -output.log_probabilities[0]);
}

TEST(PolicyTest, LogStdIsClampedOrBoundedAsTheHeadSays) {
  Snapshot snapshot = ConstantSnapshot(kOneDimension, {0, 3});
  EXPECT_THAT(DistributionOf(*MakePolicy(snapshot), {0}, 1), ElementsAre(0, 2));
  snapshot.head.log_std_min = 3.5;
  snapshot.head.log_std_max = 4;
  EXPECT_THAT(DistributionOf(*MakePolicy(snapshot), {0}, 1),
              ElementsAre(0, 3.5));
  snapshot.head = {"squashed_gaussian", "bounded", -5, 2};
  EXPECT_FLOAT_EQ(DistributionOf(*MakePolicy(snapshot), {0}, 1)[1],
                  static_cast<float>(-5 + 3.5 * (std::tanh(3.0) + 1)));
}

TEST(PolicyTest, SaturatedActionsStayInRangeWithAFiniteLogProbability) {
  for (const float mean : {-1e30F, -400.0F, 30.0F, 1e6F}) {
    const auto policy = MakePolicy(ConstantSnapshot(kOneDimension, {mean, 2}));
    const PolicyOutput output =
        Act(*policy, {0}, 1, ActionMode::kStochastic, {0.5F});
    EXPECT_EQ(std::abs(output.actions[0]), 1) << mean;
    EXPECT_TRUE(std::isfinite(output.log_probabilities[0])) << mean;
  }
}

TEST(PolicyTest, SampledActionsHaveTheDistributionsMoments) {
  constexpr int64_t kSamples = 100000;
  const auto policy =
      MakePolicy(ConstantSnapshot(kOneDimension, {0.3F, std::log(0.4F)}));
  Philox random(5, Purpose::kTest);
  const PolicyOutput output =
      Act(*policy, std::vector<float>(kSamples, 0), kSamples,
          ActionMode::kStochastic, RandomNormals(kSamples, &random));
  double sum = 0;
  double squares = 0;
  for (const float action : output.actions) {
    const double u = std::atanh(static_cast<double>(action));
    sum += u;
    squares += u * u;
  }
  const double mean = sum / kSamples;
  const double variance = squares / kSamples - mean * mean;
  // 4 standard errors of a mean and of a variance.
  EXPECT_NEAR(mean, 0.3, 4 * 0.4 / std::sqrt(kSamples)) << "seed 5";
  EXPECT_NEAR(variance, 0.16, 4 * 0.16 * std::sqrt(2.0 / kSamples));
}

// ---- Discrete actions ----

TEST(PolicyTest, DiscreteDeterministicModeTakesTheLowestOfTheBest) {
  const ActionSpec four = {ActionSpec::Kind::kDiscrete, 0, 4};
  const auto policy = MakePolicy(ConstantSnapshot(four, {0, 2, 1, 2}));
  const PolicyOutput output = Act(*policy, {0}, 1);
  EXPECT_THAT(output.discrete_actions, ElementsAre(1));
  EXPECT_TRUE(output.actions.empty());
}

TEST(PolicyTest, DiscreteSamplesFollowTheProbabilities) {
  const ActionSpec three = {ActionSpec::Kind::kDiscrete, 0, 3};
  const std::vector<double> p = {.6, .3, .1};
  std::vector<float> logits(p.size());  // shifted: only differences count
  std::transform(p.begin(), p.end(), logits.begin(),
                 [](double x) { return 7 + static_cast<float>(std::log(x)); });
  const auto policy = MakePolicy(ConstantSnapshot(three, logits));
  constexpr int64_t kSamples = 50000;
  std::vector<float> uniforms(kSamples);
  FillUniform(6, Purpose::kTest, 0, 0, uniforms);
  const PolicyOutput output = Act(*policy, std::vector<float>(kSamples, 0),
                                  kSamples, ActionMode::kStochastic, uniforms);
  double chi_square = 0;
  for (int32_t action = 0; action < 3; ++action) {
    const double expected = p[action] * kSamples;
    const auto count =
        static_cast<double>(std::count(output.discrete_actions.begin(),
                                       output.discrete_actions.end(), action));
    chi_square += (count - expected) * (count - expected) / expected;
  }
  // 2 degrees of freedom: above 13.8 once in a thousand.
  EXPECT_LT(chi_square, 13.8) << "seed 6";
}

TEST(PolicyTest, DiscreteOutputsHaveTheActionsLogProbabilityAndTheEntropy) {
  const ActionSpec two = {ActionSpec::Kind::kDiscrete, 0, 2};
  const auto policy = MakePolicy(ConstantSnapshot(two, {0, std::log(3.0F)}));
  const PolicyOutput output =
      Act(*policy, {0, 0}, 2, ActionMode::kStochastic, {0.2F, 0.3F});
  EXPECT_THAT(output.discrete_actions, ElementsAre(0, 1));
  EXPECT_NEAR(output.log_probabilities[0], std::log(.25), 1e-6);
  EXPECT_NEAR(output.log_probabilities[1], std::log(.75), 1e-6);
  EXPECT_NEAR(output.entropies[0], 0.5623351446188083, 1e-6);
  EXPECT_EQ(output.entropies[0], output.entropies[1]);
}

// ---- Wrong calls ----

std::string ActError(Policy& policy, const std::vector<float>& observations,
                     int64_t n, const std::vector<float>& noise) {
  PolicyOutput output;
  const absl::Status status =
      policy.Act(observations, n, ActionMode::kStochastic, noise, &output);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(PolicyTest, ActNamesWhatHasTheWrongSize) {
  const auto policy =
      MakePolicy(SmallSnapshot(testing::ContinuousSchema(3, 2)));
  EXPECT_EQ(ActError(*policy, std::vector<float>(5), 2, {0, 0, 0, 0}),
            "observations: 5 numbers for 2 rows of 3 columns");
  EXPECT_EQ(ActError(*policy, std::vector<float>(6), 2, {0, 0}),
            "noise: 2 numbers for 2 rows of 2 columns");
  EXPECT_THAT(ActError(*policy, {}, -1, {}), HasSubstr("for -1 rows"));
}

TEST(PolicyTest, ActNamesThePlaceOfANumberThatIsNotFinite) {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto policy =
      MakePolicy(SmallSnapshot(testing::ContinuousSchema(3, 1)));
  EXPECT_EQ(ActError(*policy, {0, 0, 0, 0, kNaN, 0}, 2, {0, 0}),
            "observations row 1, column 1 is nan");
  EXPECT_EQ(ActError(*policy, std::vector<float>(6), 2, {-kInfinity, 0}),
            "noise row 0, column 0 is -inf");
}

TEST(PolicyTest, AnOverflowInTheNetworkIsAnErrorWithTheVersion) {
  Snapshot snapshot = ConstantSnapshot(kOneDimension, {0, 0});
  snapshot.version = 42;
  snapshot.tensors["actor/out.weight"] =
      Tensor::From(std::vector<float>{1e30F, 0}, {2, 1});
  PolicyOutput output;
  const std::vector<float> observation = {1e30F};
  const absl::Status status = MakePolicy(snapshot)->Act(
      observation, 1, ActionMode::kDeterministic, {}, &output);
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr("version 42"));
}

}  // namespace
}  // namespace softfleet
