// SPDX-License-Identifier: Apache-2.0
#include "sac/fused/kernels.h"

#include <cstdlib>

#include "sac/fused/kernel_sets.h"

namespace softfleet::fused {
namespace {

#if defined(__x86_64__)
bool HasAvx512() { return __builtin_cpu_supports("avx512f"); }
bool HasAvx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

void AppendFull(std::vector<const Kernels<float>*>* found) {
#if defined(__x86_64__)
  if (HasAvx512()) found->push_back(&kAvx512Float);
  if (HasAvx2()) found->push_back(&kAvx2Float);
#endif
  found->push_back(&kPlainFloat);
}

void AppendFull(std::vector<const Kernels<double>*>* found) {
#if defined(__x86_64__)
  if (HasAvx512()) found->push_back(&kAvx512Double);
  if (HasAvx2()) found->push_back(&kAvx2Double);
#endif
  found->push_back(&kPlainDouble);
}

template <typename T>
std::string Names(const std::vector<const Kernels<T>*>& kernels) {
  std::string names;
  for (const Kernels<T>* one : kernels) {
    if (!names.empty()) names += ", ";
    names += one->name;
  }
  return names;
}

}  // namespace

template <typename T>
std::vector<const Kernels<T>*> AvailableKernels(MatrixPrecision precision) {
  std::vector<const Kernels<T>*> found;
  if (precision == MatrixPrecision::kFull) AppendFull(&found);
  return found;
}

template <typename T>
const Kernels<T>* ChooseKernels(MatrixPrecision precision, std::string* error) {
  const std::vector<const Kernels<T>*> available =
      AvailableKernels<T>(precision);
  if (available.empty()) {
    *error =
        "this processor multiplies no bfloat16 (it has neither amx_bf16 nor "
        "avx512_bf16); use float32";
    return nullptr;
  }
  const char* wanted = std::getenv("SOFTFLEET_ISA");
  if (wanted == nullptr || *wanted == '\0') return available.front();
  for (const Kernels<T>* kernels : available) {
    if (std::string(kernels->name) == wanted) return kernels;
  }
  *error = std::string("SOFTFLEET_ISA is \"") + wanted +
           "\", which this processor has no kernels for; there are " +
           Names(available) + "; unset it to take the first";
  return nullptr;
}

template std::vector<const Kernels<float>*> AvailableKernels(MatrixPrecision);
template std::vector<const Kernels<double>*> AvailableKernels(MatrixPrecision);
template const Kernels<float>* ChooseKernels(MatrixPrecision, std::string*);
template const Kernels<double>* ChooseKernels(MatrixPrecision, std::string*);

}  // namespace softfleet::fused
