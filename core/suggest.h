// SPDX-License-Identifier: Apache-2.0
// "did you mean": the known name nearest to a misspelt one. Thread-safe: free
// functions.
#ifndef SOFTFLEET_CORE_SUGGEST_H_
#define SOFTFLEET_CORE_SUGGEST_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace softfleet {

// Insertions, deletions and replacements of one character that turn `a` into
// `b` (Levenshtein 1966), upper and lower case being equal.
size_t EditDistance(absl::string_view a, absl::string_view b);

// "; did you mean \"x\"?" to append to an error, for the name in `known`
// nearest to `wanted` (the first of several), or "" when none is near: more
// than a third of the wanted characters, and more than two, differ.
std::string DidYouMean(absl::string_view wanted,
                       const std::vector<std::string>& known);

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_SUGGEST_H_
