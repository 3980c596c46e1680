// SPDX-License-Identifier: Apache-2.0
// A program of ours as a local child process: its output goes to a file, and
// it gets SIGTERM when this process ends, however that happens. One thread.
#ifndef SOFTFLEET_CLI_SUBPROCESS_H_
#define SOFTFLEET_CLI_SUBPROCESS_H_

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace softfleet {

// How a process ended.
struct ExitState {
  int code = 0;    // where it ended by itself
  int signal = 0;  // that killed it, or 0
  // "exit code 1", "signal 9 (Killed)".
  std::string Describe() const;
};

class Subprocess {
 public:
  // Runs arguments[0], a path, with standard output and error appended to
  // `log`. NotFound or PermissionDenied names the program or the log.
  static absl::StatusOr<std::unique_ptr<Subprocess>> Start(
      const std::vector<std::string>& arguments, const std::string& log);
  // Kills it if it still runs.
  ~Subprocess();

  pid_t pid() const { return pid_; }
  // Nothing happens once it has ended.
  void Signal(int signal);
  // How it has ended, or nullopt while it runs. Never waits.
  std::optional<ExitState> Poll();

 private:
  explicit Subprocess(pid_t pid) : pid_(pid) {}

  pid_t pid_;
  std::optional<ExitState> ended_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_SUBPROCESS_H_
