// SPDX-License-Identifier: Apache-2.0
// Opening, step by step; each may be the last one before a crash:
//   1. look, without writing, whether this is a run, a beginning or neither
//   2. create the directory and make it durable
//   3. take the lock; write the process number into it
//   4. under the lock read run.json (somebody may have been faster)
//   5. replace run.json by one with a higher incarnation
//   6. replace config.textproto if it differs
// Before 5 a new run does not exist; from 5 on it does, and 6 is made up for
// by the next opening.
#include "run/run_directory.h"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "core/status.h"
#include "run/config.h"

namespace softfleet {
namespace {

using Json = nlohmann::ordered_json;

constexpr absl::string_view kLockFile = "lock";
constexpr absl::string_view kRunFile = "run.json";
constexpr absl::string_view kTemporaryRunFile = "run.json.tmp";
constexpr absl::string_view kClusterFolder = "cluster";
constexpr absl::string_view kConfigFile = "config.textproto";
constexpr int kFormatVersion = 1;
constexpr char kOtherDirectory[] = "choose another --run_dir";

// What run.json says.
struct RunRecord {
  std::string run_id;
  std::string created;
  uint64_t incarnation = 0;
  std::string config;
};

std::string ToJson(const RunRecord& record) {
  Json json;
  json["format_version"] = kFormatVersion;
  json["run_id"] = record.run_id;
  json["created"] = record.created;
  json["incarnation"] = record.incarnation;
  json["config"] = record.config;
  return json.dump(2) + "\n";
}

absl::Status Damaged(const std::string& path, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(path, " is damaged (", what,
                                          "): restore it from a copy, or ",
                                          kOtherDirectory));
}

absl::StatusOr<RunRecord> FromJson(const std::string& text,
                                   const std::string& path) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Damaged(path, "not a JSON object");
  try {
    const int version = json.at("format_version").get<int>();
    if (version != kFormatVersion) {
      return absl::FailedPreconditionError(absl::StrCat(
          path, " has format version ", version, ", this program reads ",
          kFormatVersion, ": use the program that wrote it, or ",
          kOtherDirectory));
    }
    return RunRecord{json.at("run_id").get<std::string>(),
                     json.at("created").get<std::string>(),
                     json.at("incarnation").get<uint64_t>(),
                     json.at("config").get<std::string>()};
  } catch (const nlohmann::json::exception& error) {
    return Damaged(path, error.what());
  }
}

RunRecord NewRecord() {
  std::random_device random;
  return {absl::StrFormat("%08x%08x", random(), random()),
          absl::FormatTime(absl::RFC3339_sec, SystemClock().Now(),
                           absl::UTCTimeZone()),
          0, ""};
}

std::string WithoutTrailingSlashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

absl::StatusOr<RunRecord> ReadRunFile(FileSystem& files,
                                      const std::string& path) {
  SF_ASSIGN_OR_RETURN(const std::string text, files.Read(path));
  return FromJson(text, path);
}

// nullopt: no run here, but there may be one. Any other error: there may not.
absl::StatusOr<std::optional<RunRecord>> FindRun(FileSystem& files,
                                                 const std::string& path) {
  if (!files.Exists(path)) return std::nullopt;
  if (!files.Exists(JoinPath(path, "."))) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is not a directory: ", kOtherDirectory));
  }
  SF_ASSIGN_OR_RETURN(std::vector<std::string> names, files.List(path));
  if (std::ranges::count(names, kRunFile) > 0) {
    return ReadRunFile(files, JoinPath(path, kRunFile));
  }
  std::erase_if(names, [](const std::string& name) {
    return name == kLockFile || name == kTemporaryRunFile ||
           name == kClusterFolder;
  });
  if (names.empty()) return std::nullopt;
  constexpr size_t kNamed = 3;
  const bool more = names.size() > kNamed;
  names.resize(std::min(names.size(), kNamed));
  return absl::InvalidArgumentError(absl::StrCat(
      "directory ", path, " is not a run and not empty (it holds ",
      absl::StrJoin(names, ", "), more ? ", ..." : "", "): ", kOtherDirectory));
}

// "process 1234"; the number is whole once its line is.
std::string Holder(FileSystem& files, const std::string& lock_path) {
  const absl::StatusOr<std::string> text = files.Read(lock_path);
  int pid = 0;
  if (!text.ok() || text->empty() || text->back() != '\n' ||
      !absl::SimpleAtoi(*text, &pid)) {
    return "another process";
  }
  return absl::StrCat("process ", pid);
}

