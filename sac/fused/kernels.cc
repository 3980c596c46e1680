// SPDX-License-Identifier: Apache-2.0
#include "sac/fused/kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "core/instruction_set.h"
#include "sac/fused/kernel_sets.h"

namespace softfleet::fused {
namespace {

#if defined(__x86_64__)
// The tiles' state is large: the kernel saves it only for processes that ask.
bool MayUseTiles() {
#if defined(__linux__)
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

bool HasTiles() {
  unsigned a, b, c, d;
  constexpr unsigned kSavesState = 1u << 27;           // 1, ECX: OSXSAVE
  constexpr unsigned kTileBits = 1u << 24 | 1u << 22;  // 7, EDX: tile, bf16
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & kSavesState)) return false;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  if ((d & kTileBits) != kTileBits) return false;
  asm volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
  constexpr unsigned kTileState = 3u << 17;
  static const bool permitted = MayUseTiles();
  return (a & kTileState) == kTileState && permitted;
}

bool HasAvx512BFloat16() {
  return __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512bf16");
}
#endif

void AppendFull(std::vector<const Kernels<float>*>* found) {
#if defined(__x86_64__)
  if (HasInstructionSet("avx512")) found->push_back(&kAvx512Float);
  if (HasInstructionSet("avx2")) found->push_back(&kAvx2Float);
#endif
  found->push_back(&kPlainFloat);
}

void AppendFull(std::vector<const Kernels<double>*>* found) {
#if defined(__x86_64__)
  if (HasInstructionSet("avx512")) found->push_back(&kAvx512Double);
  if (HasInstructionSet("avx2")) found->push_back(&kAvx2Double);
#endif
  found->push_back(&kPlainDouble);
}

void AppendBFloat16(std::vector<const Kernels<float>*>* found) {
#if defined(__x86_64__)
  if (!HasAvx512BFloat16()) return;
  if (HasTiles()) found->push_back(&kAmxBFloat16);
  found->push_back(&kAvx512BFloat16);
#endif
}

void AppendBFloat16(std::vector<const Kernels<double>*>*) {}

}  // namespace

template <typename T>
std::vector<const Kernels<T>*> AvailableKernels(MatrixPrecision precision) {
  std::vector<const Kernels<T>*> found;
  if (precision == MatrixPrecision::kFull) {
    AppendFull(&found);
  } else {
    AppendBFloat16(&found);
  }
  return found;
}

template <typename T>
const Kernels<T>* ChooseKernels(MatrixPrecision precision, std::string* error) {
  const std::vector<const Kernels<T>*> available =
      AvailableKernels<T>(precision);
  if (available.empty()) {
    *error =
        "this processor multiplies no bfloat16 for this type (it has neither "
        "amx_bf16 nor avx512_bf16, or the type is double); use full precision";
    return nullptr;
  }
  return ChooseInstructionSet(available, error);
}

template std::vector<const Kernels<float>*> AvailableKernels(MatrixPrecision);
template std::vector<const Kernels<double>*> AvailableKernels(MatrixPrecision);
template const Kernels<float>* ChooseKernels(MatrixPrecision, std::string*);
template const Kernels<double>* ChooseKernels(MatrixPrecision, std::string*);

}  // namespace softfleet::fused
