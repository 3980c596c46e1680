// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/bare_stepping.h"

#include <numeric>

#include "benchmarks/or_die.h"
#include "core/clock.h"
#include "core/philox.h"
#include "core/thread.h"
#include "environments/registry.h"

namespace softfleet {
namespace {

constexpr size_t kActions = 4096;

std::vector<float> DrawAction(const EnvironmentSpec& spec, Philox* random) {
  std::vector<float> action;
  for (size_t i = 0; i < spec.action_low.size(); ++i) {
    const double low = spec.action_low[i];
    action.push_back(static_cast<float>(low + random->NextUniform() *
                                                  (spec.action_high[i] - low)));
  }
  return action;
}

}  // namespace

BareStepping::BareStepping(const std::string& environment, int count) {
  EnvironmentOptions options;
  options.name = environment;
  for (int i = 0; i < count; ++i) {
    std::unique_ptr<Environment> made = OrDie(MakeEnvironment(options));
    Check(made->Reset(static_cast<uint64_t>(i) << 32));
    ObservationBuffer observation(made->spec());
    // Each begins elsewhere in the list of actions.
    places_.push_back({std::move(made), std::move(observation),
                       static_cast<size_t>(i) * 97,
                       static_cast<uint64_t>(i) << 32});
  }
  Philox random(1, Purpose::kTest);
  for (size_t i = 0; i < kActions; ++i) {
    actions_.push_back(DrawAction(places_[0].environment->spec(), &random));
  }
}

uint64_t BareStepping::Run(size_t threads, absl::Duration duration) {
  const absl::Duration end = SystemClock().Monotonic() + duration;
  std::vector<uint64_t> steps(threads);
  std::vector<Thread> running;
  for (size_t t = 0; t < threads; ++t) {
    running.emplace_back("bare", [&, t] {
      uint64_t taken = 0;
      while (SystemClock().Monotonic() < end) {
        for (size_t i = t; i < places_.size(); i += threads, ++taken) {
          Step(places_[i]);
        }
      }
      steps[t] = taken;
    });
  }
  running.clear();
  return std::accumulate(steps.begin(), steps.end(), uint64_t{0});
}

void BareStepping::Step(Place& place) const {
  const StepResult result =
      OrDie(place.environment->Step(actions_[++place.steps % kActions]));

  place.observation.Read(*place.environment);
  if (result.terminated || result.truncated) {
    Check(place.environment->Reset(++place.episodes));
  }
}

}  // namespace softfleet
