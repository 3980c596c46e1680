// SPDX-License-Identifier: Apache-2.0
// An environment's own options, by the names Gymnasium has for them, and the
// reader with which an environment takes them. Values; not thread-safe.
#ifndef SOFTFLEET_ENVIRONMENTS_SETTINGS_H_
#define SOFTFLEET_ENVIRONMENTS_SETTINGS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace softfleet {

// Has exactly one kind of value.
struct EnvironmentSetting {
  std::string name;  // "ctrl_cost_weight"
  std::vector<double> numbers;
  std::optional<bool> flag;
  std::optional<std::string> text;
  bool operator==(const EnvironmentSetting&) const = default;
};

// Each Read sets the value where there is a setting of that name, and keeps
// the first problem for Finish.
class SettingsReader {
 public:
  // `settings` must outlive the reader.
  explicit SettingsReader(const std::vector<EnvironmentSetting>& settings);

  void Read(absl::string_view name, double* value);
  void Read(absl::string_view name, int64_t* value);  // a whole number
  void Read(absl::string_view name, bool* value);
  void Read(absl::string_view name, std::string* value);
  // A whole number or a text.
  void Read(absl::string_view name, std::variant<int64_t, std::string>* value);
  void Read(absl::string_view name, std::vector<double>* value);
  // Two numbers, the first not above the second.
  void Read(absl::string_view name, std::array<double, 2>* value);

  // OK, or InvalidArgument with the first problem: a value of another kind, two
  // settings of one name, or a setting that nobody read ("did you mean ...").
  absl::Status Finish() const;

  // What was read, in that order, each with its value before: the settings that
  // the environment has and their defaults.
  const std::vector<EnvironmentSetting>& defaults() const { return defaults_; }

 private:
  // The setting of the default's name, which is read now; null if it is not
  // set.
  const EnvironmentSetting* Find(EnvironmentSetting default_value);
  void Refuse(const EnvironmentSetting& setting, absl::string_view wanted);

  const std::vector<EnvironmentSetting>& settings_;
  std::vector<EnvironmentSetting> defaults_;
  absl::Status problem_;
};

// A text that is equal exactly when the settings are: "ctrl_cost_weight:0.1".
std::string DescribeSetting(const EnvironmentSetting& setting);

// The shortest text that reads back as the same number; -0 as 0.
std::string ExactText(double value);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_SETTINGS_H_
