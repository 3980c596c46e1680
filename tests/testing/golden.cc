// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/golden.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "core/status.h"

namespace softfleet::testing {
namespace {

const Tensor& FindOrThrow(const GoldenCase& golden, const std::string& array) {
  const auto found = golden.arrays.tensors.find(array);
  if (found == golden.arrays.tensors.end()) {
    throw std::runtime_error(
        absl::StrCat("golden case ", golden.name, " has no array ", array));
  }
  return found->second;
}

double RelativeError(double expected, double actual) {
  if (expected == actual) return 0;
  const double error =
      std::abs(actual - expected) / std::max(1.0, std::abs(expected));
  return std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
}

template <typename T>
double MaxError(std::span<const double> expected, std::span<const T> actual) {
  if (expected.size() != actual.size()) {
    return std::numeric_limits<double>::infinity();
  }
  double largest = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(
        largest, RelativeError(expected[i], static_cast<double>(actual[i])));
  }
  return largest;
}

}  // namespace

std::string GoldenDirectory() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets it meanwhile
  const char* directory = std::getenv("SOFTFLEET_GOLDEN_DIR");
  if (directory != nullptr && *directory != '\0') return directory;
  return JoinPath(SOFTFLEET_SOURCE_DIR, "tests/data/golden");
}

absl::StatusOr<GoldenCase> LoadGoldenCase(const std::string& name) {
  const std::string stem = JoinPath(GoldenDirectory(), name);
  GoldenCase golden;
  golden.name = name;
  SF_ASSIGN_OR_RETURN(const std::string text,
                      RealFileSystem().Read(absl::StrCat(stem, ".json")));
  golden.json =
      nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (golden.json.is_discarded()) {
    return absl::InvalidArgumentError(absl::StrCat(stem, ".json: not JSON"));
  }
  SF_ASSIGN_OR_RETURN(
      golden.arrays,
      ReadSafetensors(RealFileSystem(), absl::StrCat(stem, ".safetensors")));
  return golden;
}

absl::StatusOr<std::vector<std::string>> GoldenCaseNames() {
  constexpr absl::string_view kSuffix = ".safetensors";
  SF_ASSIGN_OR_RETURN(const std::vector<std::string> files,
                      RealFileSystem().List(GoldenDirectory()));
  std::vector<std::string> names;
  for (const std::string& file : files) {
    if (absl::EndsWith(file, kSuffix)) {
      names.push_back(file.substr(0, file.size() - kSuffix.size()));
    }
  }
  return names;
}

bool HasGoldenArray(const GoldenCase& golden, const std::string& array) {
  return golden.arrays.tensors.contains(array);
}

std::vector<double> GoldenArray(const GoldenCase& golden,
                                const std::string& array) {
  return FindOrThrow(golden, array).AsDouble();
}

Shape GoldenShape(const GoldenCase& golden, const std::string& array) {
  return FindOrThrow(golden, array).shape;
}

std::vector<double> GoldenSlice(const GoldenCase& golden,
                                const std::string& array, int64_t index) {
  const Tensor& tensor = FindOrThrow(golden, array);
  if (tensor.shape.empty() || index < 0 || index >= tensor.shape.front()) {
    throw std::runtime_error(absl::StrCat("golden case ", golden.name, ": ",
                                          array, " ", ShapeString(tensor.shape),
                                          " has no part ", index));
  }
  const std::vector<double> all = tensor.AsDouble();
  const auto size = static_cast<int64_t>(all.size()) / tensor.shape.front();
  return {all.begin() + index * size, all.begin() + (index + 1) * size};
}

double MaxRelativeError(std::span<const double> expected,
                        std::span<const double> actual) {
  return MaxError(expected, actual);
}

double MaxRelativeError(std::span<const double> expected,
                        std::span<const float> actual) {
  return MaxError(expected, actual);
}

}  // namespace softfleet::testing
