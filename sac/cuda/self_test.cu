// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <vector>

#include "sac/cuda/cuda_backend.h"
#include "sac/cuda/device_scope.h"
#include "sac/cuda/self_test.h"

namespace softfleet {
namespace {

constexpr int64_t kSide = 256;
constexpr int64_t kCount = 100'003;  // not a multiple of a block

struct Saxpy {
  float a;
  const float *x, *y;
  float* out;
  SF_HOST_DEVICE void operator()(int64_t i) const { out[i] = a * x[i] + y[i]; }
};

// Numbers in [-1, 1] without a pattern that a wrong index would hide.
std::vector<float> Numbers(int64_t count, double phase) {
  std::vector<float> numbers(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    numbers[i] =
        static_cast<float>(std::sin(0.7 * static_cast<double>(i) + phase));
  }
  return numbers;
}

float* Send(CudaBackend& backend, const std::vector<float>& values) {
  auto* memory = backend.Allocate<float>(static_cast<int64_t>(values.size()));
  CudaCheck(
      cudaMemcpyAsync(memory, values.data(), values.size() * sizeof(float),
                      cudaMemcpyDefault, backend.stream()),
      "cudaMemcpyAsync");
  return memory;
}

double Error(CudaBackend& backend, const float* actual,
             const std::vector<double>& expected) {
  std::vector<float> have(expected.size());
  CudaCheck(cudaMemcpyAsync(have.data(), actual, have.size() * sizeof(float),
                            cudaMemcpyDefault, backend.stream()),
            "cudaMemcpyAsync");
  CudaCheck(cudaStreamSynchronize(backend.stream()), "cudaStreamSynchronize");
  double error = 0, scale = 0;
  for (size_t i = 0; i < have.size(); ++i) {
    const double difference = std::abs(double{have[i]} - expected[i]);
    if (!(difference <= error)) error = difference;  // NaN too
    scale = std::max(scale, std::abs(expected[i]));
  }
  return error / scale;
}

double KernelError(CudaBackend& backend) {
  constexpr float kFactor = 0.37F;
  const std::vector<float> x = Numbers(kCount, 0.1), y = Numbers(kCount, 0.9);
  std::vector<double> expected(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    expected[i] = double{kFactor} * x[i] + y[i];
  }
  auto* out = backend.Allocate<float>(kCount);
  backend.Each(kCount, Saxpy{kFactor, Send(backend, x), Send(backend, y), out});
  return Error(backend, out, expected);
}

double ProductError(CudaBackend& backend) {
  const std::vector<float> a = Numbers(kSide * kSide, 0.2);
  const std::vector<float> b = Numbers(kSide * kSide, 1.3);
  std::vector<double> expected(a.size());
  for (int64_t row = 0; row < kSide; ++row) {
    for (int64_t i = 0; i < kSide; ++i) {
      for (int64_t column = 0; column < kSide; ++column) {
        expected[row * kSide + column] +=
            double{a[row * kSide + i]} * b[i * kSide + column];
      }
    }
  }
  auto* out = backend.Allocate<float>(kSide * kSide);
  backend.Multiply(MatrixProduct<float>{kSide,
                                        kSide,
                                        kSide,
                                        {Send(backend, a), kSide, 0, false},
                                        {Send(backend, b), kSide, 0, false},
                                        out,
                                        kSide,
                                        0,
                                        1});
  return Error(backend, out, expected);
}

}  // namespace

SelfTestErrors RunSelfTest(int device) {
  const DeviceScope scope(device);
  CudaBackend backend(/*tf32=*/false);
  return {KernelError(backend), ProductError(backend)};
}

}  // namespace softfleet
