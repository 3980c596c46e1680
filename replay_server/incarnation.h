// SPDX-License-Identifier: Apache-2.0
// The number of a shard's start: higher at each, and never that of another
// shard or directory, so that a position of an earlier start is recognised.
#ifndef SOFTFLEET_REPLAY_SERVER_INCARNATION_H_
#define SOFTFLEET_REPLAY_SERVER_INCARNATION_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "core/clock.h"
#include "core/file_system.h"

namespace softfleet {

// Microseconds since the epoch, or one more than the last start in
// `data_directory` had if that is more (the clock was set back). Made durable
// there, in the file `incarnation`, before it returns. An empty directory name
// means that there is none. DataLoss when the file holds no number; the file
// system's errors.
absl::StatusOr<uint64_t> NextIncarnation(FileSystem& files,
                                         const std::string& data_directory,
                                         Clock& clock);

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_SERVER_INCARNATION_H_
