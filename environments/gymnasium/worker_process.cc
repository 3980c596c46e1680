// SPDX-License-Identifier: Apache-2.0
#include "environments/gymnasium/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/status.h"
#include "environments/gymnasium/parent_thread.h"

namespace softfleet {

// spaces.py and worker.py.
extern const unsigned char kGymnasiumSpaces[];
extern const size_t kGymnasiumSpacesSize;
extern const unsigned char kGymnasiumWorker[];
extern const size_t kGymnasiumWorkerSize;

namespace {

// As worker.py has it.
constexpr size_t kMostMessage = 1 << 18;
constexpr size_t kLongestLine = 4096;
// For closing the environment, which may save something.
constexpr absl::Duration kCloseGrace = absl::Seconds(2);
// ppoll takes no infinite one.
constexpr absl::Duration kLongestPoll = absl::Hours(1);
// For the kernel, after SIGKILL.
constexpr absl::Duration kKillGrace = absl::Seconds(5);

constexpr int kChannelNumber = 3;
constexpr int kMemoryNumber = 4;
// The scripts come as the first messages. `-c` and not a file: modules in the
// current directory can be imported then.
constexpr char kBootstrap[] = R"(import os, socket, sys
channel = socket.socket(fileno=os.dup(3))
for name in 'spaces', 'worker':
    exec(compile(channel.recv(1 << 18), f'softfleet/{name}.py', 'exec'))
main(3, 4, int(sys.argv[2])))";

std::string Interpreter() {
  const char* const given = std::getenv("SOFTFLEET_PYTHON");  // NOLINT
  return given != nullptr && *given != '\0' ? given : "python3";
}

absl::Status SystemError(absl::string_view what) {
  return absl::ResourceExhaustedError(
      absl::StrCat(what, ": ", std::strerror(errno)));
}

// Above the numbers that a child is given, so that none of them is overwritten
// before it is taken.
FileDescriptor Aside(FileDescriptor file) {
  return FileDescriptor(::fcntl(file.number(), F_DUPFD_CLOEXEC, 10));
}

struct Pair {
  FileDescriptor ours, theirs;
};

absl::StatusOr<Pair> MakeChannel() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return SystemError("socketpair");
  }
  return Pair{FileDescriptor(ends[0]), Aside(FileDescriptor(ends[1]))};
}

absl::StatusOr<Pair> MakeOutput() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return SystemError("pipe");
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return Pair{FileDescriptor(ends[0]), Aside(FileDescriptor(ends[1]))};
}

// What a child gets besides its arguments: three files and no other, a process
// group of its own, and signals as they are by default.
class SpawnOptions {
 public:
  SpawnOptions(int channel, int memory, int output) {
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
                                     O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&files, channel, kChannelNumber);
    posix_spawn_file_actions_adddup2(&files, memory, kMemoryNumber);
    posix_spawn_file_actions_addclosefrom_np(&files, kMemoryNumber + 1);

    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP |
                                              POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD}) {
      sigaddset(&signals, signal);
    }
    posix_spawnattr_setsigdefault(&attributes, &signals);
  }
  ~SpawnOptions() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
};

absl::StatusOr<pid_t> Spawn(const std::string& name,
                            const SpawnOptions& options) {
  const std::string interpreter = Interpreter();
  std::string arguments[] = {interpreter, "-c", kBootstrap, name,
                             absl::StrCat(::getpid())};
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  pid_t pid = -1;
  int error = 0;
  ParentThread::Get().Run([&] {
    error = ::posix_spawnp(&pid, interpreter.c_str(), &options.files,
                           &options.attributes, pointers.data(), environ);
  });
  if (error == 0) return pid;
  return absl::FailedPreconditionError(
      absl::StrCat("cannot start ", interpreter, ": ", std::strerror(error),
                   "; set SOFTFLEET_PYTHON to a Python 3 that has gymnasium"));
}

// Without what a terminal would take for a command: Gymnasium's warnings have
// colours.
std::string WithoutControl(absl::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "\x1b[") {
      i = std::min(text.find_first_not_of("0123456789;", i + 2), text.size());
    } else if (!absl::ascii_iscntrl(text[i]) || text[i] == '\t') {
      plain += text[i];
    }
  }
  return plain;
}

std::string DescribeEnd(int status) {
  if (!WIFSIGNALED(status)) {
    return absl::StrCat("ended with exit code ", WEXITSTATUS(status));
  }
  const int signal = WTERMSIG(status);
  return absl::StrCat(
      "was killed by signal ", signal, " (", ::strsignal(signal), ")",
      signal == SIGKILL ? ", by somebody or for lack of memory" : "");
}

}  // namespace

