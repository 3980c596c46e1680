// SPDX-License-Identifier: Apache-2.0
#include "core/suggest.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace softfleet {

size_t EditDistance(absl::string_view a, absl::string_view b) {
  // row[j] = distance of the characters of `a` read so far to b[0, j).
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (const char c : a) {
    size_t diagonal = row[0]++;
    for (size_t j = 0; j < b.size(); ++j) {
      const bool same = absl::ascii_tolower(c) == absl::ascii_tolower(b[j]);
      const size_t replaced = diagonal + (same ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string DidYouMean(absl::string_view wanted,
                       const std::vector<std::string>& known) {
  const size_t limit = std::max<size_t>(2, wanted.size() / 3);
  const std::string* nearest = nullptr;
  size_t least = limit + 1;
  for (const std::string& name : known) {
    const size_t distance = EditDistance(wanted, name);
    if (distance >= least) continue;
    least = distance;
    nearest = &name;
  }
  if (nearest == nullptr) return "";
  return absl::StrCat("; did you mean \"", *nearest, "\"?");
}

}  // namespace softfleet
