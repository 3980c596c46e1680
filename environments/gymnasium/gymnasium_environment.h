// SPDX-License-Identifier: Apache-2.0
// A Gymnasium environment, in a process of its own (worker_process.h): numbers
// go through shared memory, a crash or a hang ends that process alone.
//
// What of Gymnasium becomes what here:
//
// 1. A Box of uint8 stays bytes, group "pixels"; a Box of any other numbers and
//    MultiBinary become float32, Discrete and MultiDiscrete a 1 among zeros,
//    group "state". The members of a Dict or Tuple are groups of their own, by
//    their names ("camera", "arm/joints") or numbers.
// 2. Actions: a Box of floats, or Discrete. Others are refused.
// 3. `truncated` is Gymnasium's; its TimeLimit has the options' limit if there
//    is one.
// 4. Numbers in `info` named "reward_..." are the reward's components. The
//    first step of a scratch episode, with an action of zeros, shows their
//    names; one that is missing in a later step counts as 0 there.
// 5. info["success"] or ["is_success"] -> success; ["taken_over"] or
//    ["intervention"] -> taken_over; ["executed_action"] -> executed_action.
// 6. Reset seeds Gymnasium with 32 bits made from the 64.
// 7. The physical state can be read and set where the environment is one of
//    Gymnasium's MuJoCo or classic control; no environment can be saved.
//
// Its own errors of Reset and Step: Internal, it threw (the log has the
// traceback); DataLoss, DeadlineExceeded (its process was killed) and Aborted
// as environment.h has them.
//
// Not thread-safe, as every Environment.
#ifndef SOFTFLEET_ENVIRONMENTS_GYMNASIUM_GYMNASIUM_ENVIRONMENT_H_
#define SOFTFLEET_ENVIRONMENTS_GYMNASIUM_GYMNASIUM_ENVIRONMENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "environments/episodic_environment.h"
#include "environments/gymnasium/gymnasium_messages.h"
#include "environments/gymnasium/shared_memory.h"
#include "environments/gymnasium/worker_process.h"

namespace softfleet {

class GymnasiumEnvironment : public EpisodicEnvironment {
 public:
  // Starts the process and waits until the environment is there.
  // FailedPrecondition: there is no Python, or something is not installed in
  // it. InvalidArgument: Gymnasium's own words about the id or its arguments,
  // or a space that Softfleet cannot use. Also Internal, Aborted,
  // DeadlineExceeded as above. `step_deadline` is for every step and reset.
  static absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> Make(
      const GymnasiumRequest& request, absl::Duration step_deadline);

  std::vector<double> state() const override;
  void Observe(ObservationPlaces groups) const override;

  // For tests.
  pid_t worker() const { return worker_->pid(); }

 private:
  GymnasiumEnvironment(GymnasiumSpec spec, const SharedLayout& layout,
                       SharedMemory memory, absl::Duration step_deadline,
                       std::unique_ptr<WorkerProcess> worker);

  absl::Status Start(uint64_t seed) override;
  absl::Status StartAt(std::span<const double> state) override;
  absl::StatusOr<StepResult> Advance(std::span<const float> action,
                                     int32_t index) override;
  absl::Status SaveState(std::string* bytes) const override;
  absl::Status RestoreState(absl::string_view bytes) override;

  // Has `message` done, after which there is a new observation.
  absl::Status Do(absl::string_view message, absl::string_view what);

  const size_t state_size_;  // 0: it has none
  const SharedLayout layout_;
  SharedMemory memory_;
  std::vector<std::span<std::byte>> observation_;  // in memory_
  const absl::Duration step_deadline_;
  std::unique_ptr<WorkerProcess> worker_;  // last: it uses the memory
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_GYMNASIUM_GYMNASIUM_ENVIRONMENT_H_
