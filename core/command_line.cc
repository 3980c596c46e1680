// SPDX-License-Identifier: Apache-2.0
#include "core/command_line.h"

#include "absl/strings/str_cat.h"

namespace softfleet {

std::string ShellQuote(const std::string& word) {
  const std::string plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
      "_-./=:,+@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
    return word;
  }
  std::string quoted = "'";
  for (char c : word) {
    quoted += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return quoted + "'";
}

std::string CommandLine(int argc, const char* const* argv) {
  std::string line;
  for (int i = 0; i < argc; ++i) {
    absl::StrAppend(&line, i > 0 ? " " : "", ShellQuote(argv[i]));
  }
  return line;
}

}  // namespace softfleet
