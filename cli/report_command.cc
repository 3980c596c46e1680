// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "core/file_system.h"
#include "core/status.h"
#include "evaluation/report.h"
#include "evaluation/report_data.h"
#include "evaluation/seed_panel.h"
#include "run/seed_directories.h"

namespace softfleet {
namespace {

using Json = nlohmann::ordered_json;

// The headline's numbers, with the last evaluation as audit.json has it.
Json HeadlineJson(const ReportData& data, const std::string& path) {
  const ReportHeadline headline = Headline(data);
  Json json;
  json["report"] = path;
  json["run_id"] = data.run_id;
  json["environment"] = data.environment;
  json["config_hash"] = data.config_hash;
  json["seed"] = data.seed;
  json["step"] = headline.steps;
  json["total_steps"] = data.total_steps;
  json["updates"] = headline.updates;
  json["finished"] = headline.finished;
  json["wall_seconds"] = std::isfinite(headline.wall_seconds)
                             ? Json(headline.wall_seconds)
                             : Json(nullptr);
  json["evaluation"] = nullptr;
  if (headline.evaluation.has_value()) {
    json["evaluation"] =
        Json::parse(FormatAuditJson({*headline.evaluation})).at(0);
  }
  json["problems"] = data.problems;
  return json;
}

absl::Status SeedPanelReport(FileSystem& files, const ReportFlags& flags) {
  const std::string path =
      flags.out.empty() ? JoinPath(flags.run_dir, "report.html") : flags.out;
  SF_RETURN_IF_ERROR(WriteSeedPanelReport(files, flags.run_dir, path));
  if (!flags.json) {
    std::printf("report: %s\n", path.c_str());
    return absl::OkStatus();
  }
  SF_ASSIGN_OR_RETURN(const SeedPanelData data,
                      GatherSeedPanel(files, flags.run_dir));
  std::fputs(FormatSeedPanelJson(data).c_str(), stdout);
  return absl::OkStatus();
}

absl::Status Report(const ReportFlags& flags) {
  FileSystem& files = RealFileSystem();
  SF_ASSIGN_OR_RETURN(const std::vector<uint64_t> seeds,
                      SeedsIn(files, flags.run_dir));
  if (!seeds.empty()) return SeedPanelReport(files, flags);
  SF_ASSIGN_OR_RETURN(const ReportData data,
                      GatherReport(files, flags.run_dir));
  const std::string path =
      flags.out.empty() ? JoinPath(flags.run_dir, "report.html") : flags.out;
  SF_RETURN_IF_ERROR(WriteFileAtomically(files, path, RenderReport(data)));
  for (const std::string& problem : data.problems) {
    std::fprintf(stderr, "softfleet: warning: %s\n", problem.c_str());
  }
  if (flags.json) {
    std::printf("%s\n", HeadlineJson(data, path)
                            .dump(2, ' ', false, Json::error_handler_t::replace)
                            .c_str());
  } else {
    std::printf("report: %s\n", path.c_str());
  }
  return absl::OkStatus();
}

}  // namespace

int RunReport(const ReportFlags& flags) { return ReportError(Report(flags)); }

}  // namespace softfleet
