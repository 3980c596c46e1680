// SPDX-License-Identifier: Apache-2.0
#include "core/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace softfleet {
namespace {

// "2025-01-31T12:00:00.123+00:00 warning the text"
constexpr char kPattern[] = "%Y-%m-%dT%H:%M:%S.%e%z %l %v";

// Never destroyed: threads may still log while the program exits.
spdlog::logger& Logger() {
  static spdlog::logger* const logger = [] {
    auto* made = new spdlog::logger(
        "softfleet", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern(kPattern);
    return made;
  }();
  return *logger;
}

void Log(spdlog::level::level_enum level, absl::string_view text) {
  Logger().log(level, spdlog::string_view_t(text.data(), text.size()));
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

}  // namespace

void SetLogLevel(LogLevel level) { Logger().set_level(ToSpdlog(level)); }

absl::StatusOr<LogLevel> ParseLogLevel(absl::string_view name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "info") return LogLevel::kInfo;
  if (name == "warning") return LogLevel::kWarning;
  if (name == "error") return LogLevel::kError;
  if (name == "off") return LogLevel::kOff;
  return absl::InvalidArgumentError(absl::StrCat(
      "log level \"", name, "\" is not debug, info, warning, error or off"));
}

void LogDebug(absl::string_view text) { Log(spdlog::level::debug, text); }
void LogInfo(absl::string_view text) { Log(spdlog::level::info, text); }
void LogWarning(absl::string_view text) { Log(spdlog::level::warn, text); }
void LogError(absl::string_view text) { Log(spdlog::level::err, text); }

}  // namespace softfleet
