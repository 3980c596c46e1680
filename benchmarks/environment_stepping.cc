// SPDX-License-Identifier: Apache-2.0
// Steps per second of the environments on one core, with uniform random
// actions, observing every step.
//
// MuJoCo's: one environment beside a bare loop of mj_step with the same model,
// frame skip, actions, starts and ends of episodes, in the same process and in
// turn. The ratio is what all that Softfleet adds leaves of the bare speed.
// Classic control: 1024 environments, stepped one after another.
// Times are CPU time of the thread, so that what else runs counts for less;
// each number is the median of the repetitions, with the smallest and the
// largest.
//   environment_stepping [--json] [--seconds 0.25] [--repetitions 9] [name ...]
#include <mujoco/mujoco.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/philox.h"
#include "environments/mujoco/mujoco_environment.h"
#include "environments/registry.h"

namespace softfleet {
namespace {

constexpr size_t kActions = 4096;  // drawn before, taken in turn
constexpr size_t kBatch = 1024;    // environments of classic control

struct Options {
  bool json = false;
  double seconds = 0.25;  // about, of one repetition
  int repetitions = 9;
  std::vector<std::string> names;
};

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "environment_stepping: %s\n",
               value.status().ToString().c_str());
  std::exit(1);
}

void Check(const absl::Status& status) {
  if (!status.ok()) OrDie(absl::StatusOr<int>(status));
}

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * now.tv_nsec;
}

std::unique_ptr<Environment> Make(const std::string& name) {
  EnvironmentOptions options;
  options.name = name;
  return OrDie(MakeEnvironment(options));
}

// Uniform actions, one row each.
struct Actions {
  std::vector<float> vectors;
  std::vector<int32_t> indices;
  size_t dimension = 0;

  explicit Actions(const EnvironmentSpec& spec)
      : dimension(spec.action_low.size()) {
    Philox random(1, Purpose::kTest);
    for (size_t i = 0; i < kActions; ++i) {
      for (size_t j = 0; j < dimension; ++j) {
        const double low = spec.action_low[j];
        vectors.push_back(static_cast<float>(
            low + random.NextUniform() * (spec.action_high[j] - low)));
      }
      if (dimension == 0) {
        indices.push_back(
            static_cast<int32_t>(random.NextBelow(spec.action.num_actions)));
      }
    }
  }

  std::span<const float> Row(size_t i) const {
    return std::span(vectors).subspan(i % kActions * dimension, dimension);
  }
};

// Where observations of all groups go.
class Places {
 public:
  explicit Places(const EnvironmentSpec& spec) {
    for (const ObservationGroup& group : spec.observations) {
      bytes_.emplace_back(group.bytes());
    }
    for (auto& column : bytes_) places_.emplace_back(column);
  }
  ObservationPlaces places() const { return places_; }

 private:
  std::vector<std::vector<std::byte>> bytes_;
  std::vector<std::span<std::byte>> places_;
};

// The start of an episode and the step before which it begins.
struct EpisodeStart {
  size_t step = 0;
  uint64_t seed = 0;
  std::vector<double> state;
};

// Plays the first `steps` steps once to see where episodes begin.
std::vector<EpisodeStart> FindStarts(MujocoEnvironment& environment,
                                     const Actions& actions, size_t steps) {
  std::vector<EpisodeStart> starts;
  bool ended = true;
  for (size_t t = 0; t < steps; ++t) {
    if (ended) {
      const uint64_t seed = starts.size();
      Check(environment.Reset(seed));
      starts.push_back({t, seed, environment.state()});
    }
    const StepResult result = OrDie(environment.Step(actions.Row(t)));
    ended = result.terminated || result.truncated;
  }
  return starts;
}

// CPU seconds of `steps` steps through the Environment interface.
double TimeOurs(MujocoEnvironment& environment, const Actions& actions,
                const std::vector<EpisodeStart>& starts, size_t steps,
                const Places& places) {
  auto next = starts.begin();
  const double begin = CpuSeconds();
  for (size_t t = 0; t < steps; ++t) {
    if (next != starts.end() && next->step == t) {
      Check(environment.Reset((next++)->seed));
    }
    Check(environment.Step(actions.Row(t)).status());
    environment.Observe(places.places());
  }
  return CpuSeconds() - begin;
}

// CPU seconds of the same steps of MuJoCo alone.
double TimeBare(const mjModel& model, mjData* data, int frame_skip,
                const Actions& actions, const std::vector<EpisodeStart>& starts,
                size_t steps) {
  auto next = starts.begin();
  const double begin = CpuSeconds();
  for (size_t t = 0; t < steps; ++t) {
    if (next != starts.end() && next->step == t) {
      mj_resetData(&model, data);
      std::copy_n(next->state.data(), model.nq, data->qpos);
      std::copy_n(next->state.data() + model.nq, model.nv, data->qvel);
      mj_forward(&model, data);
      ++next;
    }
    const auto action = actions.Row(t);
    std::copy(action.begin(), action.end(), data->ctrl);
    for (int i = 0; i < frame_skip; ++i) mj_step(&model, data);
  }
  return CpuSeconds() - begin;
}

