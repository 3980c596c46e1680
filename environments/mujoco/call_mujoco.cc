// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/call_mujoco.h"

#include <mujoco/mujoco.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace softfleet {
namespace {

// What the handler tells the call that is running in its thread.
struct Report {
  std::jmp_buf escape;
  bool failed = false;
  bool warned = false;
  char text[sizeof(mjLogMessage::subject)];  // the first warning, or the error
};

thread_local Report* running = nullptr;
mjfLogHandler previous_handler = nullptr;

void TakeMessage(const mjLogMessage* message) {
  if (running == nullptr) return previous_handler(message);
  if (message->level < mjLOG_WARNING) return;
  const bool failed = message->level == mjLOG_ERROR;
  if (failed || !running->warned) {
    std::memcpy(running->text, message->subject, sizeof(running->text));
  }
  running->warned = true;
  if (!failed) return;
  running->failed = true;
  std::longjmp(running->escape, 1);
}

void InstallHandler() {
  static const bool installed = [] {
    previous_handler = mju_setLogHandler(TakeMessage);
    return true;
  }();
  (void)installed;
}

// Runs `call` with `report` as where messages go. Nothing here has a
// destructor.
void RunReporting(absl::FunctionRef<void()> call, Report& report) {
  Report* const outer = running;
  running = &report;
  if (setjmp(report.escape) == 0) call();  // NOLINT(cert-err52-cpp)
  running = outer;
}

}  // namespace

absl::Status CallMujoco(absl::FunctionRef<void()> call, std::string* warning) {
  InstallHandler();
  Report report;
  RunReporting(call, report);
  if (!report.warned) return absl::OkStatus();
  if (!report.failed && warning != nullptr) {
    *warning = report.text;
    return absl::OkStatus();
  }
  return absl::InternalError(absl::StrCat("MuJoCo: ", report.text));
}

}  // namespace softfleet
