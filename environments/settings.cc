// SPDX-License-Identifier: Apache-2.0
#include "environments/settings.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/suggest.h"

namespace softfleet {
namespace {

// Doubles above it are not all whole numbers' own.
constexpr double kMostWhole = 9007199254740992.0;  // 2^53

std::string NumbersText(const std::vector<double>& numbers) {
  return absl::StrJoin(numbers, ",", [](std::string* out, double number) {
    out->append(ExactText(number));
  });
}

}  // namespace

SettingsReader::SettingsReader(const std::vector<EnvironmentSetting>& settings)
    : settings_(settings) {
  std::set<std::string> names;
  for (const EnvironmentSetting& setting : settings) {
    if (names.insert(setting.name).second) continue;
    problem_ = absl::InvalidArgumentError(
        absl::StrCat("setting \"", setting.name, "\" is given twice"));
  }
}

const EnvironmentSetting* SettingsReader::Find(
    EnvironmentSetting default_value) {
  const auto is_it = [&](const EnvironmentSetting& setting) {
    return setting.name == default_value.name;
  };
  const auto found = std::ranges::find_if(settings_, is_it);
  if (std::ranges::none_of(defaults_, is_it)) {
    defaults_.push_back(std::move(default_value));
  }
  return found == settings_.end() ? nullptr : &*found;
}

void SettingsReader::Refuse(const EnvironmentSetting& setting,
                            absl::string_view wanted) {
  if (!problem_.ok()) return;
  problem_ = absl::InvalidArgumentError(
      absl::StrCat("setting ", DescribeSetting(setting), " must be ", wanted));
}

void SettingsReader::Read(absl::string_view name, double* value) {
  const EnvironmentSetting* const setting =
      Find({std::string(name), {*value}, {}, {}});
  if (setting == nullptr) return;
  if (setting->numbers.size() != 1 || !std::isfinite(setting->numbers[0])) {
    return Refuse(*setting, "a number");
  }
  *value = setting->numbers[0];
}

void SettingsReader::Read(absl::string_view name, int64_t* value) {
  const EnvironmentSetting* const setting =
      Find({std::string(name), {static_cast<double>(*value)}, {}, {}});
  if (setting == nullptr) return;
  if (setting->numbers.size() != 1 ||
      setting->numbers[0] != std::trunc(setting->numbers[0]) ||
      std::abs(setting->numbers[0]) > kMostWhole) {
    return Refuse(*setting, "a whole number");
  }
  *value = static_cast<int64_t>(setting->numbers[0]);
}

void SettingsReader::Read(absl::string_view name, bool* value) {
  const EnvironmentSetting* const setting =
      Find({std::string(name), {}, *value, {}});
  if (setting == nullptr) return;
  if (!setting->flag.has_value()) return Refuse(*setting, "true or false");
  *value = *setting->flag;
}

void SettingsReader::Read(absl::string_view name, std::string* value) {
  const EnvironmentSetting* const setting =
      Find({std::string(name), {}, {}, *value});
  if (setting == nullptr) return;
  if (!setting->text.has_value()) return Refuse(*setting, "a text");
  *value = *setting->text;
}

void SettingsReader::Read(absl::string_view name,
                          std::variant<int64_t, std::string>* value) {
  EnvironmentSetting default_value = {std::string(name), {}, {}, {}};
  if (const auto* const number = std::get_if<int64_t>(value)) {
    default_value.numbers = {static_cast<double>(*number)};
  } else {
    default_value.text = std::get<std::string>(*value);
  }
  const EnvironmentSetting* const setting = Find(std::move(default_value));
  if (setting == nullptr) return;
  if (setting->text.has_value()) {
    *value = *setting->text;
  } else {
    int64_t number = 0;
    Read(name, &number);
    *value = number;
  }
}

void SettingsReader::Read(absl::string_view name, std::vector<double>* value) {
  const EnvironmentSetting* const setting =
      Find({std::string(name), *value, {}, {}});
  if (setting == nullptr) return;
  if (setting->numbers.empty()) return Refuse(*setting, "numbers");
  *value = setting->numbers;
}

void SettingsReader::Read(absl::string_view name,
                          std::array<double, 2>* value) {
  const EnvironmentSetting* const setting =
      Find({std::string(name), {(*value)[0], (*value)[1]}, {}, {}});
  if (setting == nullptr) return;
  const std::vector<double>& numbers = setting->numbers;
  if (numbers.size() != 2 || !(numbers[0] <= numbers[1])) {
    return Refuse(*setting, "two numbers, the lower one first");
  }
  *value = {numbers[0], numbers[1]};
}

absl::Status SettingsReader::Finish() const {
  if (!problem_.ok()) return problem_;
  std::vector<std::string> known;
  for (const EnvironmentSetting& setting : defaults_) {
    known.push_back(setting.name);
  }
  std::ranges::sort(known);
  for (const EnvironmentSetting& setting : settings_) {
    if (std::ranges::count(known, setting.name) > 0) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "no setting \"", setting.name, "\"", DidYouMean(setting.name, known),
        known.empty()
            ? " (it has none)"
            : absl::StrCat(" (known: ", absl::StrJoin(known, ", "), ")")));
  }
  return absl::OkStatus();
}

std::string DescribeSetting(const EnvironmentSetting& setting) {
  std::string value = absl::StrCat("[", NumbersText(setting.numbers), "]");
  if (setting.flag.has_value()) value = *setting.flag ? "true" : "false";
  if (setting.text.has_value()) value = absl::StrCat("\"", *setting.text, "\"");
  return absl::StrCat(setting.name, ":", value);
}

std::string ExactText(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), value + 0.0).ptr;
  return std::string(text, end);
}

}  // namespace softfleet
