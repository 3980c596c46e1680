// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "environments/conformance/episode_record.h"
#include "environments/conformance/rules.h"

namespace softfleet {
namespace {

// Steps and observes with random actions, one episode after another.
class Stepper {
 public:
  Stepper(Environment& environment, uint64_t seed)
      : environment_(environment),
        observation_(environment.spec()),
        seed_(seed),
        random_(EpisodeActions(seed)) {}

  absl::Status Begin() { return environment_.Reset(seed_++); }

  // True where the episode ended.
  absl::StatusOr<bool> Step() {
    DrawAction(environment_.spec(), 1.0, random_, &action_);
    const absl::StatusOr<StepResult> result = StepWith(environment_, action_);
    if (!result.ok()) return result.status();
    environment_.Observe(observation_.places());
    return result->terminated || result->truncated;
  }

 private:
  Environment& environment_;
  GuardedObservation observation_;
  RandomAction action_;
  uint64_t seed_;
  Philox random_;
};

}  // namespace

absl::StatusOr<Verdict> CheckAllocation(const Subject& subject) {
  constexpr int64_t kBefore = 50;  // steps in which it may
  SF_ASSIGN_OR_RETURN(const auto environment, subject.make(std::nullopt));
  Stepper stepper(*environment, subject.options.seed);
  SF_RETURN_IF_ERROR(stepper.Begin());
  int64_t count = 0;
  for (int64_t step = 0; step < kBefore + subject.options.steps; ++step) {
    const int64_t before = subject.options.allocations();
    SF_ASSIGN_OR_RETURN(const bool ended, stepper.Step());
    if (step >= kBefore) count += subject.options.allocations() - before;
    if (ended) SF_RETURN_IF_ERROR(stepper.Begin());
  }
  if (count == 0) return Pass();
  return Fail(
      absl::StrCat(count, " allocations in ", subject.options.steps, " steps"));
}

absl::StatusOr<Verdict> CheckSpeed(const Subject& subject) {
  constexpr absl::Duration kTime = absl::Milliseconds(200);
  constexpr int64_t kSteps = 20;  // between looks at the clock
  SF_ASSIGN_OR_RETURN(const auto environment, subject.make(std::nullopt));
  Stepper stepper(*environment, subject.options.seed);
  SF_RETURN_IF_ERROR(stepper.Begin());
  Clock& clock = *subject.options.clock;
  const absl::Duration start = clock.Monotonic();
  absl::Duration passed;
  int64_t steps = 0;
  do {
    for (int64_t i = 0; i < kSteps; ++i, ++steps) {
      SF_ASSIGN_OR_RETURN(const bool ended, stepper.Step());
      if (ended) SF_RETURN_IF_ERROR(stepper.Begin());
    }
    passed = clock.Monotonic() - start;
  } while (passed < kTime && steps < 1000 * kSteps);
  const double rate =
      static_cast<double>(steps) / absl::ToDoubleSeconds(passed);
  return Note(absl::StrCat(std::llround(rate),
                           " steps a second, resets and random actions "
                           "included"));
}

}  // namespace softfleet
