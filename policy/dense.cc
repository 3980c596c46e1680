// SPDX-License-Identifier: Apache-2.0
#include "policy/dense.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "core/instruction_set.h"

namespace softfleet {

struct DenseTask {
  const float* panels;
  int64_t inputs, outputs;
  const float* input;
  int64_t n;
  float* output;
};

namespace {

constexpr int64_t kPanel = 16;  // outputs

// What the kernels below are made of. Each is compiled once per instruction
// set, into a function with that set as its target.
#define SF_KERNEL __attribute__((always_inline)) inline

// One panel of kRows rows. Vector has kPanel / kVectors lanes. Unrolled, so
// that all vectors are registers.
template <typename Vector, int kVectors, int kRows>
SF_KERNEL void Tile(const float* panel, int64_t inputs, const float* input,
                    float* result) {
  constexpr int kLanes = kPanel / kVectors;
  Vector weights[kVectors], sums[kRows][kVectors];
#pragma GCC unroll 8
  for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      std::memcpy(&sums[row][v], panel + v * kLanes, sizeof(Vector));
    }
  }
  for (int64_t i = 0; i < inputs; ++i) {
    panel += kPanel;
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      std::memcpy(&weights[v], panel + v * kLanes, sizeof(Vector));
    }
#pragma GCC unroll 8
    for (int row = 0; row < kRows; ++row) {
      const float x = input[row * inputs + i];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[row][v] += weights[v] * x;
    }
  }
#pragma GCC unroll 8
  for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v, result += kLanes) {
      std::memcpy(result, &sums[row][v], sizeof(Vector));
    }
  }
}

// All panels of kRows rows.
template <typename Vector, int kVectors, int kRows>
SF_KERNEL void Rows(const DenseTask& task, const float* input, float* output) {
  float result[kRows * kPanel];
  const float* panel = task.panels;
  for (int64_t first = 0; first < task.outputs; first += kPanel) {
    Tile<Vector, kVectors, kRows>(panel, task.inputs, input, result);
    panel += kPanel * (1 + task.inputs);
    const int64_t wide = std::min(kPanel, task.outputs - first);
    for (int row = 0; row < kRows; ++row) {
      std::copy_n(result + row * kPanel, wide,
                  output + row * task.outputs + first);
    }
  }
}

// The rows from `row`, so many at a time as there are, at most kRows.
template <typename Vector, int kVectors, int kRows>
SF_KERNEL void Run(const DenseTask& task, int64_t row = 0) {
  for (; row + kRows <= task.n; row += kRows) {
    Rows<Vector, kVectors, kRows>(task, task.input + row * task.inputs,
                                  task.output + row * task.outputs);
  }
  if constexpr (kRows > 1) Run<Vector, kVectors, kRows / 2>(task, row);
}

using Four = float __attribute__((vector_size(16)));
void RunAnywhere(const DenseTask& task) { Run<Four, 4, 2>(task); }
constexpr DenseKernel kAnywhere = {"x86-64-v2", RunAnywhere};

#if defined(__x86_64__)
using Eight = float __attribute__((vector_size(32)));
__attribute__((target("avx2,fma"))) void RunAvx2(const DenseTask& task) {
  Run<Eight, 2, 4>(task);
}
constexpr DenseKernel kAvx2 = {"avx2", RunAvx2};
using Sixteen = float __attribute__((vector_size(64)));
__attribute__((target("avx512f"))) void RunAvx512(const DenseTask& task) {
  Run<Sixteen, 1, 8>(task);
}
constexpr DenseKernel kAvx512 = {"avx512", RunAvx512};
#endif

}  // namespace

std::vector<const DenseKernel*> AvailableDenseKernels() {
  std::vector<const DenseKernel*> available;
#if defined(__x86_64__)
  for (const DenseKernel* kernel : {&kAvx512, &kAvx2}) {
    if (HasInstructionSet(kernel->name)) available.push_back(kernel);
  }
#endif
  available.push_back(&kAnywhere);
  return available;
}

absl::StatusOr<const DenseKernel*> ChooseDenseKernel() {
  const std::vector<const DenseKernel*> available = AvailableDenseKernels();
  const char* wanted = std::getenv(kInstructionSetVariable);
  if (wanted != nullptr && absl::EndsWith(wanted, "_bf16")) {
    return available.front();
  }
  std::string error;
  const DenseKernel* chosen = ChooseInstructionSet(available, &error);
  if (chosen == nullptr) return absl::InvalidArgumentError(error);
  return chosen;
}

Dense::Dense(const DenseKernel& kernel, const float* weight, const float* bias,
             int64_t inputs, int64_t outputs)
    : kernel_(&kernel), inputs_(inputs), outputs_(outputs) {
  const int64_t panels = (outputs + kPanel - 1) / kPanel;
  panels_.resize(panels * kPanel * (1 + inputs));
  float* panel = panels_.data();
  for (int64_t first = 0; first < outputs; first += kPanel) {
    const int64_t wide = std::min(kPanel, outputs - first);
    std::copy_n(bias + first, wide, panel);
    panel += kPanel;
    const float* const rows = weight + first * inputs;
    for (int64_t i = 0; i < inputs; ++i, panel += kPanel) {
      for (int64_t o = 0; o < wide; ++o) panel[o] = rows[o * inputs + i];
    }
  }
}

void Dense::Apply(const float* input, int64_t n, float* output) const {
  kernel_->run({panels_.data(), inputs_, outputs_, input, n, output});
}

}  // namespace softfleet
