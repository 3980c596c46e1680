// SPDX-License-Identifier: Apache-2.0
// A child process whose output a test reads while it runs. One thread.
#ifndef SOFTFLEET_TESTS_END_TO_END_CHILD_PROCESS_H_
#define SOFTFLEET_TESTS_END_TO_END_CHILD_PROCESS_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace softfleet {

class ChildProcess {
 public:
  // Starts arguments[0] in `directory`, with one thread for LibTorch.
  ChildProcess(const std::vector<std::string>& arguments,
               const std::string& directory);
  // Kills the child if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal);

  // Reads until `text` has been seen on either output; false at the child's
  // end or after the deadline.
  bool WaitFor(const std::string& text,
               absl::Duration deadline = absl::Seconds(60));
  // Reads until the child has ended. Its exit code; 128 + the signal that
  // killed it; -1 (and a test failure) when the deadline has passed.
  int Wait(absl::Duration deadline = absl::Seconds(120));
  // Whether it has ended within `deadline`.
  bool Ended(absl::Duration deadline);

  // What has been read so far.
  const std::string& out() const { return out_; }
  const std::string& err() const { return err_; }

 private:
  // Reads what there is, waiting at most so long for something; false when
  // both outputs are closed.
  bool Read(absl::Duration wait);

  pid_t pid_ = -1;
  int out_pipe_ = -1, err_pipe_ = -1;
  std::string out_, err_;
  std::optional<int> exit_code_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_END_TO_END_CHILD_PROCESS_H_