nlohmann::json Spread(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {{"median", values[values.size() / 2]},
          {"min", values.front()},
          {"max", values.back()}};
}

nlohmann::json MeasureMujoco(MujocoEnvironment& environment,
                             const Options& options) {
  const mjModel& model = environment.model();
  const DataPointer data = OrDie(MakeData(model));
  const int frame_skip = static_cast<int>(std::lround(
      1 / environment.spec().control_frequency / model.opt.timestep));
  const Actions actions(environment.spec());
  const Places places(environment.spec());
  constexpr size_t kTrial = 2000;
  auto starts = FindStarts(environment, actions, kTrial);
  const double trial =
      TimeOurs(environment, actions, starts, kTrial, places) / kTrial;
  const auto steps = static_cast<size_t>(options.seconds / trial) + 1;
  starts = FindStarts(environment, actions, steps);

  std::vector<double> ours, bare, ratios;
  for (int i = 0; i < options.repetitions; ++i) {
    const double a = TimeOurs(environment, actions, starts, steps, places);
    const double b =
        TimeBare(model, data.get(), frame_skip, actions, starts, steps);
    ours.push_back(steps / a);
    bare.push_back(steps / b);
    ratios.push_back(b / a);
  }
  return {{"environment", environment.spec().name},
          {"steps_per_second", Spread(ours)},
          {"mj_step_loop", Spread(bare)},
          {"ratio", Spread(ratios)}};
}

nlohmann::json MeasureBatch(const std::string& name, const Options& options) {
  std::vector<std::unique_ptr<Environment>> environments;
  for (size_t i = 0; i < kBatch; ++i) {
    environments.push_back(Make(name));
    Check(environments.back()->Reset(i));
  }
  const EnvironmentSpec& spec = environments[0]->spec();
  const Actions actions(spec);
  // One block of observations, a row per environment.
  const size_t row = spec.observations[0].bytes();
  std::vector<std::byte> block(row * kBatch);
  uint64_t seed = kBatch;
  size_t turn = 0;
  const auto step_all = [&] {
    for (size_t i = 0; i < kBatch; ++i, ++turn) {
      Environment& environment = *environments[i];
      const auto result =
          spec.action.continuous()
              ? environment.Step(actions.Row(turn))
              : environment.Step(actions.indices[turn % kActions]);
      Check(result.status());
      const std::span<std::byte> place(block.data() + i * row, row);
      environment.Observe({&place, 1});
      if (result->terminated || result->truncated) {
        Check(environment.Reset(seed++));
      }
    }
  };
  std::vector<double> rates;
  for (int i = 0; i < options.repetitions; ++i) {
    const double begin = CpuSeconds();
    double spent = 0;
    size_t steps = 0;
    while (spent < options.seconds) {
      for (int k = 0; k < 16; ++k) step_all();
      steps += 16 * kBatch;
      spent = CpuSeconds() - begin;
    }
    rates.push_back(steps / spent);
  }
  return {{"environment", name}, {"steps_per_second", Spread(rates)}};
}

nlohmann::json Measure(const std::string& name, const Options& options) {
  const std::unique_ptr<Environment> made = Make(name);
  if (auto* const simulated = dynamic_cast<MujocoEnvironment*>(made.get())) {
    return MeasureMujoco(*simulated, options);
  }
  return MeasureBatch(name, options);
}

void Print(const nlohmann::json& result) {
  const auto number = [&](const char* what, const char* which) {
    return result.at(what).at(which).get<double>();
  };
  std::printf("%-26s %12.0f [%.0f, %.0f]",
              result.at("environment").get<std::string>().c_str(),
              number("steps_per_second", "median"),
              number("steps_per_second", "min"),
              number("steps_per_second", "max"));
  if (result.contains("ratio")) {
    std::printf("  bare %10.0f  ratio %.3f [%.3f, %.3f]",
                number("mj_step_loop", "median"), number("ratio", "median"),
                number("ratio", "min"), number("ratio", "max"));
  }
  std::printf("\n");
  std::fflush(stdout);
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("Steps per second of the environments on one core");
  app.add_flag("--json", options.json, "Print JSON");
  app.add_option("--seconds", options.seconds, "About, of one repetition");
  app.add_option("--repetitions", options.repetitions);
  app.add_option("names", options.names, "Environments; all by default");
  CLI11_PARSE(app, argc, argv);
  if (options.names.empty()) options.names = EnvironmentNames();
  nlohmann::json all = nlohmann::json::array();
  for (const std::string& name : options.names) {
    all.push_back(Measure(name, options));
    if (!options.json) Print(all.back());
  }
  if (options.json) std::printf("%s\n", all.dump(2).c_str());
  return 0;
}

}  // namespace
}  // namespace softfleet

int main(int argc, char** argv) { return softfleet::Main(argc, argv); }
