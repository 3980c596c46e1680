// SPDX-License-Identifier: Apache-2.0
// A plug-in that counts: every number it shows can be foretold. The setting
// "fault" makes it do one thing wrong, from its third step on where it is a
// step's.
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "environments/plugin/softfleet_environment.h"

#ifndef COUNT_BY
#define COUNT_BY 1
#endif

namespace plugin = softfleet::plugin;

// Not in an anonymous namespace: two libraries have this class.
class Counter : public plugin::Environment {
 public:
  explicit Counter(plugin::Settings& settings)
      : fault_(settings.Text("fault", "")),
        discrete_(settings.Flag("discrete", false)),
        start_(settings.Whole("start", 0)),
        scale_(settings.Number("scale", 1)),
        weights_(settings.Numbers("weights", {1, 2})) {
    if (fault_ == "constructor") throw std::runtime_error("no licence");
    if (fault_ == "refused") throw std::invalid_argument("start is too late");
    if (fault_ == "thrown number") throw 42;
  }

  plugin::Spec Describe() const override {
    if (fault_ == "describe") throw std::runtime_error("not today");
    plugin::Spec spec;
    spec.name = "Counter-v0";
    spec.version = std::to_string(COUNT_BY);
    spec.observations = {{"count", plugin::DType::kFloat32, {2}},
                         {"digits", plugin::DType::kUInt8, {1, 3}}};
    spec.reward_components = {"first", "second"};
    spec.max_episode_steps = 20;
    spec.control_frequency = 10;
    if (discrete_) {
      spec.num_actions = 3;
    } else {
      spec.action_low = {-2, 0};
      spec.action_high = {2, 5};
    }
    Spoil(spec);
    return spec;
  }

  void Reset(uint64_t seed) override {
    if (fault_ == "reset") throw std::runtime_error("the brake is stuck");
    count_ = start_ + static_cast<int64_t>(seed % 1000);
    steps_ = 0;
  }

  void Step(plugin::Action action, plugin::StepResult& result) override {
    ++steps_;
    count_ += COUNT_BY;
    const double pushed = discrete_ ? action.index : action[0] + action[1];
    result.reward_components[0] = weights_[0] * pushed;
    result.reward_components[1] = weights_[1];
    result.reward = result.reward_components[0] + result.reward_components[1];
    result.success = steps_ == 5;
    result.terminated = steps_ == 12;
    if (steps_ == 2 && !discrete_) {
      result.taken_over = true;
      result.executed_action = {0.5f, 1.5f};
    }
    if (steps_ >= 3) Spoil(result);
  }

  void Observe(plugin::Observation& observation) const override {
    const bool spoilt = steps_ >= 3;
    if (spoilt && fault_ == "observe") throw std::runtime_error("lens cap");
    observation.floats(0)[0] = static_cast<float>(scale_ * count_);
    observation.floats(0)[1] = spoilt && fault_ == "nan observation"
                                   ? NAN
                                   : static_cast<float>(steps_);
    for (int i = 0; i < 3; ++i) {
      observation.bytes(1)[i] = static_cast<uint8_t>(
          count_ / static_cast<int64_t>(std::pow(10, i)) % 10);
    }
  }

 private:
  void Spoil(plugin::Spec& spec) const {
    if (fault_ == "no name") spec.name = "";
    if (fault_ == "two words") spec.name = "My Counter";
    if (fault_ == "no group") spec.observations.clear();
    if (fault_ == "same group") spec.observations[1].name = "count";
    if (fault_ == "no size") spec.observations[0].shape = {2, 0};
    if (fault_ == "huge") spec.observations[0].shape = {1 << 20, 1 << 20};
    if (fault_ == "dtype") {
      spec.observations[0].dtype = static_cast<plugin::DType>(7);
    }
    if (fault_ == "no action") spec.action_low = spec.action_high = {};
    if (fault_ == "both actions") spec.num_actions = 3;
    if (fault_ == "uneven bounds") spec.action_high.push_back(1);
    if (fault_ == "infinite bound") spec.action_high[1] = INFINITY;
    if (fault_ == "negative limit") spec.max_episode_steps = -1;
    if (fault_ == "same component") spec.reward_components = {"a", "a"};
    if (fault_ == "frequency") spec.control_frequency = NAN;
  }

  void Spoil(plugin::StepResult& result) const {
    if (fault_ == "step") throw std::runtime_error("the motor burnt");
    if (fault_ == "step refused") throw std::invalid_argument("too strong");
    if (fault_ == "thrown text") throw "help";
    if (fault_ == "nan reward") result.reward = NAN;
    if (fault_ == "infinite component") result.reward_components[1] = INFINITY;
    if (fault_ == "nan execution") result.executed_action = {0, NAN};
    if (fault_ == "short execution") result.executed_action = {0};
  }

  std::string fault_;
  bool discrete_;
  int64_t start_;
  double scale_;
  std::vector<double> weights_;
  int64_t count_ = 0;
  int64_t steps_ = 0;
};

SOFTFLEET_ENVIRONMENT(Counter)
