// SPDX-License-Identifier: Apache-2.0
// Several seeds as a person writes them. Thread-safe: free functions.
#ifndef SOFTFLEET_CLI_SEED_LIST_H_
#define SOFTFLEET_CLI_SEED_LIST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace softfleet {

// "0-7" or "1,4,9-11", in ascending order. InvalidArgument names what is no
// seed, a range that runs backwards, a seed that comes twice, or more seeds
// than a panel may have (kMostSeeds).
inline constexpr size_t kMostSeeds = 256;
absl::StatusOr<std::vector<uint64_t>> ParseSeedList(absl::string_view text);

// The reverse, as short as it can be: "0-3,7". `seeds` ascending.
std::string FormatSeedList(const std::vector<uint64_t>& seeds);

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_SEED_LIST_H_
