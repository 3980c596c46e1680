// SPDX-License-Identifier: Apache-2.0
#include "cli/subprocess.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace softfleet {
namespace {

constexpr int kCannotRun = 127;

// The child between fork and exec: only what a signal handler may call.
[[noreturn]] void Run(char* const* argv, int log, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(kCannotRun);  // it ended before that
  // A Ctrl-C on the terminal is for the parent alone, which tells us.
  ::setpgid(0, 0);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execv(argv[0], argv);
  ::_exit(kCannotRun);
}

}  // namespace

std::string ExitState::Describe() const {
  if (signal == 0) return absl::StrCat("exit code ", code);
  return absl::StrCat("signal ", signal, " (", strsignal(signal), ")");
}

absl::StatusOr<std::unique_ptr<Subprocess>> Subprocess::Start(
    const std::vector<std::string>& arguments, const std::string& log) {
  if (::access(arguments[0].c_str(), X_OK) != 0) {
    return absl::NotFoundError(
        absl::StrCat(arguments[0], " cannot be run: ", std::strerror(errno)));
  }
  const int file =
      ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) {
    return absl::PermissionDeniedError(
        absl::StrCat("open ", log, ": ", std::strerror(errno)));
  }
  std::vector<char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) Run(argv.data(), file, parent);
  ::close(file);
  if (pid < 0) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "cannot start ", arguments[0], ": ", std::strerror(errno)));
  }
  return absl::WrapUnique(new Subprocess(pid));
}

Subprocess::~Subprocess() {
  if (Poll().has_value()) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Subprocess::Signal(int signal) {
  if (!Poll().has_value()) ::kill(pid_, signal);
}

std::optional<ExitState> Subprocess::Poll() {
  if (ended_.has_value()) return ended_;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  ended_ = WIFSIGNALED(status) ? ExitState{0, WTERMSIG(status)}
                               : ExitState{WEXITSTATUS(status), 0};
  return ended_;
}

}  // namespace softfleet
