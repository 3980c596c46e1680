// SPDX-License-Identifier: Apache-2.0
// Calls of MuJoCo that may fail. MuJoCo reports what goes wrong to one handler
// of the whole process, and ends the process when that returns from an error;
// here it becomes the status of the call alone. Thread-safe.
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_CALL_MUJOCO_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_CALL_MUJOCO_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace softfleet {

// Runs `call`, which must hold nothing that needs a destructor: an error leaves
// it by longjmp, as in MuJoCo's own Python bindings, and the mjData it used
// needs mj_resetData. Internal with MuJoCo's text after an error, or after a
// warning (an unstable simulation, say) unless `warning` takes that. Allocates
// nothing when all is well.
absl::Status CallMujoco(absl::FunctionRef<void()> call,
                        std::string* warning = nullptr);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_CALL_MUJOCO_H_
