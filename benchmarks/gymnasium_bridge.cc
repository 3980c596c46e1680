// SPDX-License-Identifier: Apache-2.0
// Steps per second of environments that run in processes of Python, with random
// actions. Every environment has a thread of its own; all are stepped, then all
// are awaited, as a vectorised actor does.
//   gymnasium_bridge [--environments 1] [--seconds 2] [--json] [name]
// compare_bridge.py runs it beside Gymnasium's own vector environment.
#include <CLI/CLI.hpp>
#include <array>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "core/philox.h"
#include "core/thread.h"
#include "environments/observation_buffer.h"
#include "environments/registry.h"

namespace softfleet {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string name = "Pendulum-v1";
  int environments = 1;
  double seconds = 2;
  bool json = false;
};

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "gymnasium_bridge: %s\n", status.ToString().c_str());
  std::exit(1);
}

// One environment and what steps it.
class Stepper {
 public:
  explicit Stepper(std::unique_ptr<Environment> environment)
      : environment_(std::move(environment)),
        observation_(environment_->spec()) {
    const EnvironmentSpec& spec = environment_->spec();
    Philox random(1, Purpose::kTest);
    for (std::vector<float>& action : actions_) {
      for (size_t i = 0; i < spec.action_low.size(); ++i) {
        const double low = spec.action_low[i];
        action.push_back(static_cast<float>(
            low + random.NextUniform() * (spec.action_high[i] - low)));
      }
    }
    Check(environment_->Reset(0));
  }

  // A step and what a vectorised actor does after it.
  void Step() {
    const size_t turn = ++steps_ % actions_.size();
    const ActionSpec& space = environment_->spec().action;
    const auto result =
        space.continuous()
            ? environment_->Step(actions_[turn])
            : environment_->Step(static_cast<int32_t>(
                  turn % static_cast<size_t>(space.num_actions)));
    Check(result.status());
    observation_.Read(*environment_);
    if (result->terminated || result->truncated) {
      Check(environment_->Reset(++episodes_));
    }
  }

 private:
  std::unique_ptr<Environment> environment_;
  ObservationBuffer observation_;
  std::array<std::vector<float>, 64> actions_;  // drawn before, taken in turn
  size_t steps_ = 0;
  uint64_t episodes_ = 0;
};

struct Measured {
  double steps = 0, seconds = 0;
};

Measured Measure(std::vector<Stepper>& steppers, double warm_up,
                 double seconds) {
  const auto length = [](double s) {
    return std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(s));
  };
  Clock::time_point begin = Clock::now() + length(warm_up);
  const Clock::time_point end = begin + length(seconds);
  int64_t rounds = 0;
  bool running = true;
  // Runs in one of the threads when all have taken their step.
  std::barrier together(std::ssize(steppers), [&]() noexcept {
    const Clock::time_point now = Clock::now();
    if (now < begin) return;
    if (rounds++ == 0) begin = now;
    running = now < end;
  });
  std::vector<Thread> threads;
  for (Stepper& stepper : steppers) {
    threads.emplace_back("stepper", [&] {
      while (running) {
        stepper.Step();
        together.arrive_and_wait();
      }
    });
  }
  threads.clear();
  const std::chrono::duration<double> taken = Clock::now() - begin;
  return {static_cast<double>((rounds - 1) * std::ssize(steppers)),
          taken.count()};
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("Steps per second of Gymnasium's environments");
  app.add_option("--environments", options.environments);
  app.add_option("--seconds", options.seconds);
  app.add_flag("--json", options.json);
  app.add_option("name", options.name);
  CLI11_PARSE(app, argc, argv);
  EnvironmentOptions wanted;
  wanted.gymnasium = options.name;
  std::vector<Stepper> steppers;
  for (int i = 0; i < options.environments; ++i) {
    auto made = MakeEnvironment(wanted);
    if (absl::IsFailedPrecondition(made.status())) {
      std::printf("skipped: %s\n", made.status().ToString().c_str());
      return 0;
    }
    Check(made.status());
    steppers.emplace_back(*std::move(made));
  }
  const Measured measured =
      Measure(steppers, options.seconds / 4, options.seconds);
  std::printf(options.json ? "{\"steps_per_second\": %.1f}\n"
                           : "%.0f steps per second\n",
              measured.steps / measured.seconds);
  return 0;
}

}  // namespace
}  // namespace softfleet

int main(int argc, char** argv) { return softfleet::Main(argc, argv); }
