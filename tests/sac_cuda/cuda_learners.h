// SPDX-License-Identifier: Apache-2.0
// A learner on the CPU and one on a device, for tests that compare them: by the
// plug-in of plain loops, and by CUDA's where there is a device.
#ifndef SOFTFLEET_TESTS_SAC_CUDA_CUDA_LEARNERS_H_
#define SOFTFLEET_TESTS_SAC_CUDA_CUDA_LEARNERS_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/philox.h"
#include "sac/cuda_update.h"
#include "sac/reference_update.h"
#include "tests/replay/twin.h"

namespace softfleet {

inline constexpr int64_t kBatch = 8;
inline constexpr uint64_t kSeed = 31;
inline constexpr int kStep = 2;  // n

inline TableOptions MakeTable() {
  TableOptions options;
  options.schema.observations = {{"state", DType::kF32, {4}},
                                 {"pixels", DType::kU8, {1}}};
  options.schema.action = {ActionSpec::Kind::kContinuous, 3, 0};
  options.schema.frame_stack = 2;
  options.capacity_rows = 50;
  options.expected_run_rows = 5;
  return options;
}

inline SacOptions MakeOptions(SacOptions::Precision precision) {
  SacOptions options;
  options.observation_dim = 10;
  options.action_dim = 3;
  options.actor_hidden = {9, 6};
  options.critic_hidden = {7, 12};
  options.num_critics = 4;
  options.target_subset = 2;
  options.critic_layer_norm = true;
  options.policy_delay = 2;
  options.target_entropy = -3;
  options.precision = precision;
  return options;
}

inline void Initialise(UpdateEngine& engine) {
  std::map<std::string, const SacStateView*> views;
  for (const SacStateView& view : engine.State()) views[view.name] = &view;
  uint64_t stream = 0;
  for (const auto& [name, view] : views) {
    if (!name.starts_with("param/") && !name.starts_with("target/")) continue;
    Philox random(1, Purpose::kTest, 0, ++stream);
    for (int64_t i = 0; i < view->elements; ++i) {
      const auto value = static_cast<float>(0.5 * random.NextNormal());
      if (view->f32 != nullptr) view->f32[i] = value;
      if (view->f64 != nullptr) view->f64[i] = value;
    }
  }
}

inline void ExpectNear(UpdateEngine& actual, UpdateEngine& expected,
                       double tolerance) {
  std::map<std::string, const SacStateView*> views;
  for (const SacStateView& view : actual.State()) views[view.name] = &view;
  const auto at = [](const SacStateView& view, int64_t i) {
    return view.f32 != nullptr ? double{view.f32[i]} : view.f64[i];
  };
  for (const SacStateView& view : expected.State()) {
    ASSERT_TRUE(views.contains(view.name)) << view.name;
    for (int64_t i = 0; i < view.elements; ++i) {
      const double wanted = at(view, i);
      ASSERT_NEAR(at(*views[view.name], i), wanted,
                  tolerance * (1 + std::abs(wanted)))
          << view.name << " element " << i;
    }
  }
  EXPECT_EQ(actual.counters(), expected.counters());
}

// A learner on the CPU: the draws of LearnerLoop.
class CpuLearner {
 public:
  explicit CpuLearner(SacOptions::Precision precision)
      : table(Table::Create(MakeTable()).value()),
        update(MakeOptions(precision)) {
    Initialise(update);
  }
  absl::Status Draw(uint64_t number, TransitionBatch* batch) const {
    std::vector<uint64_t> ids(kBatch);
    absl::Status status = table->SampleUniform(kSeed, number, ids);
    if (status.ok()) status = table->Gather(ids, kStep, 0.9, batch);
    for (double& reward : batch->returns) reward *= 0.5;
    return status;
  }
  static std::vector<float> Noise(Purpose purpose, uint64_t number) {
    std::vector<float> noise(kBatch * 3);
    FillNormal(kSeed, purpose, 0, number, noise);
    return noise;
  }
  static std::vector<int64_t> Subset(uint64_t number) {
    std::vector<int64_t> subset = {0, 1, 2, 3};
    Philox random(kSeed, Purpose::kTargetSubset, 0, number);
    for (int i = 0; i < 2; ++i) {
      std::swap(subset[i], subset[i + random.NextBelow(4 - i)]);
    }
    return {subset[0], subset[1]};
  }
  void Train(int count) {
    for (; count > 0; --count) {
      const auto number = static_cast<uint64_t>(update.counters().updates + 1);
      TransitionBatch rows;
      ASSERT_TRUE(Draw(number, &rows).ok());
      SacBatch batch;
      batch.size = rows.size;
      batch.observations = rows.observations;
      batch.actions = rows.actions;
      batch.rewards = rows.returns;
      batch.discounts = rows.discounts;
      batch.terminated = rows.terminated;
      batch.next_observations = rows.next_observations;
      const std::vector<float> noise = Noise(Purpose::kUpdateNoise, number);
      const std::vector<float> next = Noise(Purpose::kUpdateNextNoise, number);
      const std::vector<int64_t> subset = Subset(number);
      update.Update(batch, {noise, next, subset}, &statistics, nullptr);
    }
  }

