// SPDX-License-Identifier: Apache-2.0
// The matrix products of one SAC update on HalfCheetah (2x256, batch 256), each
// as Softfleet's kernels multiply it (packing, bias, ReLU and its mask, sums of
// bias gradients included) beside libraries (the product alone): LibTorch's
// at::mm_out (MKL; oneDNN in bfloat16) and Eigen. What they take together is
// the most updates per second that each allows.
// One thread; times are its CPU time, so that what else runs counts for less:
// each is the median of the repetitions, with the least and the most of the
// sum. The bound is a loop of fused multiply-adds on registers.
//   sac_gemm [--json] [--seconds 0.002] [--repetitions 15]
#include "benchmarks/sac_gemm.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <immintrin.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sac/fused/kernels.h"

namespace softfleet {
namespace {

using fused::AvailableKernels;
using fused::Kernels;
using fused::MatrixPrecision;

const std::vector<Product>& Products() {
  static const std::vector<Product> products = {
      // the actor on [s; s'], two targets, two critics at two actions
      {Form::kForward, 512, 256, 17, 1},
      {Form::kForward, 512, 256, 256, 1},
      {Form::kForward, 512, 12, 256, 1},
      {Form::kForward, 256, 256, 23, 6},
      {Form::kForward, 256, 256, 256, 6},
      {Form::kForward, 256, 1, 256, 6},
      // critics; through the lowest one to the actions; the actor
      {Form::kInputGradient, 256, 1, 256, 3},
      {Form::kInputGradient, 256, 256, 256, 4},
      {Form::kInputGradient, 256, 256, 6, 1},
      {Form::kInputGradient, 256, 12, 256, 1},
      {Form::kWeightGradient, 256, 1, 256, 2},
      {Form::kWeightGradient, 256, 256, 256, 3},
      {Form::kWeightGradient, 256, 256, 23, 2},
      {Form::kWeightGradient, 256, 12, 256, 1},
      {Form::kWeightGradient, 256, 256, 17, 1},
      // each weight that changed: critics, targets, actor
      {Form::kPack, 1, 256, 256, 5},
      {Form::kPack, 1, 256, 23, 4},
      {Form::kPack, 1, 256, 17, 1},
      {Form::kPack, 1, 12, 256, 1},
  };
  return products;
}

const char* Name(Form form) {
  switch (form) {
    case Form::kForward:
      return "forward";
    case Form::kInputGradient:
      return "input gradient";
    case Form::kWeightGradient:
      return "weight gradient";
    case Form::kPack:
      return "packing";
  }
  return "";
}

using Run = std::function<void()>;

// A way to multiply: makes ready what it needs and returns what is measured;
// nothing where it has nothing to do.
struct Library {
  std::string name;
  std::function<Run(const Product&)> prepare;
};

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * now.tv_nsec;
}

// Seconds of one run, over about `seconds`.
double Time(const Run& run, double seconds) {
  const double begin = CpuSeconds();
  double end = begin;
  int runs = 0;
  while (end - begin < seconds) {
    run();
    ++runs;
    end = CpuSeconds();
  }
  return (end - begin) / runs;
}

// --- The ways to multiply ----------------------------------------------------

std::vector<float> Random(size_t size) {
  const at::Tensor values = at::rand({static_cast<int64_t>(size)}) - 0.5;
  return {values.data_ptr<float>(), values.data_ptr<float>() + size};
}

struct Buffers {
  explicit Buffers(const Product& p)
      : x(Random(p.m * Stride(p.k))),
        w(Random(p.n * p.k)),
        y(Random(p.m * Stride(p.n))),
        h(Random(p.m * Stride(p.k))),
        bias(Random(p.n)) {}
  static int Stride(int columns) { return fused::PaddedStride<float>(columns); }
  std::vector<float> x, w, y, h, bias, packed;
};

Run PrepareKernels(const Kernels<float>* kernels, const Product& p) {
  auto b = std::make_shared<Buffers>(p);
  b->packed.resize(kernels->packed_size(p.n, p.k));
  const fused::WeightMatrix<float> weight{b->w.data(), p.k, p.n, p.k};
  kernels->pack(weight, 0, p.n, b->packed.data());
  const int x = Buffers::Stride(p.k), y = Buffers::Stride(p.n);
  return [=] {
    switch (p.form) {
      case Form::kForward:
        return kernels->forward(
            {b->x.data(), x, b->packed.data(), b->bias.data(), b->y.data(), y,
             p.n, p.k, true},
            0, p.m);
      case Form::kInputGradient:
        return kernels->input_gradient(
            {b->y.data(), y, b->w.data(), p.k, b->h.data(), x, b->x.data(), x,
             p.n, p.k},
            0, p.m);
      case Form::kWeightGradient:
        return kernels->weight_gradient(
            {b->y.data(), y, b->x.data(), x, b->w.data(), p.k, b->bias.data(),
             p.m, p.k},
            0, p.n);
      case Form::kPack:
        return kernels->pack(weight, 0, p.n, b->packed.data());
    }
  };
}

Run PrepareTorch(at::ScalarType dtype, const Product& p) {
  const auto tensor = [&](int rows, int columns) {
    return (at::rand({rows, columns}) - 0.5).to(dtype);
  };
  at::Tensor x = tensor(p.m, p.k), w = tensor(p.n, p.k), y = tensor(p.m, p.n);
  const at::Tensor w_transposed = w.t(), y_transposed = y.t();
  switch (p.form) {
    case Form::kForward:
      return [=]() mutable { at::mm_out(y, x, w_transposed); };
    case Form::kInputGradient:
      return [=]() mutable { at::mm_out(x, y, w); };
    case Form::kWeightGradient:
      return [=]() mutable { at::mm_out(w, y_transposed, x); };
    case Form::kPack:
      return {};
  }
  return {};
}

Run PrepareEigen(const Product& p) {
  if (p.form == Form::kPack) return {};
  auto b = std::make_shared<Buffers>(p);
  const Operands operands{b->x.data(), b->w.data(), b->y.data()};
  return [=, keep = b] { EigenMultiply(p, operands); };
}

std::vector<Library> Libraries() {
  std::vector<Library> libraries;
  for (const auto precision :
       {MatrixPrecision::kFull, MatrixPrecision::kBFloat16}) {
    for (const auto* kernels : AvailableKernels<float>(precision)) {
      libraries.push_back({kernels->name, [=](const Product& p) {
                             return PrepareKernels(kernels, p);
                           }});
    }
  }
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    libraries.push_back(
        {dtype == at::kFloat ? "mm_out" : "mm_out bf16",
         [=](const Product& p) { return PrepareTorch(dtype, p); }});
  }
  if (__builtin_cpu_supports("avx512dq")) {
    libraries.push_back({"Eigen avx512", PrepareEigen});
  }
  return libraries;
}

