// SPDX-License-Identifier: Apache-2.0
// A device that has what a table has, and shows what a learner asks of it.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/safetensors.h"
#include "tests/sac_cuda/cuda_learners.h"

namespace softfleet {
namespace {

class CudaTableTest : public CudaUpdateTest {};

TEST_P(CudaTableTest, ShowsThePolicyWithoutTheRestOfTheState) {
  CpuLearner cpu(kDouble);
  auto cuda = MakeLearner(cpu, kDouble);
  ASSERT_TRUE(cuda->Append(one_.Next(30)).ok());
  const auto values = [](const std::vector<SacStateView>& views) {
    std::map<std::string, std::vector<double>> values;
    for (const SacStateView& view : views) {
      if (view.name.starts_with("param/actor") ||
          view.name.starts_with("log_alpha") || view.name == "alpha_used") {
        values[view.name] = {view.f64, view.f64 + view.elements};
      }
    }
    return values;
  };
  auto before = values(cuda->PolicyState());
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(cuda->Train(2).ok());
    const auto shown = values(cuda->PolicyState());
    EXPECT_NE(shown, before);
    EXPECT_EQ(shown, values(cuda->State()));
    before = shown;
  }
}

// Where it is given a table's copy in mid-run, and a restored table.
TEST_P(CudaTableTest, CopiesATableAsItIs) {
  CpuLearner cpu(kDouble);
  auto cuda = MakeLearner(cpu, kDouble);
  for (int block = 0; block < 20; ++block) {
    ASSERT_TRUE(cpu.table->Append(one_.Next(4)).ok());
    if (block == 15) {
      ASSERT_TRUE(cpu.table->CopyTo(cuda.get()).ok());
    }
  }
  for (int start = 0; start < 2; ++start) {
    cpu.Train(5);
    ASSERT_TRUE(cuda->Train(5).ok());
    const TransitionBatch rows = cuda->ReadRows().value();
    TransitionBatch wanted;
    ASSERT_TRUE(cpu.Draw(static_cast<uint64_t>(5 * start + 5), &wanted).ok());
    EXPECT_EQ(rows.ids, wanted.ids);
    EXPECT_EQ(rows.observations, wanted.observations);
    EXPECT_EQ(rows.next_observations, wanted.next_observations);
    EXPECT_EQ(rows.actions, wanted.actions);
    EXPECT_EQ(rows.returns, wanted.returns);
    EXPECT_EQ(rows.steps, wanted.steps);
    ExpectNear(*cuda, cpu.update, 1e-9);
    const std::string path = ::testing::TempDir() + "/copied_table";
    ASSERT_TRUE(cpu.table->Save(RealFileSystem(), path).ok());
    const auto saved = ReadSafetensors(RealFileSystem(), path);
    ASSERT_TRUE(saved.ok()) << saved.status();
    ASSERT_TRUE(cpu.table->Append(two_.Next(6)).ok());
    ASSERT_TRUE(cpu.table->Restore(*saved).ok());
  }
}

INSTANTIATE_TEST_SUITE_P(Plugins, CudaTableTest,
                         ::testing::Values("plain", "cuda"),
                         [](const auto& info) {
                           return std::string(info.param);
                         });

}  // namespace
}  // namespace softfleet
