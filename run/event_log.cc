// SPDX-License-Identifier: Apache-2.0
#include "run/event_log.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/memory/memory.h"
#include "absl/strings/match.h"
#include "core/status.h"

namespace softfleet {
namespace {

nlohmann::ordered_json ToJson(const EventLog::Value& value) {
  if (const double* number = std::get_if<double>(&value)) {
    if (!std::isfinite(*number)) return nullptr;
  }
  return std::visit([](const auto& x) -> nlohmann::ordered_json { return x; },
                    value);
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventLog>> EventLog::Open(
    FileSystem& files, const std::string& path, Clock& clock) {
  bool torn = false;
  if (files.Exists(path)) {
    SF_ASSIGN_OR_RETURN(const std::string earlier, files.Read(path));
    torn = !earlier.empty() && !absl::EndsWith(earlier, "\n");
  }
  auto log = absl::WrapUnique(new EventLog(clock));
  SF_ASSIGN_OR_RETURN(log->file_,
                      files.Open(path, FileSystem::OpenMode::kAppend));
  if (torn) SF_RETURN_IF_ERROR(log->file_->Append("\n"));
  return log;
}

absl::Status EventLog::Write(const std::string& event,
                             const std::vector<Field>& fields) {
  nlohmann::ordered_json line;
  line["time"] = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", clock_->Now(),
                                  absl::UTCTimeZone());
  line["event"] = event;
  for (const auto& [name, value] : fields) line[name] = ToJson(value);
  // Text that is not UTF-8 (a path) must not stop a run.
  return file_->Append(
      line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
      "\n");
}

}  // namespace softfleet
