// SPDX-License-Identifier: Apache-2.0
// Rows of texts as an aligned table for a terminal. Thread-safe: a free
// function.
#ifndef SOFTFLEET_EVALUATION_TEXT_TABLE_H_
#define SOFTFLEET_EVALUATION_TEXT_TABLE_H_

#include <cstddef>
#include <string>
#include <vector>

namespace softfleet {

using TextRow = std::vector<std::string>;

// A line per row, all of one size. The first `left` columns are aligned to the
// left, the others to the right.
std::string FormatTextTable(const std::vector<TextRow>& rows, size_t left = 0);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_TEXT_TABLE_H_
