// SPDX-License-Identifier: Apache-2.0
// Counts what a test program allocates. Whoever links
// softfleet::testing_allocations has every malloc counted, also of libraries
// that are linked into the program: the linker puts __wrap_malloc in its place
// and operator new calls it. Thread-safe.
#ifndef SOFTFLEET_TESTS_TESTING_ALLOCATIONS_H_
#define SOFTFLEET_TESTS_TESTING_ALLOCATIONS_H_

#include <cstdint>

namespace softfleet::testing {

// Of the whole program, until now.
int64_t Allocations();

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_TESTING_ALLOCATIONS_H_
