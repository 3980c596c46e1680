// SPDX-License-Identifier: Apache-2.0
#include "cli/supervisor.h"

#include <algorithm>
#include <csignal>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/commands.h"
#include "core/file_system.h"
#include "core/status.h"

namespace softfleet {
namespace {

constexpr int kShownLines = 5;

absl::Duration DelayAfter(int deaths) {
  absl::Duration delay = Supervisor::kFirstDelay;
  for (int i = 1; i < deaths && delay < Supervisor::kLongestDelay; ++i) {
    delay *= 2;
  }
  return std::min(delay, Supervisor::kLongestDelay);
}

}  // namespace

absl::StatusOr<size_t> Supervisor::Add(ProcessSpec spec) {
  Process process;
  process.spec = std::move(spec);
  SF_RETURN_IF_ERROR(Start(process));
  processes_.push_back(std::move(process));
  return processes_.size() - 1;
}

absl::Status Supervisor::Start(Process& process) {
  process.start_again.reset();
  process.started = clock_->Monotonic();
  SF_ASSIGN_OR_RETURN(process.child, Subprocess::Start(process.spec.arguments,
                                                       process.spec.log));
  return absl::OkStatus();
}

absl::Status Supervisor::RunOnce() {
  for (Process& process : processes_) {
    if (process.child != nullptr) {
      const std::optional<ExitState> end = process.child->Poll();
      if (end.has_value()) SF_RETURN_IF_ERROR(OnEnd(process, *end));
    }
    if (process.start_again.has_value() &&
        *process.start_again <= clock_->Monotonic()) {
      ++restarts_;
      SF_RETURN_IF_ERROR(Start(process));
    }
  }
  return absl::OkStatus();
}

absl::Status Supervisor::OnEnd(Process& process, const ExitState& end) {
  process.child.reset();
  if (end.signal == 0 && end.code == kExitOk) {
    process.done = true;
    return absl::OkStatus();
  }
  if (!restarting_) return absl::OkStatus();
  const std::string what =
      absl::StrCat(process.spec.name, " ended with ", end.Describe());
  const auto with_log = [&](const std::string& text) {
    return absl::StrCat(text, "; its last lines (", process.spec.log, "):\n",
                        LastLines(process.spec.log, kShownLines));
  };
  if (end.signal == 0 && end.code == kExitBadInput) {
    return absl::InvalidArgumentError(with_log(what));
  }
  const absl::Duration now = clock_->Monotonic();
  if (now - process.started >= kWellAfter) process.deaths = 0;
  if (++process.deaths >= kMostDeaths) {
    return absl::InternalError(with_log(
        absl::StrCat(what, ", the ", process.deaths, "th time in a row")));
  }
  const absl::Duration delay = DelayAfter(process.deaths);
  process.start_again = now + delay;
  on_note_(absl::StrCat(
      what, "; starting it again in ", absl::FormatDuration(delay),
      end.signal == 0
          ? absl::StrCat("; it said:\n", LastLines(process.spec.log, 1))
          : ""));
  return absl::OkStatus();
}

bool Supervisor::running(size_t process) const {
  return processes_[process].child != nullptr;
}

pid_t Supervisor::pid(size_t process) const {
  const Process& known = processes_[process];
  return known.child == nullptr ? 0 : known.child->pid();
}

void Supervisor::Signal(size_t process, int signal) {
  if (running(process)) processes_[process].child->Signal(signal);
}

void Supervisor::KillAll() {
  StopRestarting();
  for (Process& process : processes_) process.child.reset();
}

std::string LastLines(const std::string& path, int lines) {
  const absl::StatusOr<std::string> text = RealFileSystem().Read(path);
  if (!text.ok()) return "";
  std::vector<std::string> all =
      absl::StrSplit(*text, '\n', absl::SkipWhitespace());
  const auto first = all.end() - std::min<ptrdiff_t>(lines, all.size());
  return absl::StrCat("  ", absl::StrJoin(first, all.end(), "\n  "));
}

}  // namespace softfleet