// --- The bound ---------------------------------------------------------------

constexpr int kChains = 16;  // enough to hide the latency
constexpr int kRounds = 4096;

__attribute__((target("avx512f"))) void MultiplyAddAvx512() {
  __m512 sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = _mm512_set1_ps(i);
  __m512 factor = _mm512_set1_ps(0.5f);
  for (int round = 0; round < kRounds; ++round) {
    asm volatile("" : "+v"(factor));
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) {
      sums[i] = _mm512_fmadd_ps(sums[i], factor, factor);
    }
  }
  for (int i = 0; i < kChains; ++i) asm volatile("" ::"v"(sums[i]));
}

__attribute__((target("avx2,fma"))) void MultiplyAddAvx2() {
  __m256 sums[kChains / 2 + 4];
  for (auto& sum : sums) sum = _mm256_set1_ps(1);
  __m256 factor = _mm256_set1_ps(0.5f);
  for (int round = 0; round < kRounds; ++round) {
    asm volatile("" : "+v"(factor));
#pragma GCC unroll 16
    for (auto& sum : sums) sum = _mm256_fmadd_ps(sum, factor, factor);
  }
  for (auto& sum : sums) asm volatile("" ::"v"(sum));
}

// GFLOP/s of fused multiply-adds on registers, the best of some.
double Peak(const Run& run, double flops) {
  double best = 0;
  for (int i = 0; i < 20; ++i) {
    best = std::max(best, flops / Time(run, 0.001) * 1e-9);
  }
  return best;
}

nlohmann::json Peaks() {
  nlohmann::json peaks = nlohmann::json::object();
  if (__builtin_cpu_supports("avx512f")) {
    peaks["avx512"] = Peak(MultiplyAddAvx512, 32.0 * kChains * kRounds);
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    peaks["avx2"] = Peak(MultiplyAddAvx2, 16.0 * (kChains / 2 + 4) * kRounds);
  }
  return peaks;
}

