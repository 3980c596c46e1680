// SPDX-License-Identifier: Apache-2.0
// Counts in messages: "1 row", "2 rows". Thread-safe.
#ifndef SOFTFLEET_CORE_PLURAL_H_
#define SOFTFLEET_CORE_PLURAL_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace softfleet {

// `noun` is the singular of one that takes an "s".
inline std::string Counted(uint64_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_PLURAL_H_
