// SPDX-License-Identifier: Apache-2.0
// Loads the golden vectors of tests/data/golden (its README.md names every
// array) and compares with them. Used only by tests whose names contain
// "Golden"; everything is read when the test runs, so another set of the same
// layout can stand in through SOFTFLEET_GOLDEN_DIR. Thread-safe: free
// functions over values.
#ifndef SOFTFLEET_TESTS_TESTING_GOLDEN_H_
#define SOFTFLEET_TESTS_TESTING_GOLDEN_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/safetensors.h"

namespace softfleet::testing {

// $SOFTFLEET_GOLDEN_DIR if it is set and not empty, else tests/data/golden of
// the source tree.
std::string GoldenDirectory();

// One case: <name>.json and <name>.safetensors.
struct GoldenCase {
  std::string name;
  nlohmann::json json;        // the whole file
  SafetensorsContent arrays;  // floats are F64, sac_real's inputs F32

  // Hyperparameters of an update case: json["config"]. Throws (and so fails
  // the test) where there is none.
  const nlohmann::json& config() const { return json.at("config"); }
};

// NotFound names the file that is missing; tests must let that fail them:
// `LoadGoldenCase("sac_tiny").value()` does.
absl::StatusOr<GoldenCase> LoadGoldenCase(const std::string& name);

// The names of all cases of the directory, sorted. NotFound without one.
absl::StatusOr<std::vector<std::string>> GoldenCaseNames();

bool HasGoldenArray(const GoldenCase& golden, const std::string& array);

// The array as doubles, row-major, or its shape. Where it is missing these
// throw std::runtime_error naming case and array: GoogleTest reports that as
// the running test's failure and goes on with the next one.
std::vector<double> GoldenArray(const GoldenCase& golden,
                                const std::string& array);
Shape GoldenShape(const GoldenCase& golden, const std::string& array);

// Part `index` along the first dimension, e.g. update `index` (from 0) of a
// batch/ array. Throws like GoldenArray, also where there is no such part.
std::vector<double> GoldenSlice(const GoldenCase& golden,
                                const std::string& array, int64_t index);

// max_i |actual_i - expected_i| / max(1, |expected_i|). Infinite where a
// number is NaN or the sizes differ; equal infinities count as 0.
double MaxRelativeError(std::span<const double> expected,
                        std::span<const double> actual);
double MaxRelativeError(std::span<const double> expected,
                        std::span<const float> actual);

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_TESTING_GOLDEN_H_
