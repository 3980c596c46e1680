// SPDX-License-Identifier: Apache-2.0
// The directory of a seed panel: one run per seed, each in a run directory of
// its own, seed-<n>. Thread-safe: free functions.
#ifndef SOFTFLEET_RUN_SEED_DIRECTORIES_H_
#define SOFTFLEET_RUN_SEED_DIRECTORIES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/file_system.h"

namespace softfleet {

// "<panel_dir>/seed-<seed>".
std::string SeedDirectory(const std::string& panel_dir, uint64_t seed);

// The seeds that have a run there, ascending; none where there is no such
// directory.
absl::StatusOr<std::vector<uint64_t>> SeedsIn(FileSystem& files,
                                              const std::string& panel_dir);

}  // namespace softfleet

#endif  // SOFTFLEET_RUN_SEED_DIRECTORIES_H_