// Best effort: it is only for the message above. In place, because renaming
// would replace the file that is locked.
void WriteProcessNumber(FileSystem& files, const std::string& lock_path) {
  auto file = files.Open(lock_path, FileSystem::OpenMode::kReplace);
  if (!file.ok()) return;
  (*file)->Append(absl::StrCat(::getpid(), "\n")).IgnoreError();
  (*file)->Close().IgnoreError();
}

absl::StatusOr<std::unique_ptr<FileLock>> TakeLock(FileSystem& files,
                                                   const std::string& path) {
  const std::string lock_path = JoinPath(path, kLockFile);
  auto lock = files.Lock(lock_path);
  if (lock.ok()) {
    WriteProcessNumber(files, lock_path);
  } else if (absl::IsUnavailable(lock.status())) {
    return absl::UnavailableError(absl::StrCat(
        "run directory ", path, " is in use by ", Holder(files, lock_path),
        ": wait for it, stop it, or ", kOtherDirectory));
  }
  return lock;
}

// OK if the run may go on with the wanted configuration.
absl::Status CheckSameRun(const std::string& path, const RunRecord& record,
                          const v1::RunConfig& wanted) {
  absl::StatusOr<v1::RunConfig> stored =
      ParseConfig(record.config, JoinPath(path, "run.json (config)"));
  if (!stored.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(
        stored.status().message(), "\nrun directory ", path,
        " was written by another version: use that one, or ", kOtherDirectory));
  }
  std::string lines;
  for (const auto& difference : CompareConfigs(*stored, wanted)) {
    if (difference.may_change) continue;
    absl::StrAppend(&lines, "  ", difference.path, ": ", difference.stored,
                    " -> ", difference.wanted, "\n");
  }
  if (lines.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("run directory ", path,
                   " holds a run with other values (stored -> wanted):\n",
                   lines, "restore the stored values, or ", kOtherDirectory));
}

absl::Status WriteConfigFile(FileSystem& files, const std::string& path,
                             const std::string& config) {
  const absl::StatusOr<std::string> present = files.Read(path);
  if (present.ok() && *present == config) return absl::OkStatus();
  return WriteFileAtomically(files, path, config);
}

// Steps 5 and 6; returns what run.json says from now on.
absl::StatusOr<RunRecord> BeginIncarnation(FileSystem& files,
                                           const std::string& path,
                                           RunRecord record,
                                           const v1::RunConfig& config) {
  ++record.incarnation;
  record.config = EffectiveConfig(config);
  SF_RETURN_IF_ERROR(
      WriteFileAtomically(files, JoinPath(path, kRunFile), ToJson(record)));
  SF_RETURN_IF_ERROR(
      WriteConfigFile(files, JoinPath(path, kConfigFile), record.config));
  return record;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RunDirectory>> RunDirectory::Open(
    FileSystem& files, const std::string& path, const v1::RunConfig& config) {
  if (path.empty()) return absl::InvalidArgumentError("no run directory given");
  std::unique_ptr<RunDirectory> run(new RunDirectory);
  run->path_ = WithoutTrailingSlashes(path);
  SF_ASSIGN_OR_RETURN(std::optional<RunRecord> record,
                      FindRun(files, run->path_));
  if (!record.has_value()) {
    SF_RETURN_IF_ERROR(CreateDirectoriesDurably(files, run->path_));
  }
  SF_ASSIGN_OR_RETURN(run->lock_, TakeLock(files, run->path_));
  SF_ASSIGN_OR_RETURN(record, FindRun(files, run->path_));
  run->created_ = !record.has_value();
  if (record.has_value()) {
    SF_RETURN_IF_ERROR(CheckSameRun(run->path_, *record, config));
  } else {
    record = NewRecord();
  }
  SF_ASSIGN_OR_RETURN(
      record, BeginIncarnation(files, run->path_, *std::move(record), config));
  run->run_id_ = record->run_id;
  run->incarnation_ = record->incarnation;
  return run;
}

absl::Status RunDirectory::Check(FileSystem& files, const std::string& path,
                                 const v1::RunConfig& config) {
  if (path.empty()) return absl::InvalidArgumentError("no run directory given");
  const std::string plain = WithoutTrailingSlashes(path);
  SF_ASSIGN_OR_RETURN(const std::optional<RunRecord> record,
                      FindRun(files, plain));
  if (!record.has_value()) return absl::OkStatus();
  SF_RETURN_IF_ERROR(TakeLock(files, plain).status());
  return CheckSameRun(plain, *record, config);
}

std::string RunDirectory::File(absl::string_view name) const {
  return JoinPath(path_, name);
}

}  // namespace softfleet
