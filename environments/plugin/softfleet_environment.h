// SPDX-License-Identifier: Apache-2.0
// An environment of your own for Softfleet, as a shared library. This header is
// all it needs: C++17 and nothing else. Write a class, name it once:
//
//   #include "environments/plugin/softfleet_environment.h"
//
//   class Crane : public softfleet::plugin::Environment {
//    public:
//     explicit Crane(softfleet::plugin::Settings& settings);
//     softfleet::plugin::Spec Describe() const override;
//     void Reset(uint64_t seed) override;
//     void Step(softfleet::plugin::Action action,
//               softfleet::plugin::StepResult& result) override;
//     void Observe(softfleet::plugin::Observation& observation) const override;
//   };
//   SOFTFLEET_ENVIRONMENT(Crane)
//
//   g++ -std=c++17 -O2 -shared -fPIC -I <include> crane.cc -o libcrane.so
//
// and say `environment: { plugin: "libcrane.so" }` in the configuration.
// examples/environment_plugin is such a project.
//
// Whatever a function throws becomes an error with its what(): the episode is
// lost, nothing else. A crash or an endless loop takes the process with it.
// Objects are made and used by several threads, each object by one at a time:
// keep no mutable globals.
//
// The lower half is the C interface behind it. A library works with every
// Softfleet of the same SOFTFLEET_ENVIRONMENT_ABI, whatever compiler and
// standard library made either.
#ifndef SOFTFLEET_ENVIRONMENTS_PLUGIN_SOFTFLEET_ENVIRONMENT_H_
#define SOFTFLEET_ENVIRONMENTS_PLUGIN_SOFTFLEET_ENVIRONMENT_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

// Grows with every change of a struct below.
#define SOFTFLEET_ENVIRONMENT_ABI 1u

extern "C" {

// What a function returns. With anything but SOFTFLEET_OK it has put a text
// into `error`.
enum {
  SOFTFLEET_OK = 0,
  SOFTFLEET_FAILED = 1,
  SOFTFLEET_UNSUPPORTED = 2,  // by this environment
  SOFTFLEET_INVALID = 3,      // an argument of the caller
};

enum { SOFTFLEET_FLOAT32 = 0, SOFTFLEET_UINT8 = 1 };

// Takes bytes of any number; copies them.
typedef struct SoftfleetSink {
  void* context;
  void (*put)(void* context, const void* bytes, size_t size);
} SoftfleetSink;

// Each function replaces *value where the configuration has a setting of that
// name. Texts and numbers live until `create` returns.
typedef struct SoftfleetSettings {
  void* context;
  void (*number)(void* context, const char* name, double* value);
  void (*whole)(void* context, const char* name, int64_t* value);
  void (*flag)(void* context, const char* name, int32_t* value);
  void (*text)(void* context, const char* name, const char** value);
  void (*numbers)(void* context, const char* name, const double** values,
                  size_t* count);
} SoftfleetSettings;

typedef struct SoftfleetGroup {
  const char* name;
  const int64_t* shape;
  size_t rank;
  int32_t dtype;
} SoftfleetGroup;

typedef struct SoftfleetSpec {
  const char* name;
  const char* version;
  const SoftfleetGroup* groups;
  size_t num_groups;
  const double* action_low;  // [action_dimension]
  const double* action_high;
  size_t action_dimension;  // continuous actions; else 0
  int64_t num_actions;      // discrete actions; else 0
  int64_t max_episode_steps;
  const char* const* reward_components;
  size_t num_reward_components;
  double control_frequency;
} SoftfleetSpec;

typedef struct SoftfleetStep {
  double reward;
  double* reward_components;  // [num_reward_components], to be written; zeros
  float* executed_action;     // [action_dimension], to be written if `executed`
  uint8_t terminated;
  uint8_t truncated;
  uint8_t success;
  uint8_t taken_over;
  uint8_t executed;
} SoftfleetStep;

typedef struct SoftfleetPhysics {
  double friction;
  double mass;
  double gain;
  double contact_time;
  double contact_damping;
  double gravity_tilt;
  double force[3];
  const char* const* blocked;
  size_t num_blocked;
} SoftfleetPhysics;

// What softfleet_environment() returns; it lives as long as the library.
typedef struct SoftfleetEnvironmentApi {
  uint32_t abi;  // SOFTFLEET_ENVIRONMENT_ABI; the first member in every version
  uint32_t size;  // of this struct and of those above
  uint32_t settings_size;
  uint32_t group_size;
  uint32_t spec_size;
  uint32_t step_size;
  uint32_t physics_size;
  int32_t (*create)(const SoftfleetSettings* settings, void** environment,
                    const SoftfleetSink* error);
  void (*destroy)(void* environment);
  // *spec lives as long as the environment.
  int32_t (*describe)(void* environment, const SoftfleetSpec** spec,
                      const SoftfleetSink* error);
  int32_t (*reset)(void* environment, uint64_t seed,
                   const SoftfleetSink* error);
  int32_t (*step)(void* environment, const float* action, int32_t index,
                  SoftfleetStep* step, const SoftfleetSink* error);
  // groups[i]: where group i's elements are to be written.
  int32_t (*observe)(const void* environment, void* const* groups,
                     const SoftfleetSink* error);
  int32_t (*state)(const void* environment, const SoftfleetSink* doubles,
                   const SoftfleetSink* error);
  int32_t (*reset_to)(void* environment, const double* state, size_t count,
                      const SoftfleetSink* error);
  int32_t (*save)(const void* environment, const SoftfleetSink* bytes,
                  const SoftfleetSink* error);
  int32_t (*restore)(void* environment, const void* bytes, size_t count,
                     const SoftfleetSink* error);
  int32_t (*set_physics)(void* environment, const SoftfleetPhysics* physics,
                         const SoftfleetSink* error);
} SoftfleetEnvironmentApi;

// The one symbol of a plug-in, which SOFTFLEET_ENVIRONMENT defines.
typedef const SoftfleetEnvironmentApi* (*SoftfleetEnvironmentFunction)(void);

}  // extern "C"

