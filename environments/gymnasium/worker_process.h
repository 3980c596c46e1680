// SPDX-License-Identifier: Apache-2.0
// A process of Python that runs worker.py and answers messages, one at a time.
//
// 1. What it prints goes to the log, line by line, with its name before it.
// 2. It never outlives this process: the kernel kills it with its parent, and
//    it ends at the end of the socket's stream.
// 3. It is in a process group of its own: a Ctrl-C in the terminal is for this
//    process, which decides when it ends. What it has started is killed with
//    it.
// 4. One that has died, or that was killed for taking too long, answers every
//    further question with an error. It leaves no zombie.
//
// One thread at a time.
#ifndef SOFTFLEET_ENVIRONMENTS_GYMNASIUM_WORKER_PROCESS_H_
#define SOFTFLEET_ENVIRONMENTS_GYMNASIUM_WORKER_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "environments/gymnasium/file_descriptor.h"

namespace softfleet {

class WorkerProcess {
 public:
  // Runs $SOFTFLEET_PYTHON (default: python3). The process inherits `memory`.
  // FailedPrecondition names the interpreter that cannot be started.
  static absl::StatusOr<std::unique_ptr<WorkerProcess>> Start(
      const std::string& name, const FileDescriptor& memory);
  // Lets it end by itself, for a short time, and kills it then.
  ~WorkerProcess();

  // Sends a message and waits for the answer, which lives until the next call.
  // `what` it does is for errors: DeadlineExceeded where it took longer than
  // `deadline` (it is killed then), Aborted where the process has died.
  absl::StatusOr<absl::string_view> Ask(absl::string_view message,
                                        absl::string_view what,
                                        absl::Duration deadline);

  pid_t pid() const { return pid_; }

 private:
  WorkerProcess(const std::string& name, pid_t pid, FileDescriptor process,
                FileDescriptor channel, FileDescriptor output);

  bool Send(absl::string_view message);
  // Waits until `file` can be read, or has come to its end; false after the
  // timeout. Puts what the process prints meanwhile into the log.
  bool WaitFor(const FileDescriptor& file, absl::Duration timeout);
  void ReadOutput();
  void LogLine();
  // Kills it, with what it has started; says how it ended.
  std::string End();

  const std::string name_;
  const pid_t pid_;
  FileDescriptor process_;  // a pidfd, readable when it has ended
  FileDescriptor channel_;
  FileDescriptor output_;
  std::string line_;       // printed, without its end
  std::string last_line_;  // the last one in the log
  std::vector<char> answer_;
  absl::Status ended_;  // how, once it has
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_GYMNASIUM_WORKER_PROCESS_H_
