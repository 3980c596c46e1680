// SPDX-License-Identifier: Apache-2.0
// Which processors a thread runs on. Thread-safe: free functions.
#ifndef SOFTFLEET_CORE_CPU_LIST_H_
#define SOFTFLEET_CORE_CPU_LIST_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace softfleet {

// "0-3,6" -> {0, 1, 2, 3, 6}, in the order given. InvalidArgument where it is
// no such list, or names the first processor that this process may not use.
absl::StatusOr<std::vector<int>> ParseCpuList(absl::string_view text);

// From now on the calling thread runs on that processor alone.
// FailedPrecondition where the system refuses.
absl::Status RunThisThreadOn(int cpu);

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_CPU_LIST_H_
