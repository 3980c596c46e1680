// SPDX-License-Identifier: Apache-2.0
// RunConfig: parsing, overriding, checking, explaining and comparing. Every
// error says where (file, line, column or the field's path), which value, and
// what is allowed. Thread-safe: free functions over values.
#ifndef SOFTFLEET_RUN_CONFIG_H_
#define SOFTFLEET_RUN_CONFIG_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/file_system.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

// Parses text format strictly; `source` names it in errors. Does not check
// ranges: overrides come in between.
absl::StatusOr<v1::RunConfig> ParseConfig(absl::string_view text,
                                          absl::string_view source);

// Sets one field: "sac.gamma=0.98", "sac.actor_hidden=64,64" (a list replaces
// the whole repeated field), "evaluation.success.return_at_least=-150",
// "sac.target_entropy=" (clears it). The error names the key, the nearest
// known key, or the value's type.
absl::Status ApplyOverride(absl::string_view assignment,
                           v1::RunConfig* config);

// OK, or InvalidArgument that lists every field out of its range (path, value,
// range) and every wrong combination (for example target_subset above
// num_critics, log_std_min >= log_std_max, missing environment.name).
absl::Status ValidateConfig(const v1::RunConfig& config);

// Read, parse, override, validate.
absl::StatusOr<v1::RunConfig> LoadConfig(
    FileSystem& files, const std::string& path,
    const std::vector<std::string>& overrides);

// Every field with its value in force, defaults included, in the schema's
// order: what is stored with every checkpoint, and what ConfigHash covers.
// ParseConfig reads it back to an equal run.
std::string EffectiveConfig(const v1::RunConfig& config);
// The same with each field's comment, unit, range, and "default" where the
// value is the default: for people.
std::string ExplainConfig(const v1::RunConfig& config);
// 16 hexadecimal digits (FNV-1a 64 of EffectiveConfig).
std::string ConfigHash(const v1::RunConfig& config);

// Fields whose values in force differ.
struct ConfigDifference {
  std::string path;  // "sac.gamma"
  std::string stored;
  std::string wanted;
  bool may_change = false;  // allowed on resume
};
std::vector<ConfigDifference> CompareConfigs(const v1::RunConfig& stored,
                                             const v1::RunConfig& wanted);

}  // namespace softfleet

#endif  // SOFTFLEET_RUN_CONFIG_H_
