// SPDX-License-Identifier: Apache-2.0
#include "run/config.h"

#include <google/protobuf/text_format.h>

#include <cstdint>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/hash.h"
#include "core/status.h"
#include "run/config_schema.h"
#include "run/panel_path.h"

namespace softfleet {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::map<std::string, std::string> ValuesByPath(const v1::RunConfig& config) {
  const v1::RunConfig full = WithDefaults(config);
  std::map<std::string, std::string> values;
  VisitSetFields(full, "",
                 [&](const std::string& path, const Message& message,
                     const FieldDescriptor& field) {
                   values[path] = ValueText(message, field);
                 });
  return values;
}

std::string ValueOrUnset(const std::map<std::string, std::string>& values,
                         const std::string& path) {
  const auto found = values.find(path);
  return found == values.end() ? "unset" : found->second;
}

}  // namespace

v1::RunConfig WithDefaults(const v1::RunConfig& config) {
  v1::RunConfig full = config;
  FillDefaults(&full);
  return full;
}

std::string EnvironmentId(const v1::EnvironmentConfig& environment) {
  return absl::StrCat(environment.name(), environment.plugin(),
                      environment.gymnasium());
}

absl::StatusOr<v1::RunConfig> LoadConfig(
    FileSystem& files, const std::string& path,
    const std::vector<std::string>& overrides) {
  const absl::StatusOr<std::string> text = files.Read(path);
  if (absl::IsNotFound(text.status())) return text.status();
  if (!text.ok()) {
    return absl::InvalidArgumentError(text.status().message());
  }
  SF_ASSIGN_OR_RETURN(v1::RunConfig config, ParseConfig(*text, path));
  for (const std::string& assignment : overrides) {
    SF_RETURN_IF_ERROR(Annotate(ApplyOverride(assignment, &config),
                                absl::StrCat("--set ", assignment)));
  }
  const absl::Status valid = ValidateConfig(config);
  if (config.evaluation().has_panel()) {
    config.mutable_evaluation()->set_panel(
        LocatePanel(files, config.evaluation().panel(), path));
  }
  if (valid.ok()) return WithDefaults(config);
  return absl::Status(
      valid.code(),
      absl::StrCat(
          path, ": ",
          absl::StrReplaceAll(valid.message(),
                              {{"\n", absl::StrCat("\n", path, ": ")}})));
}

std::string EffectiveConfig(const v1::RunConfig& config) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetUseShortRepeatedPrimitives(true);
  printer.SetPrintMessageFieldsInIndexOrder(true);
  printer.SetHideUnknownFields(true);
  std::string text;
  printer.PrintToString(WithDefaults(config), &text);
  return text;
}

std::string ConfigHash(const v1::RunConfig& config) {
  return HexHash(Fnv1a64(EffectiveConfig(config)));
}

std::vector<ConfigDifference> CompareConfigs(const v1::RunConfig& stored,
                                             const v1::RunConfig& wanted) {
  const auto old_values = ValuesByPath(stored);
  const auto new_values = ValuesByPath(wanted);
  std::vector<ConfigDifference> differences;
  for (const ConfigField& field : ConfigFields()) {
    const std::string before = ValueOrUnset(old_values, field.path);
    const std::string after = ValueOrUnset(new_values, field.path);
    if (before == after) continue;
    differences.push_back({field.path, before, after, field.may_change});
  }
  return differences;
}

}  // namespace softfleet
