// SPDX-License-Identifier: Apache-2.0
#include "policy/dense.h"

#include <algorithm>
#include <cstring>

namespace softfleet {
namespace {

constexpr int64_t kPanel = 16;  // outputs

// What the kernels below are made of. Each is compiled once per instruction
// set, into a function with that set as its target.
#define SF_KERNEL __attribute__((always_inline)) inline

struct Task {
  const float* panels;
  int64_t inputs, outputs;
  const float* input;
  int64_t n;
  float* output;
};

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
SF_KERNEL void Rows(const Task& task, const float* input, float* output) {
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
SF_KERNEL void Run(const Task& task, int64_t row = 0) {
  for (; row + kRows <= task.n; row += kRows) {
    Rows<Vector, kVectors, kRows>(task, task.input + row * task.inputs,
                                  task.output + row * task.outputs);
  }
  if constexpr (kRows > 1) Run<Vector, kVectors, kRows / 2>(task, row);
}

using Four = float __attribute__((vector_size(16)));
void RunAnywhere(const Task& task) { Run<Four, 4, 2>(task); }

#if defined(__x86_64__)
using Eight = float __attribute__((vector_size(32)));
__attribute__((target("avx2,fma"))) void RunAvx2(const Task& task) {
  Run<Eight, 2, 4>(task);
}
using Sixteen = float __attribute__((vector_size(64)));
__attribute__((target("avx512f"))) void RunAvx512(const Task& task) {
  Run<Sixteen, 1, 8>(task);
}
#endif

void (*Choose())(const Task& task) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return RunAvx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return RunAvx2;
  }
#endif
  return RunAnywhere;
}

}  // namespace

Dense::Dense(const float* weight, const float* bias, int64_t inputs,
             int64_t outputs)
    : inputs_(inputs), outputs_(outputs) {
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
  static void (*const run)(const Task& task) = Choose();
  run({panels_.data(), inputs_, outputs_, input, n, output});
}

}  // namespace softfleet
