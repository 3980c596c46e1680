// SPDX-License-Identifier: Apache-2.0
// Commands that only read: audit and config.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "core/file_system.h"
#include "core/status.h"
#include "evaluation/audit_table.h"
#include "run/audit_log.h"
#include "run/config.h"

namespace softfleet {
namespace {

absl::Status Audit(const AuditFlags& flags) {
  FileSystem& files = RealFileSystem();
  SF_ASSIGN_OR_RETURN(const std::vector<AuditRecord> records,
                      ReadAudit(files, JoinPath(flags.run_dir, "audit.json")));
  std::string text;
  if (flags.format == "json") {
    text = FormatAuditJson(records);
  } else if (flags.format == "csv") {
    text = FormatAuditCsv(records);
  } else if (flags.format == "markdown") {
    text = FormatAuditMarkdown(records);
  } else {
    text = FormatAuditTable(records);
  }
  std::fputs(text.c_str(), stdout);
  return absl::OkStatus();
}

absl::Status Config(const ConfigFlags& flags) {
  v1::RunConfig config;
  if (flags.config.empty()) {
    for (const std::string& assignment : flags.set) {
      SF_RETURN_IF_ERROR(ApplyOverride(assignment, &config));
    }
    // The defaults name no environment; all else must be right.
    v1::RunConfig named = config;
    const v1::EnvironmentConfig& environment = config.environment();
    if (!environment.has_name() && !environment.has_plugin() &&
        !environment.has_gymnasium()) {
      named.mutable_environment()->set_name("unnamed");
    }
    SF_RETURN_IF_ERROR(ValidateConfig(named));
  } else {
    SF_ASSIGN_OR_RETURN(config,
                        LoadConfig(RealFileSystem(), flags.config, flags.set));
  }
  if (flags.json) {
    std::printf("%s\n", nlohmann::json{{"config_hash", ConfigHash(config)},
                                       {"config", EffectiveConfig(config)}}
                            .dump(2)
                            .c_str());
  } else if (flags.hash) {
    std::printf("%s\n", ConfigHash(config).c_str());
  } else if (flags.print) {
    std::fputs(ExplainConfig(config).c_str(), stdout);
  } else {
    std::fputs(EffectiveConfig(config).c_str(), stdout);
  }
  return absl::OkStatus();
}

}  // namespace

int RunAudit(const AuditFlags& flags) { return ReportError(Audit(flags)); }

int RunConfig(const ConfigFlags& flags) { return ReportError(Config(flags)); }

int ReportError(const absl::Status& status) {
  if (status.ok()) return kExitOk;
  std::fprintf(stderr, "softfleet: %s\n",
               std::string(status.message()).c_str());
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return kExitBadInput;
    default:
      return kExitFailure;
  }
}

}  // namespace softfleet
