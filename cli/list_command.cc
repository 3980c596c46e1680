// SPDX-License-Identifier: Apache-2.0
// softfleet list: what there is to choose from.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "cli/commands.h"
#include "cli/metrics_list.h"
#include "core/file_system.h"
#include "core/status.h"
#include "environments/registry.h"
#include "run/config.h"

namespace softfleet {
namespace {

// One thing to choose: what it is called, a line about it, and what it lets one
// set, with the defaults.
struct Choice {
  std::string name;
  std::string about;
  std::vector<std::string> settings;
};

// As in a configuration, but shorter: "g=10", "healthy_z_range=0.8,2".
std::string SettingText(const EnvironmentSetting& setting) {
  std::string value = absl::StrJoin(setting.numbers, ",");
  if (setting.flag.has_value()) value = *setting.flag ? "true" : "false";
  if (setting.text.has_value()) value = absl::StrCat("\"", *setting.text, "\"");
  return absl::StrCat(setting.name, "=", value);
}

absl::StatusOr<std::vector<Choice>> Environments() {
  std::vector<Choice> choices;
  for (const std::string& name : EnvironmentNames()) {
    EnvironmentOptions options;
    options.name = name;
    SF_ASSIGN_OR_RETURN(const auto environment, MakeEnvironment(options));
    const EnvironmentSpec& spec = environment->spec();
    const Schema schema = {spec.observations, spec.action, 1};
    choices.push_back({name,
                       absl::StrCat(schema.Describe(), ", episodes of at most ",
                                    spec.max_episode_steps, " steps"),
                       {}});
    SF_ASSIGN_OR_RETURN(const auto settings, EnvironmentSettings(name));
    for (const EnvironmentSetting& setting : settings) {
      choices.back().settings.push_back(SettingText(setting));
    }
  }
  return choices;
}

// The comment a preset opens with, up to its first empty line or full stop.
std::string FirstSentence(absl::string_view text) {
  std::string sentence;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::ConsumePrefix(&line, "# ")) break;
    absl::StrAppend(&sentence, sentence.empty() ? "" : " ", line);
    const size_t stop = sentence.find(". ");
    if (stop != std::string::npos) return sentence.substr(0, stop);
    if (absl::EndsWith(sentence, ".")) break;
  }
  return std::string(absl::StripSuffix(sentence, "."));
}

absl::StatusOr<std::vector<Choice>> Presets(const std::string& directory) {
  FileSystem& files = RealFileSystem();
  SF_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                      files.List(directory));
  std::vector<Choice> choices;
  for (const std::string& name : names) {
    if (!absl::EndsWith(name, ".textproto")) continue;
    const std::string path = JoinPath(directory, name);
    SF_ASSIGN_OR_RETURN(const std::string text, files.Read(path));
    choices.push_back({path, FirstSentence(text), {}});
  }
  return choices;
}

absl::StatusOr<std::vector<Choice>> Options() {
  std::vector<Choice> choices;
  for (const ConfigOption& option : ListConfigOptions()) {
    choices.push_back({option.path, option.about, {}});
  }
  return choices;
}

std::vector<Choice> Metrics() {
  std::vector<Choice> choices;
  for (const ProcessDefinitions& process : AllMetrics()) {
    for (const MetricDefinition& metric : process.definitions) {
      choices.push_back(
          {metric.name, absl::StrCat(process.process, ": ", metric.help), {}});
    }
  }
  return choices;
}

absl::Status List(const ListFlags& flags) {
  if (flags.markdown) {
    std::fputs(FormatMetricsPage(AllMetrics()).c_str(), stdout);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<Choice>> choices;
  if (flags.what == "environments") {
    choices = Environments();
  } else if (flags.what == "presets") {
    choices = Presets(flags.presets);
  } else if (flags.what == "metrics") {
    choices = Metrics();
  } else {
    choices = Options();
  }
  if (!choices.ok()) return choices.status();
  if (flags.json) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (const Choice& choice : *choices) {
      json.push_back({{"name", choice.name}, {"about", choice.about}});
      if (!choice.settings.empty()) {
        json.back()["settings"] = choice.settings;
      }
    }
    std::printf("%s\n", json.dump(2).c_str());
    return absl::OkStatus();
  }
  size_t width = 0;
  for (const Choice& choice : *choices) {
    width = std::max(width, choice.name.size());
  }
  for (const Choice& choice : *choices) {
    std::printf("%-*s  %s\n", static_cast<int>(width), choice.name.c_str(),
                choice.about.c_str());
    if (choice.settings.empty()) continue;
    std::printf("%-*s  settings: %s\n", static_cast<int>(width), "",
                absl::StrJoin(choice.settings, " ").c_str());
  }
  return absl::OkStatus();
}

}  // namespace

int RunList(const ListFlags& flags) { return ReportError(List(flags)); }

}  // namespace softfleet