namespace softfleet::plugin {

// Thrown by the functions that an environment need not have.
class Unsupported : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class DType : int32_t {
  kFloat32 = SOFTFLEET_FLOAT32,
  kUInt8 = SOFTFLEET_UINT8,
};

struct ObservationGroup {
  std::string name;  // unique: letters, digits, _ - . /
  DType dtype = DType::kFloat32;
  std::vector<int64_t> shape;
};

struct Spec {
  std::string name;  // "Crane-v0": letters, digits, _ - . : /
  // Change it with every change of the dynamics, the reward or the observation:
  // results of different versions are not compared with each other.
  std::string version = "1";
  std::vector<ObservationGroup> observations;
  // Continuous actions: bounds in your units, per dimension. A policy acts
  // within them; what it does later, e.g. a person's take-over, may not.
  std::vector<double> action_low;
  std::vector<double> action_high;
  // Discrete actions: how many there are, instead of bounds.
  int64_t num_actions = 0;
  // Steps after which Softfleet truncates an episode; 0 = never.
  int64_t max_episode_steps = 0;
  // Names of what the reward is the sum of; may be empty.
  std::vector<std::string> reward_components;
  // Steps per second of simulated time; 0 = unknown.
  double control_frequency = 0;
};

// The options in the configuration: setting { name: "mass" number: 2 }. Each
// function returns the value, or `otherwise` where it is not set. One that
// nobody asks for is an error, and so is a value of another kind.
class Settings {
 public:
  explicit Settings(const SoftfleetSettings& settings) : settings_(settings) {}

  double Number(const char* name, double otherwise) {
    settings_.number(settings_.context, name, &otherwise);
    return otherwise;
  }
  int64_t Whole(const char* name, int64_t otherwise) {
    settings_.whole(settings_.context, name, &otherwise);
    return otherwise;
  }
  bool Flag(const char* name, bool otherwise) {
    int32_t value = otherwise ? 1 : 0;
    settings_.flag(settings_.context, name, &value);
    return value != 0;
  }
  std::string Text(const char* name, const std::string& otherwise) {
    const char* value = otherwise.c_str();
    settings_.text(settings_.context, name, &value);
    return value;
  }
  std::vector<double> Numbers(const char* name, std::vector<double> otherwise) {
    const double* values = otherwise.data();
    size_t count = otherwise.size();
    settings_.numbers(settings_.context, name, &values, &count);
    return {values, values + count};
  }

 private:
  const SoftfleetSettings& settings_;
};

struct Action {
  const float* values = nullptr;  // [dimension], your units, finite, unclipped
  int32_t index = 0;              // instead, of a discrete action

  float operator[](size_t i) const { return values[i]; }
};

// Where the current observation is to be written, all of it. What was written
// there before is not kept.
class Observation {
 public:
  explicit Observation(void* const* groups) : groups_(groups) {}

  // [shape], row-major. `group` counts as in Spec::observations.
  float* floats(size_t group = 0) {
    return static_cast<float*>(groups_[group]);
  }
  uint8_t* bytes(size_t group = 0) {
    return static_cast<uint8_t*>(groups_[group]);
  }

