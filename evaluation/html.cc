// SPDX-License-Identifier: Apache-2.0
#include "evaluation/html.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace softfleet {
namespace {

constexpr double kTooLong = 1e15;  // to be written out
constexpr char kNone[] = "–";
constexpr char kMinus[] = "−";
constexpr char kReplacement[] = "\xEF\xBF\xBD";  // U+FFFD

// Bytes of the UTF-8 sequence at the start of `text`; 0 if there is none.
// Overlong forms and surrogates count as none.
size_t SequenceLength(absl::string_view text) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto follows = [&](size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first < 0xF0) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) >= 0xA0;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first < 0xF5) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool beyond = first == 0xF4 && byte(1) >= 0x90;
    return follows(1) && follows(2) && follows(3) && !overlong && !beyond ? 4
                                                                          : 0;
  }
  return 0;
}

// What stands for one ASCII character.
std::string Escaped(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      break;
  }
  const bool control = (c >= 0 && c < ' ') || c == '\x7F';
  return control && c != '\n' && c != '\t' ? "" : std::string(1, c);
}

// Puts commas into the digits before the point of a plain decimal number.
std::string Grouped(const std::string& number) {
  const size_t point = std::min(number.find('.'), number.size());
  std::string grouped;
  for (size_t i = 0; i < number.size(); ++i) {
    if (i > 0 && i < point && (point - i) % 3 == 0) grouped += ',';
    grouped += number[i];
  }
  return grouped;
}

}  // namespace

std::string EscapeHtml(absl::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0) {
      escaped += kReplacement;
    } else if (length == 1) {
      escaped += Escaped(text[0]);
    } else {
      absl::StrAppend(&escaped, text.substr(0, length));
    }
    text.remove_prefix(std::max<size_t>(1, length));
  }
  return escaped;
}

std::string GroupedDigits(uint64_t value) {
  return Grouped(absl::StrCat(value));
}

std::string FixedNumber(double value, int decimals) {
  if (!std::isfinite(value)) return kNone;
  if (std::fabs(value) >= kTooLong) return SignificantNumber(value);
  const std::string digits =
      Grouped(absl::StrFormat("%.*f", decimals, std::fabs(value)));
  const bool zero = digits.find_first_of("123456789") == std::string::npos;
  return absl::StrCat(value < 0 && !zero ? kMinus : "", digits);
}

std::string SignificantNumber(double value, int digits) {
  if (!std::isfinite(value)) return kNone;
  if (value == 0) return "0";
  const int magnitude =
      static_cast<int>(std::floor(std::log10(std::fabs(value))));
  if (magnitude >= -4 && std::fabs(value) < kTooLong) {
    return FixedNumber(value, std::max(0, digits - 1 - magnitude));
  }
  const std::string text =
      absl::StrFormat("%.*e", digits - 1, std::fabs(value));
  const size_t e = text.find('e');
  const size_t exponent = text.find_first_not_of('0', e + 2);
  return absl::StrCat(value < 0 ? kMinus : "", text.substr(0, e), "e",
                      text[e + 1] == '-' ? kMinus : "", text.substr(exponent));
}

std::string Percent(double share) {
  if (!std::isfinite(share)) return kNone;
  const double tenths = std::round(1000 * share);
  const bool fine = std::fabs(tenths) < 100 && std::fmod(tenths, 10) != 0;
  return absl::StrCat(FixedNumber(100 * share, fine ? 1 : 0), "%");
}

std::string DurationText(double seconds) {
  if (!(seconds >= 0 && seconds < kTooLong)) return kNone;
  if (seconds < 1) return absl::StrFormat("%.0f ms", 1000 * seconds);
  const auto total = static_cast<int64_t>(std::lround(seconds));
  if (total < 60) return absl::StrFormat("%d s", total);
  if (total < 3600) {
    return absl::StrFormat("%d min %02d s", total / 60, total % 60);
  }
  return absl::StrFormat("%d h %02d min", total / 3600, total / 60 % 60);
}

}  // namespace softfleet
