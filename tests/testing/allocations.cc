// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/allocations.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<int64_t> allocations = 0;
}  // namespace

extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names.
void* __real_malloc(size_t size);
void* __wrap_malloc(size_t size) {
  ++allocations;
  return __real_malloc(size);
}
// NOLINTEND(bugprone-reserved-identifier)
}

void* operator new(size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace softfleet::testing {

int64_t Allocations() { return allocations; }

}  // namespace softfleet::testing
