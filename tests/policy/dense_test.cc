// SPDX-License-Identifier: Apache-2.0
// Every instruction set's layers that this processor can run, against sums in
// double; and which one SOFTFLEET_ISA chooses.
#include "policy/dense.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "core/philox.h"
#include "tests/policy/snapshots.h"
#include "tests/testing/instruction_sets.h"

namespace softfleet {
namespace {

using ::testing::HasSubstr;
using testing::RandomNormals;
using testing::ScopedInstructionSet;

const DenseKernel* FindKernel(const std::string& name) {
  for (const DenseKernel* kernel : AvailableDenseKernels()) {
    if (kernel->name == name) return kernel;
  }
  return nullptr;
}

class DenseTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_INSTRUCTION_SET(GetParam());
    kernel_ = FindKernel(GetParam());
    ASSERT_NE(kernel_, nullptr);
  }

  const DenseKernel* kernel_ = nullptr;
};
INSTANTIATE_TEST_SUITE_P(All, DenseTest,
                         ::testing::ValuesIn(testing::kInstructionSets),
                         [](const auto& info) {
                           return testing::InstructionSetTestName(info.param);
                         });

struct Problem {
  Problem(const DenseKernel& kernel, int64_t n, int64_t inputs, int64_t outputs,
          Philox* random)
      : n(n),
        inputs(inputs),
        outputs(outputs),
        weight(RandomNormals(outputs * inputs, random)),
        bias(RandomNormals(outputs, random)),
        input(RandomNormals(n * inputs, random)),
        layer(kernel, weight.data(), bias.data(), inputs, outputs) {}

  // The rows [first, first + count), with a number behind that must stay.
  std::vector<float> Apply(int64_t first, int64_t count) const {
    constexpr float kBehind = 12345;
    std::vector<float> output(count * outputs + 1, kBehind);
    layer.Apply(input.data() + first * inputs, count, output.data());
    EXPECT_EQ(output.back(), kBehind);
    output.pop_back();
    return output;
  }

  int64_t n, inputs, outputs;
  std::vector<float> weight, bias, input;
  Dense layer;
};

// A sum of k rounded products and k rounded additions errs by at most about
// (k + 1) units of its terms' absolute sum.
void ExpectSums(const Problem& p) {
  const std::vector<float> actual = p.Apply(0, p.n);
  for (int64_t row = 0; row < p.n; ++row) {
    for (int64_t o = 0; o < p.outputs; ++o) {
      double sum = p.bias[o], size = std::abs(sum);
      for (int64_t i = 0; i < p.inputs; ++i) {
        const double term = double{p.weight[o * p.inputs + i]} *
                            double{p.input[row * p.inputs + i]};
        sum += term;
        size += std::abs(term);
      }
      const double units = static_cast<double>(p.inputs + 1);
      ASSERT_NEAR(actual[row * p.outputs + o], sum,
                  units * std::numeric_limits<float>::epsilon() / 2 * size)
          << "row " << row << " output " << o;
    }
  }
}

TEST_P(DenseTest, OutputsAreTheSumsTheyStandFor) {
  Philox random(1, Purpose::kTest);
  for (int trial = 0; trial < 100; ++trial) {
    const auto n = static_cast<int64_t>(random.NextBelow(20));
    const auto inputs = static_cast<int64_t>(1 + random.NextBelow(70));
    const auto outputs = static_cast<int64_t>(1 + random.NextBelow(70));
    SCOPED_TRACE(::testing::Message()
                 << "seed 1: " << n << " x " << inputs << " to " << outputs);
    ExpectSums(Problem(*kernel_, n, inputs, outputs, &random));
    if (HasFatalFailure()) return;
  }
}

TEST_P(DenseTest, ARowDoesNotDependOnItsBatchToTheLastBit) {
  Philox random(2, Purpose::kTest);
  const Problem p(*kernel_, 23, 37, 41, &random);
  const std::vector<float> all = p.Apply(0, p.n);
  for (int64_t row = 0; row < p.n; ++row) {
    const auto from = all.begin() + row * p.outputs;
    EXPECT_EQ(p.Apply(row, 1), std::vector<float>(from, from + p.outputs));
  }
}

TEST_P(DenseTest, TheVariableChoosesIt) {
  const ScopedInstructionSet forced(GetParam());
  EXPECT_EQ(*ChooseDenseKernel(), kernel_);
}

TEST(DenseChoiceTest, TheBestIsTakenWhereNothingElseIsAskedFor) {
  for (const char* name : {static_cast<const char*>(nullptr), "", "amx_bf16"}) {
    const ScopedInstructionSet forced(name);
    EXPECT_EQ(*ChooseDenseKernel(), AvailableDenseKernels().front());
  }
}

TEST(DenseChoiceTest, APolicyRefusesANameThatIsNone) {
  const ScopedInstructionSet forced("avx1024");
  const auto policy = Policy::Create(std::make_shared<const Snapshot>(
      testing::SmallSnapshot(testing::ContinuousSchema(3, 2))));
  EXPECT_EQ(policy.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(policy.status().message()),
              HasSubstr("SOFTFLEET_ISA is \"avx1024\""));
}

}  // namespace
}  // namespace softfleet
