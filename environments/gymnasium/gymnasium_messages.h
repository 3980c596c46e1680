// SPDX-License-Identifier: Apache-2.0
// What this process and worker.py say to each other. A message is a letter and
// what follows it:
//
//   M {id, module, settings, max_episode_steps}   make          -> S {...}
//   L {size, seed, action, ...}   offsets in shared memory      -> K
//   R   reset with the seed in shared memory                    -> K
//   T   step with the action in shared memory                   -> K
//   Q   the physical state                                      -> V doubles
//   P doubles   reset to a physical state                       -> K
//
// or, instead of any of these answers, E {kind, message, traceback}. Before K
// the worker has written what there is to see into the shared memory. Both
// sides are of one build, so nothing has a version.
#ifndef SOFTFLEET_ENVIRONMENTS_GYMNASIUM_GYMNASIUM_MESSAGES_H_
#define SOFTFLEET_ENVIRONMENTS_GYMNASIUM_GYMNASIUM_MESSAGES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "environments/environment.h"
#include "environments/settings.h"

namespace softfleet {

struct GymnasiumRequest {
  std::string id;      // "LunarLander-v3"
  std::string module;  // imported first; may be empty
  std::vector<EnvironmentSetting> settings;
  std::optional<int64_t> max_episode_steps;  // 0 = never; unset = its own
};

// InvalidArgument names a setting that is there twice or is not finite.
absl::StatusOr<std::string> MakeRequest(const GymnasiumRequest& request);

struct GymnasiumSpec {
  EnvironmentSpec spec;    // all but the name
  int64_t state_size = 0;  // of the physical state; 0 = it has none
};
absl::StatusOr<GymnasiumSpec> ParseSpec(absl::string_view json);

// The error in an E: InvalidArgument what has to be changed, FailedPrecondition
// what has to be installed, else Internal with the traceback's last line. All
// of it is put into `traceback`.
absl::Status ParseError(absl::string_view json, std::string* traceback);

// What worker.py calls FLAGS.
struct StepFlags {
  uint8_t terminated, truncated, success, taken_over, executed;
};

// Where everything is in the shared memory, in bytes from its beginning.
struct SharedLayout {
  explicit SharedLayout(const EnvironmentSpec& spec);
  std::string ToMessage() const;

  size_t seed = 0;                   // uint64
  size_t action = 0;                 // float32 [dimension], or one int32
  size_t executed = 0;               // float32 [dimension]
  size_t reward = 0;                 // float64
  size_t components = 0;             // float64 [reward components]
  size_t flags = 0;                  // StepFlags
  std::vector<size_t> observations;  // per group
  size_t size = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_GYMNASIUM_GYMNASIUM_MESSAGES_H_
