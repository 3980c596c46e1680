// SPDX-License-Identifier: Apache-2.0
#include "evaluation/run_result.h"

#include <cstdio>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/status.h"
#include "evaluation/report_data.h"
#include "evaluation/summary.h"
#include "run/audit_log.h"
#include "run/checkpoint_store.h"

namespace softfleet {

absl::Status PrintResult(FileSystem& files, const std::string& run_dir) {
  SF_ASSIGN_OR_RETURN(const std::vector<AuditRecord> records,
                      ReadAudit(files, JoinPath(run_dir, "audit.json")));
  if (records.empty()) return absl::DataLossError("audit.json has no rows");
  std::printf("%s\n", FormatEvaluation(records.back()).c_str());
  SF_ASSIGN_OR_RETURN(
      const CheckpointStore checkpoints,
      CheckpointStore::Open(files, JoinPath(run_dir, "checkpoints")));
  SF_ASSIGN_OR_RETURN(const std::vector<uint64_t> steps, checkpoints.Steps());
  SF_ASSIGN_OR_RETURN(const uint64_t bytes, checkpoints.Bytes());
  std::printf("checkpoints: %zu kept, %s\n", steps.size(),
              FormatBytes(bytes).c_str());
  std::printf("policy: %s\naudit:  %s  (softfleet audit --run_dir %s)\n",
              JoinPath(run_dir, "policy").c_str(),
              JoinPath(run_dir, "audit.json").c_str(), run_dir.c_str());
  return absl::OkStatus();
}

void WriteReportOrWarn(FileSystem& files, const std::string& run_dir) {
  const std::string path = JoinPath(run_dir, "report.html");
  const absl::Status status = WriteReport(files, run_dir, path);
  if (!status.ok()) {
    LogWarning(absl::StrCat("no report: ", status.message()));
    return;
  }
  std::printf("report: %s\n", path.c_str());
}

absl::Status PrintFinishedRun(FileSystem& files, const std::string& run_dir) {
  std::printf("the run in %s is finished: nothing to do\n", run_dir.c_str());
  SF_RETURN_IF_ERROR(PrintResult(files, run_dir));
  const std::string report = JoinPath(run_dir, "report.html");
  if (files.Exists(report)) std::printf("report: %s\n", report.c_str());
  return absl::OkStatus();
}

}  // namespace softfleet
