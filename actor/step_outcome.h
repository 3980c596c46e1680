// SPDX-License-Identifier: Apache-2.0
// What became of one step of one environment. Values.
#ifndef SOFTFLEET_ACTOR_STEP_OUTCOME_H_
#define SOFTFLEET_ACTOR_STEP_OUTCOME_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "experience/episode.h"

namespace softfleet {

// Why an episode was given up: the environment returned an error or threw, gave
// a number that is not finite, took too long, or the process it has of its own
// died.
enum class FailureReason { kError, kNotFinite, kHang, kCrash };
inline constexpr std::array<absl::string_view, 4> kFailureReasons = {
    "error", "not_finite", "hang", "crash"};
inline absl::string_view FailureReasonName(FailureReason reason) {
  return kFailureReasons[static_cast<size_t>(reason)];
}

struct EnvironmentFailure {
  FailureReason reason = FailureReason::kError;
  absl::Status status;
  // Where: the step within its episode, from 0.
  uint64_t episode = 0;
  uint64_t step = 0;
  // Of the episode, made and not handed on: gone.
  uint64_t dropped_rows = 0;
};

struct StepOutcome {
  bool stepped = false;   // a row was made
  uint8_t row_flags = 0;  // its own
  bool began = false;     // an episode has begun
  std::optional<FinishedEpisode> finished;
  std::unique_ptr<EnvironmentFailure> failure;  // null: all is well
};

}  // namespace softfleet

#endif  // SOFTFLEET_ACTOR_STEP_OUTCOME_H_