  std::unique_ptr<Table> table;
  ReferenceUpdate update;
  SacStatistics statistics;  // of the last update
};

class CudaUpdateTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const absl::StatusOr<CudaPlugin> plugin =
        std::string(GetParam()) == "plain" ? CudaPlugin::Load(PLAIN_PLUGIN)
                                           : CudaPlugin::Load();
    if (!plugin.ok() && plugin.status().code() == absl::StatusCode::kNotFound) {
      GTEST_SKIP() << "no CUDA device: " << plugin.status().message();
    }
    ASSERT_TRUE(plugin.ok()) << plugin.status();
    plugin_ = *plugin;
    std::string why_none;
    if (plugin_->DeviceCount(&why_none) == 0) {
      GTEST_SKIP() << "no CUDA device: " << why_none;
    }
  }
  std::unique_ptr<CudaUpdate> Make(const SacOptions& options) {
    auto update =
        CudaUpdate::Create(*plugin_, 0, options, kBatch, kSeed).value();
    Initialise(*update);
    return update;
  }
  static CudaRows Rows() {
    CudaRows rows;
    rows.table = MakeTable();
    rows.n_step = kStep;
    rows.gamma = 0.9;
    rows.reward_scale = 0.5;
    return rows;
  }
  // With a ring, or none where it may take but a byte.
  std::unique_ptr<CudaUpdate> MakeLearner(const CpuLearner& cpu,
                                          SacOptions::Precision precision,
                                          bool ring = true) {
    auto update = Make(MakeOptions(precision));
    CudaRows rows = Rows();
    if (!ring) rows.device_budget = 1;
    const absl::Status status = update->AttachRows(
        rows, [&cpu](uint64_t number, TransitionBatch* batch) {
          return cpu.Draw(number, batch);
        });
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(update->rows_on_device(), ring);
    return update;
  }
  // Feeds both the same blocks and lets both train, several times.
  void TrainBoth(CpuLearner& cpu, CudaUpdate& cuda) {
    for (uint64_t round = 1; round <= 12; ++round) {
      const StepBlock block = (round % 3 == 0 ? one_ : two_)
                                  .Next(1 + static_cast<int64_t>(round) % 6,
                                        round % 5 == 0 ? EpisodeEnd::kTerminated
                                                       : EpisodeEnd::kNone);
      ASSERT_TRUE(cpu.table->Append(block).ok());
      ASSERT_TRUE(cuda.Append(block).ok());
      cpu.Train(3);
      const absl::Status status = cuda.Train(3);
      ASSERT_TRUE(status.ok()) << status;
    }
  }

  static constexpr auto kDouble = SacOptions::Precision::kFloat64;
  static constexpr auto kFloat = SacOptions::Precision::kFloat32;
  std::optional<CudaPlugin> plugin_;
  testing::RandomActor one_{MakeTable().schema, 1, 1},
      two_{MakeTable().schema, 2, 2};
};

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_SAC_CUDA_CUDA_LEARNERS_H_
