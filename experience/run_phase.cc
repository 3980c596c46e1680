// SPDX-License-Identifier: Apache-2.0
#include "experience/run_phase.h"

namespace softfleet {

v1::RunPhase EncodePhase(RunState state) {
  switch (state) {
    case RunState::kWaiting:
      return v1::RUN_PHASE_WAITING;
    case RunState::kWarming:
      return v1::RUN_PHASE_WARMING;
    case RunState::kRunning:
      return v1::RUN_PHASE_RUNNING;
    case RunState::kFinished:
      return v1::RUN_PHASE_FINISHED;
    case RunState::kFailed:
      return v1::RUN_PHASE_FAILED;
  }
  return v1::RUN_PHASE_RUNNING;
}

RunState DecodePhase(v1::RunPhase phase) {
  switch (phase) {
    case v1::RUN_PHASE_WAITING:
      return RunState::kWaiting;
    case v1::RUN_PHASE_WARMING:
      return RunState::kWarming;
    case v1::RUN_PHASE_FINISHED:
      return RunState::kFinished;
    case v1::RUN_PHASE_FAILED:
      return RunState::kFailed;
    default:
      return RunState::kRunning;
  }
}

absl::string_view PhaseName(RunState state) {
  switch (state) {
    case RunState::kWaiting:
      return "waiting";
    case RunState::kWarming:
      return "warming";
    case RunState::kRunning:
      return "running";
    case RunState::kFinished:
      return "finished";
    case RunState::kFailed:
      return "failed";
  }
  return "unknown";
}

}  // namespace softfleet
