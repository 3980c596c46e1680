// SPDX-License-Identifier: Apache-2.0
// The plug-in's engine through its door, against the CPU's updates, replay's
// table and Philox: by the plug-in of plain loops everywhere, by CUDA's where
// there is a device.
#include "sac/cuda_update.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/philox.h"
#include "sac/cuda/engine_buffers.h"
#include "sac/cuda/state_layout.h"
#include "sac/reference_update.h"
#include "tests/replay/twin.h"
#include "tests/sac/update_problem.h"

namespace softfleet {
namespace {

using testing::RandomActor;

constexpr int64_t kBatch = 8;
constexpr uint64_t kSeed = 31;
constexpr int kStep = 2;  // n

TableOptions MakeTable() {
  TableOptions options;
  options.schema.observations = {{"state", DType::kF32, {4}},
                                 {"pixels", DType::kU8, {1}}};
  options.schema.action = {ActionSpec::Kind::kContinuous, 3, 0};
  options.schema.frame_stack = 2;
  options.capacity_rows = 50;
  options.expected_run_rows = 5;
  return options;
}

SacOptions MakeOptions(SacOptions::Precision precision) {
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

void Initialise(UpdateEngine& engine) {
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

void ExpectNear(UpdateEngine& actual, UpdateEngine& expected,
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
  RandomActor one_{MakeTable().schema, 1, 1}, two_{MakeTable().schema, 2, 2};
};

TEST_P(CudaUpdateTest, EqualsTheReferenceOnBatchesThatItIsGiven) {
  for (const bool continuous : {true, false}) {
    SacOptions options = SmallOptions(continuous);
    options.policy_delay = 2;
    ReferenceUpdate reference(options);
    auto cuda = Make(options);
    Initialise(reference);
    for (uint64_t update = 0; update < 10; ++update) {
      const UpdateProblem problem(options, kBatch, update);
      SacStatistics wanted, have;
      reference.Update(problem.batch(), problem.draws(), &wanted, nullptr);
      cuda->Update(problem.batch(), problem.draws(), &have, nullptr);
      EXPECT_NEAR(have.critic_loss, wanted.critic_loss, 1e-9);
      EXPECT_NEAR(have.actor_gradient_norm, wanted.actor_gradient_norm, 1e-9);
      EXPECT_EQ(have.actor_updated, wanted.actor_updated);
    }
    ExpectNear(*cuda, reference, 1e-9);
  }
}

TEST_P(CudaUpdateTest, LearnsFromItsRingWhatTheLearnerOnTheCpuLearns) {
  for (const auto precision : {kDouble, kFloat}) {
    CpuLearner cpu(precision);
    auto cuda = MakeLearner(cpu, precision);
    TrainBoth(cpu, *cuda);
    ExpectNear(*cuda, cpu.update, precision == kDouble ? 1e-9 : 1e-2);
    const auto statistics = cuda->Statistics();
    ASSERT_TRUE(statistics.ok()) << statistics.status();
    EXPECT_NEAR(statistics->entropy, cpu.statistics.entropy,
                precision == kDouble ? 1e-9 : 0.1);
  }
}

TEST_P(CudaUpdateTest, LearnsTheSameByGraphsAndLaunchByLaunch) {
  CpuLearner cpu(kDouble);
  auto by_graph = MakeLearner(cpu, kDouble);
  auto by_launch = MakeLearner(cpu, kDouble);
  ASSERT_TRUE(by_launch->UseGraphs(false).ok());
  const StepBlock block = one_.Next(20);
  ASSERT_TRUE(by_graph->Append(block).ok());
  ASSERT_TRUE(by_launch->Append(block).ok());
  ASSERT_TRUE(by_graph->Train(30).ok());
  ASSERT_TRUE(by_launch->Train(30).ok());
  ExpectNear(*by_graph, *by_launch, 1e-12);
}

TEST_P(CudaUpdateTest, KeepsRowsInTheHostsMemoryWhereTheRingDoesNotFit) {
  CpuLearner cpu(kDouble);
  auto cuda = MakeLearner(cpu, kDouble, /*ring=*/false);
  TrainBoth(cpu, *cuda);
  ExpectNear(*cuda, cpu.update, 1e-9);
}

TEST_P(CudaUpdateTest, DrawsRowsAndNoiseOfItsOwnForEachUpdate) {
  CpuLearner cpu(kFloat);
  auto cuda = MakeLearner(cpu, kFloat);
  const StepBlock block = one_.Next(30);
  ASSERT_TRUE(cpu.table->Append(block).ok());
  ASSERT_TRUE(cuda->Append(block).ok());
  const BatchLayout layout(ToCudaOptions(MakeOptions(kFloat), kBatch, kSeed),
                           sizeof(float));
  for (uint64_t number = 1; number <= 6;
       ++number) {  // graphs from the third on
    ASSERT_TRUE(cuda->Train(1).ok());
    const std::vector<std::byte> bytes = cuda->ReadBatch().value();
    const auto floats = [&bytes](int64_t offset, size_t count) {
      std::vector<float> values(count);
      std::memcpy(values.data(), &bytes[offset], count * sizeof(float));
      return values;
    };
    TransitionBatch rows;
    ASSERT_TRUE(cpu.Draw(number, &rows).ok());
    EXPECT_EQ(std::memcmp(&bytes[layout.ids], rows.ids.data(), kBatch * 8), 0);
    EXPECT_EQ(floats(layout.observations, kBatch * 10), rows.observations);
    EXPECT_EQ(floats(layout.observations + kBatch * 40, kBatch * 10),
              rows.next_observations);
    EXPECT_EQ(floats(layout.actions, kBatch * 3), rows.actions);
    EXPECT_EQ(std::memcmp(&bytes[layout.rewards], rows.returns.data(),
                          kBatch * sizeof(double)),
              0);
    // A device's logarithm may round a double otherwise, and so the float.
    const auto expect_noise = [&](int64_t offset, Purpose purpose) {
      const std::vector<float> wanted = CpuLearner::Noise(purpose, number);
      const std::vector<float> drawn = floats(offset, wanted.size());
      for (size_t i = 0; i < wanted.size(); ++i) {
        EXPECT_FLOAT_EQ(drawn[i], wanted[i]);
      }
    };
    expect_noise(layout.noise, Purpose::kUpdateNoise);
    expect_noise(layout.noise + kBatch * 12, Purpose::kUpdateNextNoise);
  }
}

TEST_P(CudaUpdateTest, AppliesTheNormaliserToWhatItGathers) {
  CudaRows rows = Rows();
  rows.normalise = true;
  auto cuda = Make(MakeOptions(kFloat));
  ASSERT_TRUE(cuda->AttachRows(rows, nullptr).ok());
  ASSERT_TRUE(cuda->SetNormaliser({1, 0, 0, 0, 0}, {0.5, 1, 1, 1, 1}).ok());
  ASSERT_TRUE(cuda->Append(one_.Next(30)).ok());
  ASSERT_TRUE(cuda->Train(1).ok());
  const std::vector<std::byte> with = cuda->ReadBatch().value();
  auto plain = Make(MakeOptions(kFloat));
  ASSERT_TRUE(plain->AttachRows(Rows(), nullptr).ok());
  RandomActor again(MakeTable().schema, 1, 1);
  ASSERT_TRUE(plain->Append(again.Next(30)).ok());
  ASSERT_TRUE(plain->Train(1).ok());
  const std::vector<std::byte> without = plain->ReadBatch().value();
  for (size_t i = 0; i < kBatch * 10; ++i) {
    float a = 0, b = 0;
    std::memcpy(&a, &with[4 * i], 4);
    std::memcpy(&b, &without[4 * i], 4);
    EXPECT_EQ(a, i % 5 == 0 ? static_cast<float>((b - 1.0) * 0.5) : b);
  }
}

TEST_P(CudaUpdateTest, GoesOnFromAnothersStateAsTheOtherDoes) {
  CpuLearner cpu(kDouble);
  auto first = MakeLearner(cpu, kDouble);
  auto second = MakeLearner(cpu, kDouble);
  const StepBlock block = one_.Next(30);
  ASSERT_TRUE(first->Append(block).ok());
  ASSERT_TRUE(second->Append(block).ok());
  ASSERT_TRUE(first->Train(7).ok());
  const std::vector<SacStateView>& from = first->State();
  const std::vector<SacStateView>& to = second->State();
  for (size_t i = 0; i < from.size(); ++i) {
    std::copy(from[i].f64, from[i].f64 + from[i].elements, to[i].f64);
  }
  second->counters() = first->counters();
  ASSERT_TRUE(first->Train(5).ok());
  ASSERT_TRUE(second->Train(5).ok());
  ExpectNear(*second, *first, 1e-12);
}

TEST_P(CudaUpdateTest, ABatchOfAnotherSizeOrAnEmptyRingIsRefused) {
  CpuLearner cpu(kDouble);
  auto cuda = MakeLearner(cpu, kDouble);
  EXPECT_EQ(cuda->Train(1).code(), absl::StatusCode::kFailedPrecondition);
  const UpdateProblem problem(MakeOptions(kDouble), kBatch + 1, 1);
  EXPECT_THROW(cuda->Update(problem.batch(), problem.draws(), nullptr, nullptr),
               std::runtime_error);
}

INSTANTIATE_TEST_SUITE_P(Plugins, CudaUpdateTest,
                         ::testing::Values("plain", "cuda"),
                         [](const auto& info) {
                           return std::string(info.param);
                         });

}  // namespace
}  // namespace softfleet