 private:
  void* const* groups_;
};

struct StepResult {
  double reward = 0;
  bool terminated = false;  // the task is over: nothing can be earned any more
  bool truncated = false;   // the episode is cut off for another reason
  bool success = false;     // by the environment's own criterion
  bool taken_over = false;  // a person or a safety layer acted instead ...
  std::vector<float> executed_action;  // ... like this; empty = as told
  // [Spec::reward_components], zeros.
  double* reward_components = nullptr;
};

// Factors of the environment's own physics; docs/guide.md has their meaning.
struct Physics {
  double friction = 1, mass = 1, gain = 1, contact_time = 1;
  double contact_damping = 1;
  double gravity_tilt = 0;                  // radians
  std::array<double, 3> force = {0, 0, 0};  // N, on the main body
  std::vector<std::string> blocked;
};

// Also needs a constructor that takes a Settings&.
class Environment {
 public:
  virtual ~Environment() = default;

  // The same in every object that was made with the same settings.
  virtual Spec Describe() const = 0;
  // Starts an episode; `seed` alone decides how.
  virtual void Reset(uint64_t seed) = 0;
  // One step of a running episode.
  virtual void Step(Action action, StepResult& result) = 0;
  // Writes every element of every group. After an episode's last step this is
  // its final observation.
  virtual void Observe(Observation& observation) const = 0;

  // Not needed for training. The physical state, a fixed number of values, and
  // an episode that starts there: for panels with chosen starts.
  virtual std::vector<double> State() const { throw NoSuch("state"); }
  virtual void ResetTo(const std::vector<double>& /*state*/) {
    throw NoSuch("state that can be set");
  }
  // Everything needed to go on in the middle of an episode, to the last bit.
  // Without it the open episodes are cut off when a run resumes. Restore throws
  // std::invalid_argument, and changes nothing, where it did not save that.
  virtual std::string Save() const { throw NoSuch("way to be saved"); }
  virtual void Restore(const std::string& /*saved*/) {
    throw NoSuch("way to be restored");
  }
  // What perturbations set, until the next call; Reset leaves it alone. Throw
  // Unsupported for what this environment does not have.
  virtual void SetPhysics(const Physics& /*physics*/) {
    throw NoSuch("physics that can be changed");
  }

 private:
  static Unsupported NoSuch(const char* what) {
    return Unsupported(std::string("has no ") + what);
  }
};

// From here on: how a class becomes the C interface.
namespace internal {

inline void Put(const SoftfleetSink* sink, const std::string& text) noexcept {
  sink->put(sink->context, text.data(), text.size());
}

// Runs `function`; what it throws becomes a code and a text.
template <typename Function>
int32_t Guard(const SoftfleetSink* error, Function function) noexcept {
  try {
    function();
    return SOFTFLEET_OK;
  } catch (const Unsupported& thrown) {
    Put(error, thrown.what());
    return SOFTFLEET_UNSUPPORTED;
  } catch (const std::invalid_argument& thrown) {
    Put(error, thrown.what());
    return SOFTFLEET_INVALID;
  } catch (const std::exception& thrown) {
    Put(error, thrown.what());
  } catch (...) {
    Put(error, "something was thrown that is no std::exception");
  }
  return SOFTFLEET_FAILED;
}

// An environment, and its spec as C sees it.
template <typename E>
struct Object {
  explicit Object(Settings& settings) : environment(settings) {}

  const SoftfleetSpec* Describe() {
    spec = environment.Describe();
    groups.clear();
    for (const ObservationGroup& group : spec.observations) {
      groups.push_back({group.name.c_str(), group.shape.data(),
                        group.shape.size(), static_cast<int32_t>(group.dtype)});
    }
    components.clear();
    for (const std::string& name : spec.reward_components) {
      components.push_back(name.c_str());
    }
    if (spec.action_low.size() != spec.action_high.size()) {
      throw std::logic_error("action_low and action_high differ in size");
    }
    view = {
        spec.name.c_str(),      spec.version.c_str(),   groups.data(),
        groups.size(),          spec.action_low.data(), spec.action_high.data(),
        spec.action_low.size(), spec.num_actions,       spec.max_episode_steps,
        components.data(),      components.size(),      spec.control_frequency};
    return &view;
  }

