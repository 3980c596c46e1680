// SPDX-License-Identifier: Apache-2.0
#include "core/stop_signal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "core/clock.h"

namespace softfleet {
namespace {

std::atomic<bool> stop_requested = false;
static_assert(std::atomic<bool>::is_always_lock_free);
// Becomes readable with the first signal and stays so. A handler may write to
// it, which it may not to a condition variable.
int stop_event = -1;

// A second signal, of either kind, ends the process as the shell expects.
void OnSignal(int signal) {
  if (stop_requested.exchange(true)) _exit(128 + signal);
  const int error = errno;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(stop_event, &one, sizeof(one));
  errno = error;
}

}  // namespace

void CatchStopSignals() {
  stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  for (int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

bool StopRequested() { return stop_requested; }

bool WaitForStop(absl::Duration timeout) {
  const absl::Duration deadline = SystemClock().Monotonic() + timeout;
  while (!stop_requested) {
    const absl::Duration left = deadline - SystemClock().Monotonic();
    if (left <= absl::ZeroDuration()) break;
    // poll counts milliseconds in an int; rounded up, so as not to spin.
    const absl::Duration slice = std::min(left, absl::Hours(1));
    pollfd event = {.fd = stop_event, .events = POLLIN, .revents = 0};
    poll(&event, 1, static_cast<int>(absl::ToInt64Milliseconds(slice)) + 1);
  }
  return stop_requested;
}

}  // namespace softfleet
