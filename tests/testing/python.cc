// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/python.h"

#include <unistd.h>

#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace softfleet::testing {

absl::StatusOr<std::string> TestPython() {
  const char* chosen = std::getenv("SOFTFLEET_TEST_PYTHON");
  const std::string python =
      chosen != nullptr && *chosen != '\0' ? chosen : SOFTFLEET_TEST_PYTHON;
  if (access(python.c_str(), X_OK) == 0) return python;
  return absl::NotFoundError(absl::StrCat(
      "there is no Python for tests at ", python,
      "; run `scripts/setup --python`, or set SOFTFLEET_TEST_PYTHON to an "
      "interpreter that has the packages of scripts/python-tests.txt"));
}

}  // namespace softfleet::testing
