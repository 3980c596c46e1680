// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM as a request to stop cleanly; a second one ends the
// process at once.
#ifndef SOFTFLEET_CORE_STOP_SIGNAL_H_
#define SOFTFLEET_CORE_STOP_SIGNAL_H_

#include "absl/time/time.h"

namespace softfleet {

// Installs the handlers. Call once, from the main thread.
void CatchStopSignals();
// Whether a signal has come. Async-signal-safe and thread-safe.
bool StopRequested();
// Waits until a signal comes, at most `timeout` (for ever if it is infinite);
// returns StopRequested(). Thread-safe; after CatchStopSignals.
bool WaitForStop(absl::Duration timeout);

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_STOP_SIGNAL_H_
