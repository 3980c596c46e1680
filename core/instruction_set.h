// SPDX-License-Identifier: Apache-2.0
// Code that is compiled once per instruction set and chosen when the program
// runs: what this processor has, and what the environment variable
// SOFTFLEET_ISA asks for. C++17, standard library only.
#ifndef SOFTFLEET_CORE_INSTRUCTION_SET_H_
#define SOFTFLEET_CORE_INSTRUCTION_SET_H_

#include <cstddef>
#include <cstdlib>
#include <string>
#include <vector>

namespace softfleet {

constexpr const char* kInstructionSetVariable = "SOFTFLEET_ISA";

// "avx512", "avx2" (with FMA) or "x86-64-v2", which stands for any processor's.
inline bool HasInstructionSet(const std::string& name) {
#if defined(__x86_64__)
  if (name == "avx512") return __builtin_cpu_supports("avx512f");
  if (name == "avx2") {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  }
#endif
  return name == "x86-64-v2";
}

// The element of `available`, best first, whose name the variable is: the first
// if it is unset or empty. Null if there is none such; then *error says so.
// Elements are pointers to something with a name.
template <typename T>
const T* ChooseInstructionSet(const std::vector<const T*>& available,
                              std::string* error) {
  const char* wanted = std::getenv(kInstructionSetVariable);
  if (wanted == nullptr || *wanted == '\0') return available.front();
  std::string names;
  for (const T* one : available) {
    if (std::string(one->name) == wanted) return one;
    names += (names.empty() ? "" : ", ") + std::string(one->name);
  }
  *error = std::string(kInstructionSetVariable) + " is \"" + wanted +
           "\", which this processor has no kernels for; there are " + names +
           "; unset it to take the first";
  return nullptr;
}

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_INSTRUCTION_SET_H_
