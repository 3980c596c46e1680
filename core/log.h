// SPDX-License-Identifier: Apache-2.0
// The program's log: lines on stderr with time and level. Callers format with
// absl::StrCat; braces and percent signs in a text mean nothing. Thread-safe.
#ifndef SOFTFLEET_CORE_LOG_H_
#define SOFTFLEET_CORE_LOG_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace softfleet {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };

// Lines below `level` are dropped; kInfo until told otherwise.
void SetLogLevel(LogLevel level);
// "debug", "info", "warning", "error" or "off".
absl::StatusOr<LogLevel> ParseLogLevel(absl::string_view name);

void LogDebug(absl::string_view text);
void LogInfo(absl::string_view text);
void LogWarning(absl::string_view text);
void LogError(absl::string_view text);

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_LOG_H_
