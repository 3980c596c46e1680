// SPDX-License-Identifier: Apache-2.0
// Episodes recorded with Gymnasium (tests/data/env_golden, layout in its
// README.md), for tests whose names contain "Golden". Files are read when the
// test runs; every size, limit, argument and perturbation is theirs, so
// SOFTFLEET_ENV_GOLDEN_DIR may name another set of the same layout. Whatever is
// missing or malformed throws std::runtime_error, which GoogleTest reports as
// the failure of the running test. Thread-safe: values.
#ifndef SOFTFLEET_TESTS_ENVIRONMENTS_GOLDEN_DATA_H_
#define SOFTFLEET_TESTS_ENVIRONMENTS_GOLDEN_DATA_H_

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "core/safetensors.h"
#include "environments/environment.h"
#include "environments/registry.h"

namespace softfleet::testing {

// A recorded array as doubles, one row per step.
struct RecordedRows {
  std::vector<double> values;
  size_t rows = 0;

  std::span<const double> operator[](size_t row) const {
    const size_t columns = values.size() / rows;
    return std::span(values).subspan(row * columns, columns);
  }
};

class RecordedEpisode {
 public:
  RecordedEpisode(std::shared_ptr<const SafetensorsContent> file,
                  std::string name, EnvironmentOptions options)
      : file_(std::move(file)), name_(std::move(name)), options_(options) {}

  const std::string& name() const { return name_; }  // "ep0", "tilt/ep1"
  // The environment as Gymnasium made it, limit and arguments.
  const EnvironmentOptions& options() const { return options_; }
  // What `options` say, made.
  std::unique_ptr<Environment> Make() const;
  size_t steps() const;
  bool Has(const std::string& array) const;
  // "info/" + KEY for every KEY of the step's info.
  std::vector<std::string> InfoNames() const;
  // A whole array, e.g. of the start; an array with one row per step.
  std::vector<double> Array(const std::string& array) const;
  RecordedRows Rows(const std::string& array) const;

 private:
  const Tensor& Find(const std::string& array) const;

  std::shared_ptr<const SafetensorsContent> file_;
  std::string name_;
  EnvironmentOptions options_;
};

// One file of a set.
struct Recording {
  std::string environment;  // "HalfCheetah-v5"
  nlohmann::json table;     // its row of metadata.json
  std::shared_ptr<const SafetensorsContent> file;
  std::vector<RecordedEpisode> episodes;

  // A text of the file's metadata, parsed.
  nlohmann::json Metadata(const std::string& key) const;
  // A whole array of the file, e.g. "mass/model/body_mass".
  std::vector<double> Array(const std::string& array) const;
};

// Every environment of metadata.json: those simulated by MuJoCo, or the rest.
std::vector<std::string> RecordedEnvironments(bool mujoco);
// Every environment that has a file of perturbed episodes.
std::vector<std::string> PerturbedEnvironments();

Recording LoadRecording(const std::string& environment);
Recording LoadPerturbedRecording(const std::string& environment);

// gymnasium.make(environment, **arguments).
EnvironmentOptions MakeOptions(const std::string& environment,
                               const nlohmann::json& arguments);

// A step with a recorded action, a vector or an index as the spec says.
absl::StatusOr<StepResult> Play(Environment& environment,
                                std::span<const double> action);

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_ENVIRONMENTS_GOLDEN_DATA_H_
