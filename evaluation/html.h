// SPDX-License-Identifier: Apache-2.0
// Text and numbers as a page shows them. Thread-safe: free functions.
#ifndef SOFTFLEET_EVALUATION_HTML_H_
#define SOFTFLEET_EVALUATION_HTML_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace softfleet {

// Safe in text and in quoted attributes, of HTML and of XML: escapes & < > "
// ', drops the control characters that neither may hold, and puts U+FFFD for
// each byte that is not UTF-8.
std::string EscapeHtml(absl::string_view text);

// "1,234,567".
std::string GroupedDigits(uint64_t value);

// With `decimals` digits after the point, grouped, and a true minus sign:
// "−1,234.5"; with an exponent from 1e15 on. "–" where there is no finite
// number.
std::string FixedNumber(double value, int decimals);

// With about `digits` significant digits: "0.0307", "−136.1", "1.2e−7",
// "20,000". "–" where there is no finite number.
std::string SignificantNumber(double value, int digits = 4);

// "95%"; below 10% with a decimal unless that is 0. `share` in [0, 1].
std::string Percent(double share);

// "850 ms", "57 s", "3 min 07 s", "1 h 02 min"; "–" for what is no time.
std::string DurationText(double seconds);

}  // namespace softfleet

#endif  // SOFTFLEET_EVALUATION_HTML_H_
