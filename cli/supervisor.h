// SPDX-License-Identifier: Apache-2.0
// Keeps a set of local processes running: one that dies is started again after
// a growing delay, one that says the configuration is wrong (exit code 2) or
// dies again and again ends the whole. One thread; RunOnce never waits.
#ifndef SOFTFLEET_CLI_SUPERVISOR_H_
#define SOFTFLEET_CLI_SUPERVISOR_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cli/subprocess.h"
#include "core/clock.h"

namespace softfleet {

struct ProcessSpec {
  std::string name;                    // "actor-0"
  std::vector<std::string> arguments;  // [0] is the program's path
  std::string log;                     // file its output is appended to
};

class Supervisor {
 public:
  // First delay before a restart; it doubles with each that follows soon.
  static constexpr absl::Duration kFirstDelay = absl::Milliseconds(200);
  static constexpr absl::Duration kLongestDelay = absl::Seconds(10);
  // A process that ran so long was well: its delays begin anew.
  static constexpr absl::Duration kWellAfter = absl::Seconds(20);
  // So many deaths without being well in between are given up on.
  static constexpr int kMostDeaths = 8;

  // `on_note` is told of starts again and ends, a line each.
  Supervisor(Clock& clock, std::function<void(const std::string&)> on_note)
      : clock_(&clock), on_note_(std::move(on_note)) {}

  // Starts a process and keeps it. Returns its number.
  absl::StatusOr<size_t> Add(ProcessSpec spec);

  // Looks after all of them. An error ends the whole: it names the process,
  // how it ended, and what it said last. InvalidArgument where the process
  // itself blamed its input.
  absl::Status RunOnce();

  // Whether it has ended by itself with exit code 0.
  bool done(size_t process) const { return processes_[process].done; }
  bool running(size_t process) const;
  int restarts() const { return restarts_; }
  size_t size() const { return processes_.size(); }
  const ProcessSpec& spec(size_t process) const {
    return processes_[process].spec;
  }
  // Of the process as it runs now, or 0.
  pid_t pid(size_t process) const;

  // From now on nothing is started again.
  void StopRestarting() { restarting_ = false; }
  // SIGTERM, or what `signal` says, to a running process.
  void Signal(size_t process, int signal);
  // SIGKILL to whatever still runs.
  void KillAll();

 private:
  struct Process {
    ProcessSpec spec;
    std::unique_ptr<Subprocess> child;
    bool done = false;
    int deaths = 0;  // since it was well
    absl::Duration started;
    std::optional<absl::Duration> start_again;  // when; Clock::Monotonic
  };

  absl::Status Start(Process& process);
  absl::Status OnEnd(Process& process, const ExitState& end);

  Clock* clock_;
  std::function<void(const std::string&)> on_note_;
  std::vector<Process> processes_;
  bool restarting_ = true;
  int restarts_ = 0;
};

// The last lines of a log file, for error messages; empty without one.
std::string LastLines(const std::string& path, int lines);

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_SUPERVISOR_H_
