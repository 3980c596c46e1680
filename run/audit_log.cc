// SPDX-License-Identifier: Apache-2.0
#include "run/audit_log.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace softfleet {
namespace {

bool SameEvaluation(const AuditRecord& a, const AuditRecord& b) {
  return a.step == b.step && a.updates == b.updates &&
         a.panel_hash == b.panel_hash;
}

bool Holds(FileSystem& files, const std::string& path,
           const std::string& text) {
  const auto contents = files.Read(path);
  return contents.ok() && *contents == text;
}

}  // namespace

absl::StatusOr<std::vector<AuditRecord>> ReadAudit(FileSystem& files,
                                                   const std::string& path) {
  SF_ASSIGN_OR_RETURN(const std::string text, files.Read(path));
  return ParseAuditJson(text, path);
}

AuditLog::AuditLog(FileSystem& files, const std::string& directory)
    : files_(&files),
      json_path_(JoinPath(directory, "audit.json")),
      csv_path_(JoinPath(directory, "audit.csv")) {}

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Open(
    FileSystem& files, const std::string& directory, uint64_t keep_step) {
  std::unique_ptr<AuditLog> log(new AuditLog(files, directory));
  if (files.Exists(log->json_path_)) {
    SF_ASSIGN_OR_RETURN(log->records_, ReadAudit(files, log->json_path_));
  }
  std::erase_if(log->records_, [keep_step](const AuditRecord& record) {
    return record.step > keep_step;
  });
  if (!Holds(files, log->json_path_, FormatAuditJson(log->records_)) ||
      !Holds(files, log->csv_path_, FormatAuditCsv(log->records_))) {
    SF_RETURN_IF_ERROR(log->Write(log->records_));
  }
  return log;
}

absl::Status AuditLog::Append(AuditRecord record) {
  std::vector<AuditRecord> records = records_;
  if (!records.empty() && record.step < records.back().step) {
    return absl::InvalidArgumentError(
        absl::StrCat(json_path_, ": an evaluation at step ", record.step,
                     " cannot follow the one at step ", records.back().step));
  }
  if (!records.empty() && SameEvaluation(records.back(), record)) {
    records.pop_back();
  }
  records.push_back(std::move(record));
  SF_RETURN_IF_ERROR(Write(records));
  records_ = std::move(records);
  return absl::OkStatus();
}

absl::Status AuditLog::Write(const std::vector<AuditRecord>& records) {
  SF_RETURN_IF_ERROR(
      WriteFileAtomically(*files_, json_path_, FormatAuditJson(records)));
  return WriteFileAtomically(*files_, csv_path_, FormatAuditCsv(records));
}

}  // namespace softfleet
