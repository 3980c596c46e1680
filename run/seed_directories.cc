// SPDX-License-Identifier: Apache-2.0
#include "run/seed_directories.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/status.h"

namespace softfleet {
namespace {

constexpr char kPrefix[] = "seed-";

}  // namespace

std::string SeedDirectory(const std::string& panel_dir, uint64_t seed) {
  return JoinPath(panel_dir, absl::StrCat(kPrefix, seed));
}

absl::StatusOr<std::vector<uint64_t>> SeedsIn(FileSystem& files,
                                              const std::string& panel_dir) {
  std::vector<uint64_t> seeds;
  if (!files.Exists(JoinPath(panel_dir, "."))) return seeds;
  SF_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                      files.List(panel_dir));
  for (absl::string_view name : names) {
    uint64_t seed = 0;
    if (absl::ConsumePrefix(&name, kPrefix) && absl::SimpleAtoi(name, &seed) &&
        files.Exists(JoinPath(SeedDirectory(panel_dir, seed), "run.json"))) {
      seeds.push_back(seed);
    }
  }
  std::sort(seeds.begin(), seeds.end());
  return seeds;
}

}  // namespace softfleet