  void Step(Action action, SoftfleetStep& step) {
    result = {};
    result.reward_components = step.reward_components;
    environment.Step(action, result);
    step.reward = result.reward;
    step.terminated = result.terminated;
    step.truncated = result.truncated;
    step.success = result.success;
    step.taken_over = result.taken_over;
    step.executed = !result.executed_action.empty();
    if (!step.executed) return;
    if (result.executed_action.size() != spec.action_low.size()) {
      throw std::logic_error("executed_action has the wrong size");
    }
    std::copy(result.executed_action.begin(), result.executed_action.end(),
              step.executed_action);
  }

  E environment;
  Spec spec;
  std::vector<SoftfleetGroup> groups;
  std::vector<const char*> components;
  SoftfleetSpec view = {};
  StepResult result;
};

inline Physics ReadPhysics(const SoftfleetPhysics& from) {
  return {from.friction,
          from.mass,
          from.gain,
          from.contact_time,
          from.contact_damping,
          from.gravity_tilt,
          {from.force[0], from.force[1], from.force[2]},
          {from.blocked, from.blocked + from.num_blocked}};
}

template <typename E>
struct Exported {
  static Object<E>& Of(void* object) {
    return *static_cast<Object<E>*>(object);
  }
  static const E& Of(const void* object) {
    return static_cast<const Object<E>*>(object)->environment;
  }

  static int32_t Create(const SoftfleetSettings* settings, void** object,
                        const SoftfleetSink* error) {
    return Guard(error, [&] {
      Settings reader(*settings);
      *object = new Object<E>(reader);
    });
  }
  static void Destroy(void* object) { delete &Of(object); }
  static int32_t Describe(void* object, const SoftfleetSpec** spec,
                          const SoftfleetSink* error) {
    return Guard(error, [&] { *spec = Of(object).Describe(); });
  }
  static int32_t Reset(void* object, uint64_t seed,
                       const SoftfleetSink* error) {
    return Guard(error, [&] { Of(object).environment.Reset(seed); });
  }
  static int32_t Step(void* object, const float* action, int32_t index,
                      SoftfleetStep* step, const SoftfleetSink* error) {
    return Guard(error, [&] { Of(object).Step({action, index}, *step); });
  }
  static int32_t Observe(const void* object, void* const* groups,
                         const SoftfleetSink* error) {
    return Guard(error, [&] {
      Observation observation(groups);
      Of(object).Observe(observation);
    });
  }
  static int32_t State(const void* object, const SoftfleetSink* doubles,
                       const SoftfleetSink* error) {
    return Guard(error, [&] {
      const std::vector<double> state = Of(object).State();
      doubles->put(doubles->context, state.data(),
                   state.size() * sizeof(double));
    });
  }
  static int32_t ResetTo(void* object, const double* state, size_t count,
                         const SoftfleetSink* error) {
    return Guard(error, [&] {
      Of(object).environment.ResetTo({state, state + count});
    });
  }
  static int32_t Save(const void* object, const SoftfleetSink* bytes,
                      const SoftfleetSink* error) {
    return Guard(error, [&] { Put(bytes, Of(object).Save()); });
  }
  static int32_t Restore(void* object, const void* bytes, size_t count,
                         const SoftfleetSink* error) {
    return Guard(error, [&] {
      Of(object).environment.Restore({static_cast<const char*>(bytes), count});
    });
  }
  static int32_t SetPhysics(void* object, const SoftfleetPhysics* physics,
                            const SoftfleetSink* error) {
    return Guard(error, [&] {
      Of(object).environment.SetPhysics(ReadPhysics(*physics));
    });
  }

  static SoftfleetEnvironmentApi Api() {
    return {SOFTFLEET_ENVIRONMENT_ABI,
            sizeof(SoftfleetEnvironmentApi),
            sizeof(SoftfleetSettings),
            sizeof(SoftfleetGroup),
            sizeof(SoftfleetSpec),
            sizeof(SoftfleetStep),
            sizeof(SoftfleetPhysics),
            Create,
            Destroy,
            Describe,
            Reset,
            Step,
            Observe,
            State,
            ResetTo,
            Save,
            Restore,
            SetPhysics};
  }
};

}  // namespace internal
}  // namespace softfleet::plugin

// Makes the class the environment of this library; once, in one file, outside
// of any namespace.
#define SOFTFLEET_ENVIRONMENT(Class)                         \
  extern "C" __attribute__((visibility("default")))          \
  const SoftfleetEnvironmentApi*                             \
  softfleet_environment(void) {                              \
    static const SoftfleetEnvironmentApi api =               \
        softfleet::plugin::internal::Exported<Class>::Api(); \
    return &api;                                             \
  }

#endif  // SOFTFLEET_ENVIRONMENTS_PLUGIN_SOFTFLEET_ENVIRONMENT_H_
