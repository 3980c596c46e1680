// SPDX-License-Identifier: Apache-2.0
// How long to wait before the next try: exponentially longer each time, with
// jitter so that many clients of one server that came back do not return in
// step. Not thread-safe.
#ifndef SOFTFLEET_CORE_BACKOFF_H_
#define SOFTFLEET_CORE_BACKOFF_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "core/philox.h"

namespace softfleet {

class Backoff {
 public:
  struct Options {
    absl::Duration initial = absl::Milliseconds(100);  // before jitter
    absl::Duration max = absl::Seconds(2);             // before jitter
    double multiplier = 2;                             // >= 1
    // Fixes the jitter, for tests; without one every Backoff has its own.
    std::optional<uint64_t> seed = std::nullopt;
  };

  Backoff() : Backoff(Options()) {}
  explicit Backoff(Options options);

  // The delay before the next try: min(max, initial * multiplier^n) after n
  // earlier calls, times a uniform number in [0.5, 1].
  absl::Duration Next();
  // After a success: the next delay is the first again.
  void Reset() { delay_ = options_.initial; }

 private:
  Options options_;
  absl::Duration delay_;
  Philox random_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_BACKOFF_H_
