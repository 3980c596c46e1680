// SPDX-License-Identifier: Apache-2.0
#include "cli/stop_signal.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

namespace softfleet {
namespace {

std::atomic<bool> stop_requested = false;
static_assert(std::atomic<bool>::is_always_lock_free);

// A second signal, of either kind, ends the process as the shell expects.
void OnSignal(int signal) {
  if (stop_requested.exchange(true)) _exit(128 + signal);
}

}  // namespace

void CatchStopSignals() {
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  for (int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

bool StopRequested() { return stop_requested; }

}  // namespace softfleet
