// SPDX-License-Identifier: Apache-2.0
// RunConfig: parsing, overriding, checking, explaining and comparing. Every
// error says where (file, line, column or the field's path), which value, and
// what is allowed. Thread-safe: free functions over values.
//
// A field that is left out and one that is set to its default are the same
// run: everything below treats them alike.
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
// ranges: overrides come in between. The error has one line per problem,
// "configs/x.textproto:3:7: unknown key \"gama\" in sac; did you mean
// \"gamma\"?", counted from 1: every unknown key, up to and with the first
// problem of another kind, where parsing ends.
absl::StatusOr<v1::RunConfig> ParseConfig(absl::string_view text,
                                          absl::string_view source);

// Sets one field: "sac.gamma=0.98", "sac.actor_hidden=64,64" (a list replaces
// the whole repeated field), "evaluation.success.return_at_least=-150",
// "sac.target_entropy=" (clears it). Values are written as in the file, texts
// without quotes. The error names the key and the nearest known key, or the
// value and what the key takes; `config` is then unchanged.
absl::Status ApplyOverride(absl::string_view assignment, v1::RunConfig* config);

// OK, or InvalidArgument that lists, one per line, every field out of its range
// (path, value, range) and every wrong combination (for example target_subset
// above num_critics, log_std_min >= log_std_max, missing environment.name).
absl::Status ValidateConfig(const v1::RunConfig& config);

// Read, parse, override, validate. The result has its defaults filled in, so
// that code may read any list (sac.actor_hidden) as it is; evaluation.panel is
// where LocatePanel finds it. NotFound or InvalidArgument for a file that
// cannot be read: it is the caller's input.
absl::StatusOr<v1::RunConfig> LoadConfig(
    FileSystem& files, const std::string& path,
    const std::vector<std::string>& overrides);

// `config` with every section present and every unset field that has a default
// set to it. Unset stay those whose default depends on the environment or on
// another field (target_entropy, max_episode_steps, log_std_min, ...), and
// evaluation.success.
v1::RunConfig WithDefaults(const v1::RunConfig& config);

// Every field with its value in force, defaults included, in the schema's
// order: what is stored with every checkpoint, and what ConfigHash covers.
// Fields that WithDefaults leaves unset are left out. ParseConfig reads it back
// to an equal run.
std::string EffectiveConfig(const v1::RunConfig& config);
// The same with each field's comment, unit, range and choices, and whether the
// value is the default: for people. ParseConfig reads it back to an equal run.
std::string ExplainConfig(const v1::RunConfig& config);
// 16 hexadecimal digits (FNV-1a 64 of EffectiveConfig).
std::string ConfigHash(const v1::RunConfig& config);

// Which environment it is: the name, the plug-in or the Gymnasium id.
std::string EnvironmentId(const v1::EnvironmentConfig& environment);

// A field of the configuration, for an overview.
struct ConfigOption {
  std::string path;   // "sac.gamma"
  std::string about;  // "0.99 | 0 to 1 | Discount per environment step."
};
// Every field but the groups, in the schema's order: default ("unset" where
// there is none), what is allowed, and its comment on one line.
std::vector<ConfigOption> ListConfigOptions();

// A field whose values in force differ, in text format ("0.99", "[64, 64]",
// "\"Pendulum-v1\""); "unset" where there is none.
struct ConfigDifference {
  std::string path;  // "sac.gamma"
  std::string stored;
  std::string wanted;
  bool may_change = false;  // allowed on resume
};
// In the schema's order; empty when both are the same run.
std::vector<ConfigDifference> CompareConfigs(const v1::RunConfig& stored,
                                             const v1::RunConfig& wanted);

}  // namespace softfleet

#endif  // SOFTFLEET_RUN_CONFIG_H_
