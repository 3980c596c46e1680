// SPDX-License-Identifier: Apache-2.0
// Reads Prometheus's text format 0.0.4 as a scraper does.
#ifndef SOFTFLEET_TESTS_CORE_EXPOSITION_H_
#define SOFTFLEET_TESTS_CORE_EXPOSITION_H_

#include <cstdlib>
#include <map>
#include <sstream>
#include <string>

namespace softfleet {

// Values by what stands before them: "sac_x_total", "sac_y{a=\"b\"}".
inline std::map<std::string, double> ParseExposition(const std::string& text) {
  std::map<std::string, double> values;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t space = line.rfind(' ');
    if (line.empty() || line[0] == '#' || space == std::string::npos) continue;
    values[line.substr(0, space)] =
        std::strtod(line.c_str() + space + 1, nullptr);
  }
  return values;
}

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_CORE_EXPOSITION_H_
