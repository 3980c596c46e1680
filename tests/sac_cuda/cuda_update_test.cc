// SPDX-License-Identifier: Apache-2.0
// The plug-in's engine through its door, against the CPU's updates, replay's
// table and Philox: by the plug-in of plain loops everywhere, by CUDA's where
// there is a device.
#include "sac/cuda_update.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "sac/cuda/engine_buffers.h"
#include "sac/cuda/state_layout.h"
#include "tests/sac/update_problem.h"
#include "tests/sac_cuda/cuda_learners.h"

namespace softfleet {
namespace {

using testing::RandomActor;

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
