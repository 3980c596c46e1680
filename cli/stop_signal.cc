// SPDX-License-Identifier: Apache-2.0
#include "cli/stop_signal.h"

#include <atomic>
#include <csignal>

namespace softfleet {
namespace {

std::atomic<bool> stop_requested = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void OnSignal(int) { stop_requested = true; }

}  // namespace

void CatchStopSignals() {
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  // The default action comes back after the first signal.
  action.sa_flags = SA_RESETHAND | SA_RESTART;
  for (int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

bool StopRequested() { return stop_requested; }

}  // namespace softfleet