absl::StatusOr<std::unique_ptr<WorkerProcess>> WorkerProcess::Start(
    const std::string& name, const FileDescriptor& memory) {
  SF_ASSIGN_OR_RETURN(Pair channel, MakeChannel());
  SF_ASSIGN_OR_RETURN(Pair output, MakeOutput());
  const FileDescriptor inherited(::fcntl(memory.number(), F_DUPFD_CLOEXEC, 10));
  const SpawnOptions options(channel.theirs.number(), inherited.number(),
                             output.theirs.number());
  SF_ASSIGN_OR_RETURN(const pid_t pid, Spawn(name, options));
  // glibc 2.36 declares pidfd_open without extern "C".
  FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process.open()) {
    const absl::Status status = SystemError("pidfd_open");
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return status;
  }
  auto worker = absl::WrapUnique(
      new WorkerProcess(name, pid, std::move(process), std::move(channel.ours),
                        std::move(output.ours)));
  worker->Send(
      {reinterpret_cast<const char*>(kGymnasiumSpaces), kGymnasiumSpacesSize});
  worker->Send(
      {reinterpret_cast<const char*>(kGymnasiumWorker), kGymnasiumWorkerSize});
  return worker;
}

WorkerProcess::WorkerProcess(const std::string& name, pid_t pid,
                             FileDescriptor process, FileDescriptor channel,
                             FileDescriptor output)
    : name_(absl::StrCat(name, " (process ", pid, ")")),
      pid_(pid),
      process_(std::move(process)),
      channel_(std::move(channel)),
      output_(std::move(output)),
      answer_(kMostMessage) {}

WorkerProcess::~WorkerProcess() {
  if (!ended_.ok()) return;
  channel_.Close();
  WaitFor(process_, kCloseGrace);
  End();
}

absl::StatusOr<absl::string_view> WorkerProcess::Ask(absl::string_view message,
                                                     absl::string_view what,
                                                     absl::Duration deadline) {
  SF_RETURN_IF_ERROR(ended_);
  if (!Send(message)) return ended_ = absl::AbortedError(End());
  if (!WaitFor(channel_, deadline)) {
    End();
    return ended_ = absl::DeadlineExceededError(absl::StrCat(
               name_, ": ", what, " took longer than ",
               absl::FormatDuration(deadline), "; its process was killed"));
  }
  const ssize_t size =
      ::recv(channel_.number(), answer_.data(), answer_.size(), 0);
  if (size <= 0) return ended_ = absl::AbortedError(End());
  return absl::string_view(answer_.data(), static_cast<size_t>(size));
}

bool WorkerProcess::Send(absl::string_view message) {
  return ::send(channel_.number(), message.data(), message.size(),
                MSG_NOSIGNAL) >= 0;
}

bool WorkerProcess::WaitFor(const FileDescriptor& file,
                            absl::Duration timeout) {
  const absl::Duration end = SystemClock().Monotonic() + timeout;
  while (true) {
    std::array<pollfd, 2> files = {pollfd{file.number(), POLLIN, 0},
                                   pollfd{output_.number(), POLLIN, 0}};
    const absl::Duration left =
        std::max(end - SystemClock().Monotonic(), absl::ZeroDuration());
    const timespec wait = absl::ToTimespec(std::min(left, kLongestPoll));
    const int ready = ::ppoll(files.data(), files.size(), &wait, nullptr);
    if (ready < 0 && errno != EINTR) return false;
    if (files[1].revents != 0) ReadOutput();
    if (files[0].revents != 0) return true;
    if (ready == 0 && left == absl::ZeroDuration()) return false;
  }
}

void WorkerProcess::ReadOutput() {
  std::array<char, kLongestLine> part;
  ssize_t size = 0;
  while ((size = ::read(output_.number(), part.data(), part.size())) > 0) {
    for (const char c : absl::string_view(part.data(), size)) {
      if (c != '\n') line_ += c;
      if (c == '\n' || line_.size() >= kLongestLine) LogLine();
    }
  }
  if (size == 0) output_.Close();
}

void WorkerProcess::LogLine() {
  const std::string line = WithoutControl(std::exchange(line_, ""));
  if (absl::StripAsciiWhitespace(line).empty()) return;
  LogInfo(absl::StrCat(name_, ": ", line));
  last_line_ = line;
}

std::string WorkerProcess::End() {
  ::kill(-pid_, SIGKILL);
  int status = 0;
  const bool reaped = WaitFor(process_, kKillGrace) &&
                      ::waitpid(pid_, &status, WNOHANG) == pid_;
  LogLine();
  channel_.Close();
  output_.Close();
  process_.Close();
  return absl::StrCat(
      name_, ": its process ",
      reaped ? DescribeEnd(status) : "does not end although it was killed",
      last_line_.empty() ? "" : absl::StrCat("; it last said: ", last_line_));
}

}  // namespace softfleet
