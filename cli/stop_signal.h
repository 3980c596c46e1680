// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM as a request to stop cleanly; a second one ends the
// process at once.
#ifndef SOFTFLEET_CLI_STOP_SIGNAL_H_
#define SOFTFLEET_CLI_STOP_SIGNAL_H_

namespace softfleet {

// Installs the handlers. Call once, from the main thread.
void CatchStopSignals();
// Whether a signal has come. Async-signal-safe and thread-safe.
bool StopRequested();

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_STOP_SIGNAL_H_
