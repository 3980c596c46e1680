// SPDX-License-Identifier: Apache-2.0
#include "cli/seed_list.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/status.h"

namespace softfleet {
namespace {

absl::Status Refuse(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(
      "--seeds ", text, ": ", why, "; write a list like 0-7 or 1,4,9-11"));
}

// Adds the seeds of one part, "4" or "9-11".
absl::Status AddPart(absl::string_view text, absl::string_view part,
                     std::vector<uint64_t>* seeds) {
  const std::vector<absl::string_view> ends = absl::StrSplit(part, '-');
  uint64_t first = 0, last = 0;
  if (ends.size() > 2 || !absl::SimpleAtoi(ends.front(), &first) ||
      !absl::SimpleAtoi(ends.back(), &last)) {
    return Refuse(text, absl::StrCat("\"", part, "\" is no seed"));
  }
  if (last < first) {
    return Refuse(text, absl::StrCat("the range ", part, " runs backwards"));
  }
  if (last - first >= kMostSeeds - seeds->size()) {
    return Refuse(text, absl::StrCat("more than ", kMostSeeds, " seeds"));
  }
  for (uint64_t seed = first;; ++seed) {
    seeds->push_back(seed);
    if (seed == last) return absl::OkStatus();
  }
}

}  // namespace

absl::StatusOr<std::vector<uint64_t>> ParseSeedList(absl::string_view text) {
  std::vector<uint64_t> seeds;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    SF_RETURN_IF_ERROR(AddPart(text, part, &seeds));
  }
  std::sort(seeds.begin(), seeds.end());
  const auto twice = std::adjacent_find(seeds.begin(), seeds.end());
  if (twice != seeds.end()) {
    return Refuse(text, absl::StrCat("seed ", *twice, " comes twice"));
  }
  return seeds;
}

std::string FormatSeedList(const std::vector<uint64_t>& seeds) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < seeds.size();) {
    size_t end = i + 1;
    while (end < seeds.size() && seeds[end] == seeds[end - 1] + 1) ++end;
    parts.push_back(end - i == 1 ? absl::StrCat(seeds[i])
                                 : absl::StrCat(seeds[i], "-", seeds[end - 1]));
    i = end;
  }
  return absl::StrJoin(parts, ",");
}

}  // namespace softfleet
