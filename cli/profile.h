// SPDX-License-Identifier: Apache-2.0
// Where the time of a configuration's updates goes. Not thread-safe.
#ifndef SOFTFLEET_CLI_PROFILE_H_
#define SOFTFLEET_CLI_PROFILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "sac/phase_clock.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

// Of one phase; all per update. With several threads, of all of them together.
struct PhaseProfile {
  UpdatePhase phase = UpdatePhase::kOther;
  double seconds = 0;
  double flops = 0;          // of its matrix products
  double bound_seconds = 0;  // of these products alone, on one thread
  double bytes = 0;          // computed from the shapes, not measured
};

struct Profile {
  std::string engine;  // "fused", "reference"
  std::string bound;   // what multiplied fastest: "avx512", "LibTorch"
  int threads = 1;
  int64_t batch = 0;
  int64_t updates = 0;               // measured
  double wall_seconds = 0;           // per update
  double idle_seconds = 0;           // per update: threads in no phase
  std::vector<PhaseProfile> phases;  // in the order of UpdatePhase

  double Seconds() const;  // of all phases
  double Flops() const;
  double BoundSeconds() const;  // of all products alone, on one thread
};

struct ProfileWithTrace {
  Profile profile;
  PhaseClock clock;  // what each thread did
};

// Fills the table with random steps of the environment and does `updates`
// updates with marks, and some before without. Writes no directory.
// InvalidArgument where updates are computed on a device, which marks no phases;
// otherwise as EmbeddedSystem::Build.
absl::StatusOr<ProfileWithTrace> MakeProfile(FileSystem& files,
                                             const v1::RunConfig& config,
                                             int64_t updates);

// What chrome://tracing and Perfetto read: a complete event per span, in
// microseconds from the first one.
std::string FormatTrace(const PhaseClock& clock);

// For a terminal, and as JSON with the same numbers.
std::string FormatProfile(const Profile& profile);
std::string FormatProfileJson(const Profile& profile);

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_PROFILE_H_
