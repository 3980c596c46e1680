// SPDX-License-Identifier: Apache-2.0
// Tests of code that is compiled for several instruction sets, on each one.
#ifndef SOFTFLEET_TESTS_TESTING_INSTRUCTION_SETS_H_
#define SOFTFLEET_TESTS_TESTING_INSTRUCTION_SETS_H_

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "absl/strings/str_replace.h"
#include "core/instruction_set.h"

namespace softfleet::testing {

// What SOFTFLEET_ISA may name, whether this processor has it or not. (For
// products in bfloat16 there are other names.)
constexpr const char* kInstructionSets[] = {"avx512", "avx2", "x86-64-v2"};

// Sets SOFTFLEET_ISA (unsets it if null) until it goes.
class ScopedInstructionSet {
 public:
  explicit ScopedInstructionSet(const char* name) {
    const char* before = std::getenv(kInstructionSetVariable);
    if (before != nullptr) before_ = before;
    Set(name);
  }
  ~ScopedInstructionSet() { Set(before_ ? before_->c_str() : nullptr); }
  ScopedInstructionSet(const ScopedInstructionSet&) = delete;
  ScopedInstructionSet& operator=(const ScopedInstructionSet&) = delete;

 private:
  static void Set(const char* name) {
    if (name == nullptr) {
      unsetenv(kInstructionSetVariable);
    } else {
      setenv(kInstructionSetVariable, name, 1);
    }
  }

  std::optional<std::string> before_;
};

// A test's name may not have a hyphen.
inline std::string InstructionSetTestName(const std::string& name) {
  return absl::StrReplaceAll(name, {{"-", "_"}});
}

}  // namespace softfleet::testing

// In a test's body or SetUp().
#define SKIP_WITHOUT_INSTRUCTION_SET(name)            \
  if (!::softfleet::HasInstructionSet(name)) {        \
    GTEST_SKIP() << "this processor has no " << name; \
  }                                                   \
  static_assert(true)

#endif  // SOFTFLEET_TESTS_TESTING_INSTRUCTION_SETS_H_
