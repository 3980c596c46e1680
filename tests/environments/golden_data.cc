// SPDX-License-Identifier: Apache-2.0
#include "tests/environments/golden_data.h"

#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/file_system.h"

namespace softfleet::testing {
namespace {

using Json = nlohmann::json;

constexpr absl::string_view kSuffix = ".safetensors";

std::string Directory() {
  const char* const given =
      std::getenv("SOFTFLEET_ENV_GOLDEN_DIR");  // NOLINT: no setenv here
  if (given != nullptr && *given != '\0') return given;
  return SOFTFLEET_SOURCE_DIR "/tests/data/env_golden";
}

template <typename T>
T OrThrow(absl::StatusOr<T> value) {
  if (!value.ok())
    throw std::runtime_error(std::string(value.status().message()));
  return *std::move(value);
}

Json ReadSetMetadata() {
  return Json::parse(
      OrThrow(RealFileSystem().Read(JoinPath(Directory(), "metadata.json"))));
}

EnvironmentSetting MakeSetting(const std::string& name, const Json& value) {
  EnvironmentSetting setting;
  setting.name = name;
  if (value.is_boolean()) {
    setting.flag = value.get<bool>();
  } else if (value.is_string()) {
    setting.text = value.get<std::string>();
  } else if (value.is_array()) {
    setting.numbers = value.get<std::vector<double>>();
  } else {
    setting.numbers = {value.get<double>()};
  }
  return setting;
}

// With the table's limit where the arguments have none.
EnvironmentOptions MakeRecordedOptions(const Recording& recording,
                                       const Json& arguments) {
  EnvironmentOptions options = MakeOptions(recording.environment, arguments);
  if (!options.max_episode_steps.has_value()) {
    options.max_episode_steps =
        recording.table.at("max_episode_steps").get<int64_t>();
  }
  return options;
}

Recording LoadFile(const std::string& environment, const std::string& file) {
  Recording recording;
  recording.environment = environment;
  const Json metadata = ReadSetMetadata();
  for (const Json& row : metadata.at("envs")) {
    if (row.at("id") == environment) recording.table = row;
  }
  recording.file = std::make_shared<const SafetensorsContent>(OrThrow(
      ReadSafetensors(RealFileSystem(),
                      JoinPath(Directory(), absl::StrCat(file, kSuffix)))));
  return recording;
}

}  // namespace

std::unique_ptr<Environment> RecordedEpisode::Make() const {
  return OrThrow(MakeEnvironment(options_));
}

const Tensor& RecordedEpisode::Find(const std::string& array) const {
  return *OrThrow(file_->Find(absl::StrCat(name_, "/", array)));
}

size_t RecordedEpisode::steps() const {
  return static_cast<size_t>(Find("reward").shape.at(0));
}

bool RecordedEpisode::Has(const std::string& array) const {
  return file_->tensors.contains(absl::StrCat(name_, "/", array));
}

std::vector<std::string> RecordedEpisode::InfoNames() const {
  const std::string prefix = absl::StrCat(name_, "/info/");
  std::vector<std::string> names;
  for (const auto& [name, tensor] : file_->tensors) {
    if (absl::StartsWith(name, prefix)) {
      names.push_back(name.substr(prefix.size()));
    }
  }
  return names;
}

std::vector<double> RecordedEpisode::Array(const std::string& array) const {
  return Find(array).AsDouble();
}

RecordedRows RecordedEpisode::Rows(const std::string& array) const {
  const Tensor& tensor = Find(array);
  if (tensor.shape.empty() ||
      tensor.shape[0] != static_cast<int64_t>(steps())) {
    throw std::runtime_error(absl::StrCat(name_, "/", array, " is ",
                                          ShapeString(tensor.shape), ", not ",
                                          steps(), " rows"));
  }
  return {tensor.AsDouble(), steps()};
}

Json Recording::Metadata(const std::string& key) const {
  return Json::parse(file->metadata.at(key));
}

std::vector<double> Recording::Array(const std::string& array) const {
  return OrThrow(file->Find(array))->AsDouble();
}

std::vector<std::string> RecordedEnvironments(bool mujoco) {
  std::vector<std::string> names;
  const Json metadata = ReadSetMetadata();
  for (const Json& row : metadata.at("envs")) {
    if (row.contains("nq") == mujoco) {
      names.push_back(row.at("id").get<std::string>());
    }
  }
  return names;
}

std::vector<std::string> PerturbedEnvironments() {
  std::vector<std::string> names =
      OrThrow(RealFileSystem().List(JoinPath(Directory(), "perturbed")));
  for (std::string& name : names) {
    name = std::string(absl::StripSuffix(name, kSuffix));
  }
  return names;
}

Recording LoadRecording(const std::string& environment) {
  Recording recording = LoadFile(environment, environment);
  const Json episodes = recording.Metadata("episodes");
  int k = 0;
  for (const Json& episode : episodes) {
    recording.episodes.emplace_back(
        recording.file, absl::StrCat("ep", k++),
        MakeRecordedOptions(recording,
                            episode.value("kwargs", Json::object())));
  }
  return recording;
}

Recording LoadPerturbedRecording(const std::string& environment) {
  Recording recording =
      LoadFile(environment, absl::StrCat("perturbed/", environment));
  const Json episodes = recording.Metadata("episodes");
  for (const auto& [name, unused] : episodes.items()) {
    recording.episodes.emplace_back(recording.file, name,
                                    MakeOptions(environment, Json::object()));
  }
  return recording;
}

EnvironmentOptions MakeOptions(const std::string& environment,
                               const Json& arguments) {
  EnvironmentOptions options;
  options.name = environment;
  for (const auto& [name, value] : arguments.items()) {
    if (name == "max_episode_steps") {
      options.max_episode_steps = value.get<int64_t>();
    } else {
      options.settings.push_back(MakeSetting(name, value));
    }
  }
  return options;
}

absl::StatusOr<StepResult> Play(Environment& environment,
                                std::span<const double> action) {
  if (!environment.spec().action.continuous()) {
    return environment.Step(static_cast<int32_t>(action[0]));
  }
  return environment.Step(std::vector<float>(action.begin(), action.end()));
}

}  // namespace softfleet::testing
