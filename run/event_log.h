// SPDX-License-Identifier: Apache-2.0
// log.jsonl of a run directory: what happened when, one JSON object per line,
// for programs; people read the terminal. Never cut back: it tells of lost
// and repeated work too. Not thread-safe; one owner.
#ifndef SOFTFLEET_RUN_EVENT_LOG_H_
#define SOFTFLEET_RUN_EVENT_LOG_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/clock.h"
#include "core/file_system.h"

namespace softfleet {

class EventLog {
 public:
  // Numbers that are not finite are written as null.
  using Value = std::variant<std::string, double, int64_t, bool>;
  using Field = std::pair<std::string, Value>;

  // Opens for appending; a torn last line of an earlier process is ended.
  static absl::StatusOr<std::unique_ptr<EventLog>> Open(FileSystem& files,
                                                        const std::string& path,
                                                        Clock& clock);

  // {"time": "2026-05-01T12:00:00.123Z", "event": "...", fields in order}.
  absl::Status Write(const std::string& event,
                     const std::vector<Field>& fields);

 private:
  explicit EventLog(Clock& clock) : clock_(&clock) {}

  Clock* clock_;
  std::unique_ptr<WritableFile> file_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_RUN_EVENT_LOG_H_
