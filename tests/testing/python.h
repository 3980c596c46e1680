// SPDX-License-Identifier: Apache-2.0
// The Python of tests that compare with, or drive, Python packages: Gymnasium
// with MuJoCo and Box2D, NumPy, grpcio with protobuf, safetensors, pytest, mypy
// (scripts/python-tests.txt pins them; `scripts/setup --python` makes it, and
// `make test` runs that first). It is used through its interpreter alone:
// `<interpreter> -m pytest`, never a command beside it.
//
// Such a test is skipped by name where there is no such Python:
//
//   const absl::StatusOr<std::string> python = TestPython();
//   if (!python.ok()) GTEST_SKIP() << python.status().message();
//
// A test that is written in Python is declared with softfleet_python_test
// (cmake/Softfleet.cmake), which follows the same rule. Thread-safe.
#ifndef SOFTFLEET_TESTS_TESTING_PYTHON_H_
#define SOFTFLEET_TESTS_TESTING_PYTHON_H_

#include <string>

#include "absl/status/statusor.h"

namespace softfleet::testing {

// $SOFTFLEET_TEST_PYTHON if it is set and not empty, else the interpreter in
// the cache folder the build was configured with; looked for when it is called.
// NotFound says which file is missing and what to do.
absl::StatusOr<std::string> TestPython();

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_TESTING_PYTHON_H_
