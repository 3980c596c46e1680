// SPDX-License-Identifier: Apache-2.0
// The update that the CUDA engine launches, run on the CPU by plain loops,
// against the reference update over the options there are.
#include "sac/cuda/device_update.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "core/philox.h"
#include "sac/reference_update.h"
#include "tests/sac/update_problem.h"
#include "tests/sac_cuda/plain_engine.h"

namespace softfleet {
namespace {

using testing::PlainEngine;

constexpr int64_t kBatch = 5;

std::map<std::string, std::vector<double>> Values(UpdateEngine& engine) {
  std::map<std::string, std::vector<double>> values;
  for (const SacStateView& view : engine.State()) {
    std::vector<double>& all = values[view.name];
    for (int64_t i = 0; i < view.elements; ++i) {
      all.push_back(view.f32 != nullptr ? view.f32[i] : view.f64[i]);
    }
  }
  return values;
}

// Random parameters and targets, the same in both.
void Initialise(UpdateEngine& one, UpdateEngine& other, uint64_t seed) {
  std::map<std::string, SacStateView> views;
  for (const SacStateView& view : other.State()) views[view.name] = view;
  ASSERT_EQ(views.size(), one.State().size());
  Philox random(seed, Purpose::kTest);
  for (const SacStateView& view : one.State()) {
    ASSERT_TRUE(views.contains(view.name)) << view.name;
    const SacStateView& same = views[view.name];
    ASSERT_EQ(same.shape, view.shape) << view.name;
    if (!view.name.starts_with("param/") && !view.name.starts_with("target/")) {
      continue;
    }
    for (int64_t i = 0; i < view.elements; ++i) {
      const auto value = static_cast<float>(0.6 * random.NextNormal());
      for (const SacStateView* to : {&view, &same}) {
        if (to->f32 != nullptr) to->f32[i] = value;
        if (to->f64 != nullptr) to->f64[i] = value;
      }
    }
  }
}

void ExpectNear(UpdateEngine& actual, UpdateEngine& expected,
                double tolerance) {
  const auto values = Values(actual);
  for (const auto& [name, wanted] : Values(expected)) {
    const std::vector<double>& have = values.at(name);
    for (size_t i = 0; i < wanted.size(); ++i) {
      ASSERT_NEAR(have[i], wanted[i], tolerance * (1 + std::abs(wanted[i])))
          << name << " element " << i;
    }
  }
  EXPECT_EQ(actual.counters(), expected.counters());
}

void ExpectNear(const SacStatistics& actual, const SacStatistics& expected) {
  const auto near = [](double a, double b) {
    EXPECT_NEAR(a, b, 1e-9 * (1 + std::abs(b)));
  };
  near(actual.alpha, expected.alpha);
  near(actual.entropy, expected.entropy);
  near(actual.critic_loss, expected.critic_loss);
  near(actual.actor_loss, expected.actor_loss);
  near(actual.alpha_loss, expected.alpha_loss);
  near(actual.q_mean, expected.q_mean);
  near(actual.td_abs_mean, expected.td_abs_mean);
  near(actual.action_std_mean, expected.action_std_mean);
  near(actual.saturated_fraction, expected.saturated_fraction);
  near(actual.critic_gradient_norm, expected.critic_gradient_norm);
  near(actual.actor_gradient_norm, expected.actor_gradient_norm);
  EXPECT_EQ(actual.actor_updated, expected.actor_updated);
}

SacOptions RandomOptions(uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&random](int n) {
    return std::uniform_int_distribution<int>(0, n - 1)(random);
  };
  SacOptions options = SmallOptions(/*continuous=*/below(3) > 0);
  for (auto* hidden : {&options.actor_hidden, &options.critic_hidden}) {
    hidden->clear();
    for (int layers = below(4); layers > 0; --layers) {
      hidden->push_back(1 + below(19));
    }
  }
  options.observation_dim = 1 + below(5);
  options.num_critics = 1 + below(4);
  options.target_subset = below(options.num_critics + 1);
  options.policy_delay = 1 + below(3);
  options.critic_layer_norm = below(2) == 0;
  if (below(2) == 0) options.actor_aggregate = SacOptions::Aggregate::kMean;
  if (below(3) == 0) options.alpha_mode = SacOptions::AlphaMode::kFixed;
  if (below(2) == 0) {
    options.log_std_mode = SacOptions::LogStdMode::kBounded;
    options.log_std_min = -5;
  }
  options.alpha_init = 0.3 + below(3);
  options.log_volume = below(2) * 0.7;
  options.tau = 0.05;
  return options;
}

// Ten updates, the first two with statistics.
template <typename T>
void RunCase(const SacOptions& options, uint64_t seed, double tolerance) {
  ReferenceUpdate reference(options);
  PlainEngine<T> plain(options, kBatch, seed);
  Initialise(reference, plain, seed);
  for (uint64_t update = 0; update < 10; ++update) {
    UpdateProblem problem(options, kBatch, 100 * seed + update);
    if (seed % 2 == 0) problem.weights.clear();
    SacStatistics wanted, have;
    reference.Update(problem.batch(), problem.draws(), &wanted, nullptr);
    plain.Update(problem.batch(), problem.draws(), &have, nullptr);
    if (sizeof(T) == sizeof(double)) ExpectNear(have, wanted);
  }
  ExpectNear(plain, reference, tolerance);
}

TEST(DeviceUpdate, EqualsTheReferenceForRandomOptionsInDouble) {
  for (uint64_t seed = 0; seed < 120; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RunCase<double>(RandomOptions(seed), seed, 1e-9);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(DeviceUpdate, StaysNearTheReferenceInFloat) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SacOptions options = RandomOptions(seed);
    options.precision = SacOptions::Precision::kFloat32;
    // Adam's steps have the size of the learning rate even where a gradient
    // is rounding noise; ten of 3e-4 bound what that can do.
    RunCase<float>(options, seed, 3e-3);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(DeviceUpdate, LeavesThePaddingBetweenTensorsZero) {
  SacOptions options = SmallOptions(/*continuous=*/true);
  PlainEngine<double> plain(options, kBatch, 1);
  for (const SacStateView& view : plain.State()) {
    if (!view.name.starts_with("param/")) continue;
    for (int64_t i = 0; i < view.elements; ++i) view.f64[i] = 0.1 * (1 + i % 7);
  }
  const UpdateProblem problem(options, kBatch, 1);
  plain.Update(problem.batch(), problem.draws(), nullptr, nullptr);
  std::vector<bool> named(plain.update().layout().elements);
  for (const SacStateView& view : plain.State()) {
    const int64_t first = view.f64 - plain.update().state();
    for (int64_t i = 0; i < view.elements; ++i) named[first + i] = true;
  }
  for (size_t i = 0; i < named.size(); ++i) {
    EXPECT_TRUE(named[i] || plain.update().state()[i] == 0) << i;
  }
}

// What LearnerLoop draws for update `update`.
TEST(DeviceUpdate, DrawsTheNoiseAndTheCriticsThatTheLearnerDraws) {
  SacOptions options = SmallOptions(/*continuous=*/true);
  options.num_critics = 5;
  options.target_subset = 3;
  options.action_dim = 3;  // an odd number of normals
  PlainEngine<float> plain(options, kBatch, 77);
  for (uint64_t update = 1; update <= 3; ++update) {
    plain.Step(/*noise=*/true, /*weights=*/false);
    std::vector<float> noise(kBatch * 3), next(kBatch * 3);
    FillNormal(77, Purpose::kUpdateNoise, 0, update, noise);
    FillNormal(77, Purpose::kUpdateNextNoise, 0, update, next);
    const BatchLayout& layout = plain.update().batch_layout();
    const float* drawn = plain.update().batch<float>(layout.noise);
    for (size_t i = 0; i < noise.size(); ++i) {
      ASSERT_EQ(drawn[i], noise[i]);
      ASSERT_EQ(drawn[noise.size() + i], next[i]);
    }
    std::vector<int32_t> subset = {0, 1, 2, 3, 4};
    Philox random(77, Purpose::kTargetSubset, 0, update);
    for (int i = 0; i < 3; ++i) {
      std::swap(subset[i], subset[i + random.NextBelow(5 - i)]);
    }
    const int32_t* critics = plain.update().batch<int32_t>(layout.subset);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(critics[i], subset[i]);
  }
}

}  // namespace
}  // namespace softfleet
