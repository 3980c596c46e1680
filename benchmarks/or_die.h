// SPDX-License-Identifier: Apache-2.0
// A benchmark has nothing to say where something fails: it ends, with the
// reason.
#ifndef SOFTFLEET_BENCHMARKS_OR_DIE_H_
#define SOFTFLEET_BENCHMARKS_OR_DIE_H_

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/status/statusor.h"

namespace softfleet {

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "%s\n", value.status().ToString().c_str());
  std::exit(1);
}

inline void Check(const absl::Status& status) {
  if (!status.ok()) OrDie(absl::StatusOr<int>(status));
}

}  // namespace softfleet

#endif  // SOFTFLEET_BENCHMARKS_OR_DIE_H_