// --- Measuring ---------------------------------------------------------------

struct Measured {
  std::vector<std::vector<double>> seconds;  // [product][repetition]
  std::vector<double> sums;                  // [repetition] of an update
};

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Everything in turn, as often as there are repetitions.
std::vector<Measured> Measure(const std::vector<Library>& libraries,
                              double seconds, int repetitions) {
  const std::vector<Product>& products = Products();
  std::vector<Measured> measured(libraries.size());
  for (Measured& one : measured) {
    one.seconds.resize(products.size());
    one.sums.resize(repetitions);
  }
  for (size_t p = 0; p < products.size(); ++p) {
    std::vector<Run> runs;
    for (const Library& library : libraries) {
      runs.push_back(library.prepare(products[p]));
    }
    for (int repetition = 0; repetition < repetitions; ++repetition) {
      for (size_t l = 0; l < libraries.size(); ++l) {
        if (!runs[l]) continue;
        const double time = Time(runs[l], seconds);
        measured[l].seconds[p].push_back(time);
        measured[l].sums[repetition] += products[p].count * time;
      }
    }
  }
  return measured;
}

nlohmann::json Describe(const std::string& name, const Measured& measured) {
  nlohmann::json rows = nlohmann::json::array();
  for (size_t p = 0; p < Products().size(); ++p) {
    const Product& product = Products()[p];
    if (measured.seconds[p].empty()) continue;
    const double seconds = Median(measured.seconds[p]);
    rows.push_back({{"form", Name(product.form)},
                    {"m", product.m},
                    {"n", product.n},
                    {"k", product.k},
                    {"count", product.count},
                    {"microseconds", seconds * 1e6},
                    {"gflops", product.Flops() / seconds * 1e-9}});
  }
  const auto [least, most] =
      std::minmax_element(measured.sums.begin(), measured.sums.end());
  return {{"library", name},
          {"products", rows},
          {"updates_per_second",
           {{"median", 1 / Median(measured.sums)},
            {"min", 1 / *most},
            {"max", 1 / *least}}}};
}

void Print(const nlohmann::json& peaks, const nlohmann::json& all) {
  for (const auto& [name, gflops] : peaks.items()) {
    std::printf("multiply-adds on registers, %s: %.1f GFLOP/s\n", name.c_str(),
                gflops.get<double>());
  }
  for (const nlohmann::json& library : all) {
    const auto& updates = library["updates_per_second"];
    std::printf("\n%s: %.0f updates/s [%.0f, %.0f] from its products alone\n",
                library["library"].get<std::string>().c_str(),
                updates["median"].get<double>(), updates["min"].get<double>(),
                updates["max"].get<double>());
    for (const nlohmann::json& row : library["products"]) {
      std::printf("  %-16s %4dx%3dx%3d  x%d %9.1f us %8.1f GFLOP/s\n",
                  row["form"].get<std::string>().c_str(), row["m"].get<int>(),
                  row["n"].get<int>(), row["k"].get<int>(),
                  row["count"].get<int>(), row["microseconds"].get<double>(),
                  row["gflops"].get<double>());
    }
  }
}

int Main(int argc, char** argv) {
  bool json = false;
  double seconds = 0.002;
  int repetitions = 15;
  CLI::App app("The matrix products of one SAC update");
  app.add_flag("--json", json, "Print JSON");
  app.add_option("--seconds", seconds, "About, of one repetition of one");
  app.add_option("--repetitions", repetitions)->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  at::set_num_threads(1);
  const std::vector<Library> libraries = Libraries();
  const nlohmann::json peaks = Peaks();
  const std::vector<Measured> measured =
      Measure(libraries, seconds, repetitions);
  nlohmann::json all = nlohmann::json::array();
  for (size_t l = 0; l < libraries.size(); ++l) {
    all.push_back(Describe(libraries[l].name, measured[l]));
  }
  if (json) {
    const nlohmann::json result = {{"peak_gflops", peaks}, {"libraries", all}};
    std::printf("%s\n", result.dump(2).c_str());
  } else {
    Print(peaks, all);
  }
  return 0;
}

}  // namespace
}  // namespace softfleet

int main(int argc, char** argv) { return softfleet::Main(argc, argv); }
