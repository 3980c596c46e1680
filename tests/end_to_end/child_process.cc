// SPDX-License-Identifier: Apache-2.0
#include "tests/end_to_end/child_process.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>

#include "absl/time/clock.h"

namespace softfleet {
namespace {

// Appends what `pipe` has; closes it at its end.
void Drain(int* pipe, std::string* text) {
  std::array<char, 4096> bytes;
  const ssize_t n = ::read(*pipe, bytes.data(), bytes.size());
  if (n > 0) {
    text->append(bytes.data(), static_cast<size_t>(n));
  } else {
    ::close(*pipe);
    *pipe = -1;
  }
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& arguments,
                           const std::string& directory) {
  std::array<int, 2> out, err;
  if (::pipe(out.data()) != 0 || ::pipe(err.data()) != 0) {
    ADD_FAILURE() << "no pipe";
    return;
  }
  std::vector<char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(err[1], STDERR_FILENO);
    for (const int fd : {out[0], out[1], err[0], err[1]}) ::close(fd);
    ::setenv("OMP_NUM_THREADS", "1", 1);
    if (::chdir(directory.c_str()) == 0) ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(out[1]);
  ::close(err[1]);
  out_pipe_ = out[0];
  err_pipe_ = err[0];
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0 && !exit_code_.has_value()) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  for (const int pipe : {out_pipe_, err_pipe_}) {
    if (pipe >= 0) ::close(pipe);
  }
}

void ChildProcess::Signal(int signal) { ::kill(pid_, signal); }

bool ChildProcess::Read(absl::Duration wait) {
  std::array<pollfd, 2> pipes = {
      {{out_pipe_, POLLIN, 0}, {err_pipe_, POLLIN, 0}}};  // -1 is ignored
  if (out_pipe_ < 0 && err_pipe_ < 0) return false;
  const auto milliseconds =
      static_cast<int>(std::max<int64_t>(0, absl::ToInt64Milliseconds(wait)));
  if (::poll(pipes.data(), pipes.size(), milliseconds) > 0) {
    if (pipes[0].revents != 0) Drain(&out_pipe_, &out_);
    if (pipes[1].revents != 0) Drain(&err_pipe_, &err_);
  }
  return true;
}

bool ChildProcess::WaitFor(const std::string& text, absl::Duration deadline) {
  const absl::Time end = absl::Now() + deadline;
  const auto seen = [&] {
    return out_.find(text) != std::string::npos ||
           err_.find(text) != std::string::npos;
  };
  while (!seen() && absl::Now() < end) {
    if (!Read(end - absl::Now())) break;
  }
  return seen();
}

bool ChildProcess::Ended(absl::Duration deadline) {
  if (exit_code_.has_value()) return true;
  const absl::Time end = absl::Now() + deadline;
  while (Read(end - absl::Now())) {
    if (absl::Now() >= end) return false;
  }
  // Both outputs are closed: the process is ending.
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) return false;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

int ChildProcess::Wait(absl::Duration deadline) {
  if (Ended(deadline)) return *exit_code_;
  ADD_FAILURE() << "the process has not ended after " << deadline << ":\n"
                << out_ << err_;
  return -1;
}

}  // namespace softfleet
