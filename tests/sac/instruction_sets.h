// SPDX-License-Identifier: Apache-2.0
// Tests on each path of the fused update: every name that the environment
// variable SOFTFLEET_ISA may have, whether this processor can run it or not.
#ifndef SOFTFLEET_TESTS_SAC_INSTRUCTION_SETS_H_
#define SOFTFLEET_TESTS_SAC_INSTRUCTION_SETS_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

#include "absl/strings/str_replace.h"
#include "sac/fused/kernels.h"

namespace softfleet {

constexpr const char* kInstructionSets[] = {"avx512", "avx2", "x86-64-v2"};
constexpr const char* kBFloat16InstructionSets[] = {"amx_bf16", "avx512_bf16"};

inline bool HasInstructionSet(const std::string& name) {
  for (const auto precision :
       {fused::MatrixPrecision::kFull, fused::MatrixPrecision::kBFloat16}) {
    const auto available = fused::AvailableKernels<float>(precision);
    if (std::any_of(available.begin(), available.end(),
                    [&](const auto* kernels) { return kernels->name == name; }))
      return true;
  }
  return false;
}

// Sets SOFTFLEET_ISA (unsets it if null) until it goes.
class ScopedInstructionSet {
 public:
  explicit ScopedInstructionSet(const char* name) {
    if (const char* before = std::getenv(kVariable)) before_ = before;
    Set(name);
  }
  ~ScopedInstructionSet() { Set(before_ ? before_->c_str() : nullptr); }
  ScopedInstructionSet(const ScopedInstructionSet&) = delete;
  ScopedInstructionSet& operator=(const ScopedInstructionSet&) = delete;

 private:
  static constexpr const char* kVariable = "SOFTFLEET_ISA";
  static void Set(const char* name) {
    name == nullptr ? unsetenv(kVariable) : setenv(kVariable, name, 1);
  }

  std::optional<std::string> before_;
};

// A test's name may not have a hyphen.
inline std::string InstructionSetTestName(const std::string& name) {
  return absl::StrReplaceAll(name, {{"-", "_"}});
}

}  // namespace softfleet

// In a test's body or SetUp().
#define SKIP_WITHOUT_INSTRUCTION_SET(name)                          \
  if (!::softfleet::HasInstructionSet(name)) {                      \
    GTEST_SKIP() << "this processor has no kernels for " << (name); \
  }                                                                 \
  static_assert(true)

#endif  // SOFTFLEET_TESTS_SAC_INSTRUCTION_SETS_H_
