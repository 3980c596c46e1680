// SPDX-License-Identifier: Apache-2.0
#include "core/waiting_timer.h"

#include <cstdio>
#include <cstdlib>

namespace softfleet {

MetricDefinition WaitingSecondsDefinition() {
  return {.name = "sac_waiting_seconds_total",
          .kind = MetricKind::kCounter,
          .unit = "seconds",
          .help = "Time spent waiting, by what is waited for.",
          .labels = {"reason"}};
}

WaitingTimer::WaitingTimer(MetricRegistry& registry,
                           const MetricDefinition& definition,
                           const std::vector<std::string>& reasons,
                           Clock& clock)
    : clock_(clock),
      counters_([&] {
        std::map<std::string, Counter*> counters;
        for (const std::string& reason : reasons) {
          counters[reason] = &registry.AddCounter(definition, {reason});
        }
        return counters;
      }()),
      refresh_(registry, [this] {
        MutexLock lock(mutex_);
        Count();
      }) {}

WaitingTimer::WaitingTimer(MetricRegistry& registry,
                           const std::vector<std::string>& reasons,
                           Clock& clock)
    : WaitingTimer(registry, WaitingSecondsDefinition(), reasons, clock) {}

WaitingTimer::~WaitingTimer() { Stop(); }

void WaitingTimer::Start(const std::string& reason) {
  const auto counter = counters_.find(reason);
  if (counter == counters_.end()) {
    std::fprintf(stderr, "a wait for \"%s\", which was not declared\n",
                 reason.c_str());
    std::abort();
  }
  MutexLock lock(mutex_);
  Count();
  waiting_ = counter->second;
}

void WaitingTimer::Stop() {
  MutexLock lock(mutex_);
  Count();
  waiting_ = nullptr;
}

void WaitingTimer::Count() {
  const absl::Duration now = clock_.Monotonic();
  if (waiting_ != nullptr) {
    waiting_->Increment(absl::ToDoubleSeconds(now - counted_until_));
  }
  counted_until_ = now;
}

}  // namespace softfleet
