// SPDX-License-Identifier: Apache-2.0
#include "maxent/soft_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "core/philox.h"
#include "tests/testing/golden.h"

namespace softfleet {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using Numbers = std::vector<double>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double Value(const Numbers& q, double alpha) {
  return SoftValue(q, alpha).value();
}
Numbers PolicyOf(const Numbers& q, double alpha) {
  return BoltzmannPolicy(q, alpha).value();
}
double Entropy(const Numbers& q, double alpha) {
  return BoltzmannEntropy(q, alpha).value();
}

TEST(SoftValueTest, EqualsKnownNumbers) {
  const Numbers q = {1, .7, .1};
  // alpha log sum exp(q / alpha), worked out with 40 digits.
  EXPECT_NEAR(Value(q, .1), 1.0048704901650830, 1e-15);
  EXPECT_NEAR(Value(q, .2), 1.0420909425544443, 1e-15);
  EXPECT_NEAR(Value(q, .5), 1.2694471506806417, 1e-15);
  EXPECT_NEAR(Value(q, 1), 1.7642521641639893, 1e-15);
  EXPECT_THAT(PolicyOf(q, .2),
              ElementsAre(DoubleNear(.8102, 5e-5), DoubleNear(.1808, 5e-5),
                          DoubleNear(.0090, 5e-5)));
  EXPECT_THAT(PolicyOf(q, 1),
              ElementsAre(DoubleNear(.4657, 5e-5), DoubleNear(.3450, 5e-5),
                          DoubleNear(.1893, 5e-5)));
  EXPECT_NEAR(Entropy(q, .2), .5221, 5e-5);
  EXPECT_NEAR(Entropy(q, 1), 1.0381, 5e-5);
}

struct BanditCase {
  double alpha, probability, tolerance;
};

TEST(SoftValueTest, TheBetterOfTwoArmsHasALogisticProbability) {
  for (const BanditCase& c : std::vector<BanditCase>{{.01, 1, 5e-4},
                                                     {.1, .99331, 5e-6},
                                                     {.2, .92414, 5e-6},
                                                     {.5, .73106, 5e-6},
                                                     {1, .62246, 5e-6},
                                                     {2, .56218, 5e-6},
                                                     {10, .51250, 5e-6}}) {
    const double probability = PolicyOf({1, .5}, c.alpha)[0];
    EXPECT_NEAR(probability, c.probability, c.tolerance) << c.alpha;
    EXPECT_DOUBLE_EQ(probability, 1 / (1 + std::exp(-.5 / c.alpha)));
  }
}

TEST(SoftValueTest, AtTemperatureZeroTiesShareAndTheValueIsTheMaximum) {
  const Numbers q = {2, -1, 2, 1.9999999};
  EXPECT_EQ(Value(q, 0), 2);
  EXPECT_THAT(PolicyOf(q, 0), ElementsAre(.5, 0, .5, 0));
  EXPECT_NEAR(Entropy(q, 0), std::log(2.0), 1e-15);
  EXPECT_EQ(Entropy({3, 1}, 0), 0);
}

TEST(SoftValueTest, TendsToTheHardMaximumAsTheTemperatureFalls) {
  const Numbers q = {1, .7, .1};
  double previous = kInfinity;
  for (const double alpha : {1.0, .1, .01, 1e-4, 1e-8, 1e-300, 0.0}) {
    const double value = Value(q, alpha);
    EXPECT_LE(value, previous) << alpha;
    EXPECT_GE(value, 1) << alpha;
    previous = value;
  }
  EXPECT_EQ(previous, 1);
}

TEST(SoftValueTest, StaysFiniteFromTheSmallestToTheLargestTemperature) {
  for (const Numbers& q : {Numbers{1e4, 0, -1e4}, Numbers{1e4, 1e4, 9999},
                           Numbers{1e308, -1e308}, Numbers{-1e4}}) {
    for (const double alpha : {5e-324, 1e-8, 1.0, 1e6}) {
      const Numbers policy = PolicyOf(q, alpha);
      EXPECT_TRUE(std::isfinite(Value(q, alpha)));
      EXPECT_TRUE(std::isfinite(Entropy(q, alpha)));
      EXPECT_NEAR(std::accumulate(policy.begin(), policy.end(), 0.0), 1, 1e-15);
    }
  }
}

// Some random values, their number and a temperature.
struct RandomState {
  explicit RandomState(Philox* random) : q(1 + random->NextBelow(10)) {
    const double scale = std::pow(10, 8 * random->NextUniform() - 4);
    for (double& value : q) value = scale * random->NextNormal();
    alpha = scale * std::pow(10, 4 * random->NextUniform() - 2);
  }
  Numbers q;
  double alpha;
  double Tolerance() const { return 1e-12 * std::max(1.0, 1e2 * alpha); }
};

double Objective(const Numbers& q, double alpha, const Numbers& policy) {
  double objective = 0;
  for (size_t i = 0; i < q.size(); ++i) {
    if (policy[i] > 0) {
      objective += policy[i] * (q[i] - alpha * std::log(policy[i]));
    }
  }
  return objective;
}

TEST(SoftValueTest, IsReachedByTheBoltzmannPolicyAndByNoOther) {
  Philox random(1, Purpose::kTest);
  for (int trial = 0; trial < 5000; ++trial) {
    const RandomState state(&random);
    const Numbers policy = PolicyOf(state.q, state.alpha);
    const double value = Value(state.q, state.alpha);
    ASSERT_NEAR(Objective(state.q, state.alpha, policy), value,
                state.Tolerance())
        << "seed 1, trial " << trial;
    // Another policy: move towards a random one.
    Numbers other(policy.size());
    for (double& p : other) p = random.NextUniform();
    const double sum = std::accumulate(other.begin(), other.end(), 0.0);
    for (size_t i = 0; i < other.size(); ++i) {
      other[i] = .9 * policy[i] + .1 * other[i] / sum;
    }
    ASSERT_LE(Objective(state.q, state.alpha, other), value + state.Tolerance())
        << "seed 1, trial " << trial;
  }
}

TEST(SoftValueTest, EntropyIsThatOfThePolicyAndAtMostTheLogOfTheActions) {
  Philox random(2, Purpose::kTest);
  for (int trial = 0; trial < 5000; ++trial) {
    const RandomState state(&random);
    double expected = 0;
    for (const double p : PolicyOf(state.q, state.alpha)) {
      if (p > 0) expected -= p * std::log(p);
    }
    const double entropy = Entropy(state.q, state.alpha);
    ASSERT_NEAR(entropy, expected, 1e-12) << "seed 2, trial " << trial;
    ASSERT_GE(entropy, 0);
    ASSERT_LE(entropy, std::log(static_cast<double>(state.q.size())) + 1e-12);
  }
}

TEST(SoftValueTest, AConstantAddedToQMovesTheValueAndNothingElse) {
  const Numbers q = {1, .75, .125};
  const Numbers shifted = {9, 8.75, 8.125};
  EXPECT_NEAR(Value(shifted, .3), Value(q, .3) + 8, 1e-14);
  EXPECT_EQ(PolicyOf(shifted, .3), PolicyOf(q, .3));
}

TEST(SoftValueTest, WrongInputIsAnErrorThatNamesIt) {
  const auto error = [](const Numbers& q, double alpha) {
    const absl::Status status = SoftValue(q, alpha).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(BoltzmannPolicy(q, alpha).status(), status);
    EXPECT_EQ(BoltzmannEntropy(q, alpha).status(), status);
    return std::string(status.message());
  };
  EXPECT_EQ(error({}, 1), "q has no action");
  EXPECT_EQ(error({1, -kInfinity}, 1), "q[1] is -inf, needs a finite number");
  EXPECT_EQ(error({std::nan("")}, 1), "q[0] is nan, needs a finite number");
  EXPECT_EQ(error({1}, -.5), "alpha is -0.5, needs a finite number >= 0");
  EXPECT_EQ(error({1}, kInfinity), "alpha is inf, needs a finite number >= 0");
  EXPECT_EQ(error({1}, std::nan("")),
            "alpha is nan, needs a finite number >= 0");
}

// ---- Golden ----

// The names S for which the file has an array S/q.
std::vector<std::string> Sets(const testing::GoldenCase& golden) {
  std::vector<std::string> sets;
  for (const auto& [name, tensor] : golden.arrays.tensors) {
    if (name.ends_with("/q")) sets.push_back(name.substr(0, name.size() - 2));
  }
  return sets;
}

TEST(SoftValueGoldenTest, EqualsEverySetAtEveryTemperature) {
  constexpr double kTolerance = 1e-12;
  using testing::GoldenArray;
  const testing::GoldenCase golden =
      testing::LoadGoldenCase("soft_value").value();
  const Numbers alphas = GoldenArray(golden, "alpha");
  const std::vector<std::string> sets = Sets(golden);
  ASSERT_FALSE(sets.empty());
  for (const std::string& set : sets) {
    SCOPED_TRACE(set);
    const Numbers q = GoldenArray(golden, set + "/q");
    Numbers values;
    Numbers policies;
    Numbers entropies;
    for (const double alpha : alphas) {
      values.push_back(Value(q, alpha));
      entropies.push_back(Entropy(q, alpha));
      const Numbers policy = PolicyOf(q, alpha);
      policies.insert(policies.end(), policy.begin(), policy.end());
    }
    const auto error = [&](const char* name, const Numbers& actual) {
      return testing::MaxRelativeError(GoldenArray(golden, set + name), actual);
    };
    EXPECT_LE(error("/v", values), kTolerance);
    EXPECT_LE(error("/policy", policies), kTolerance);
    EXPECT_LE(error("/entropy", entropies), kTolerance);
  }
}

}  // namespace
}  // namespace softfleet
