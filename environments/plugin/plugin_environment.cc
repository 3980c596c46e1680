// SPDX-License-Identifier: Apache-2.0
#include "environments/plugin/plugin_environment.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "environments/foreign_checks.h"
#include "environments/plugin/plugin_library.h"

namespace softfleet {
namespace {

// More of anything is nonsense, not an environment.
constexpr size_t kMostEntries = 1 << 16;
constexpr size_t kMostRank = 16;

// What there is in a Physics; the library says which of it it has.
std::vector<absl::string_view> AllPhysics() {
  return {"friction",        "mass",         "gain",  "contact_time",
          "contact_damping", "gravity_tilt", "force", "blocked"};
}

SoftfleetSink AppendTo(std::string* bytes) {
  return {bytes, [](void* context, const void* data, size_t size) {
            static_cast<std::string*>(context)->append(
                static_cast<const char*>(data), size);
          }};
}

absl::Status MakeStatus(int32_t code, const std::string& error) {
  switch (code) {
    case SOFTFLEET_OK:
      return absl::OkStatus();
    case SOFTFLEET_UNSUPPORTED:
      return absl::UnimplementedError(error);
    case SOFTFLEET_INVALID:
      return absl::InvalidArgumentError(error);
    default:
      return absl::InternalError(error);
  }
}

// Lets a library read settings; owns what it hands out.
class OfferedSettings {
 public:
  explicit OfferedSettings(SettingsReader& reader) : reader_(reader) {}

  SoftfleetSettings view() {
    return {this, Read<double>, Read<int64_t>, ReadFlag, ReadText, ReadNumbers};
  }

 private:
  static OfferedSettings& Of(void* context) {
    return *static_cast<OfferedSettings*>(context);
  }
  template <typename T>
  static void Read(void* context, const char* name, T* value) {
    Of(context).reader_.Read(name, value);
  }
  static void ReadFlag(void* context, const char* name, int32_t* value) {
    bool flag = *value != 0;
    Of(context).reader_.Read(name, &flag);
    *value = flag ? 1 : 0;
  }
  static void ReadText(void* context, const char* name, const char** value) {
    std::string& text = Of(context).texts_.emplace_back(*value);
    Of(context).reader_.Read(name, &text);
    *value = text.c_str();
  }
  static void ReadNumbers(void* context, const char* name,
                          const double** values, size_t* count) {
    std::vector<double>& numbers =
        Of(context).numbers_.emplace_back(*values, *values + *count);
    Of(context).reader_.Read(name, &numbers);
    *values = numbers.data();
    *count = numbers.size();
  }

  SettingsReader& reader_;
  std::deque<std::string> texts_;
  std::deque<std::vector<double>> numbers_;
};

absl::Status CheckCount(absl::string_view what, size_t count, size_t most,
                        const void* entries) {
  if (count <= most && (count == 0 || entries != nullptr)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the spec has ", count, " ", what,
                   count <= most ? " at no address" : ""));
}

absl::StatusOr<ObservationGroup> ReadGroup(const SoftfleetGroup& from) {
  if (from.name == nullptr) {
    return absl::InvalidArgumentError("an observation group has no name");
  }
  SF_RETURN_IF_ERROR(
      CheckCount(absl::StrCat("sizes in the shape of ", from.name), from.rank,
                 kMostRank, from.shape));
  if (from.dtype != SOFTFLEET_FLOAT32 && from.dtype != SOFTFLEET_UINT8) {
    return absl::InvalidArgumentError(
        absl::StrCat("observation group ", from.name, " has dtype ", from.dtype,
                     ", which is none"));
  }
  return ObservationGroup{
      from.name, from.dtype == SOFTFLEET_UINT8 ? DType::kU8 : DType::kF32,
      Shape(from.shape, from.shape + from.rank)};
}

absl::StatusOr<ActionSpec> ReadAction(const SoftfleetSpec& from) {
  if (from.action_dimension > 0 && from.num_actions == 0) {
    return ActionSpec{ActionSpec::Kind::kContinuous,
                      static_cast<int64_t>(from.action_dimension), 0};
  }
  if (from.action_dimension == 0 && from.num_actions > 0) {
    return ActionSpec{ActionSpec::Kind::kDiscrete, 0, from.num_actions};
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the spec has bounds of ", from.action_dimension,
                   " action dimensions and num_actions ", from.num_actions,
                   "; it needs one of the two"));
}

absl::StatusOr<EnvironmentSpec> ReadSpec(const SoftfleetSpec& from) {
  if (from.name == nullptr || from.version == nullptr) {
    return absl::InvalidArgumentError("the spec has no name or no version");
  }
  SF_RETURN_IF_ERROR(CheckCount("observation groups", from.num_groups,
                                kMostEntries, from.groups));
  SF_RETURN_IF_ERROR(CheckCount("action dimensions", from.action_dimension,
                                kMostEntries, from.action_low));
  SF_RETURN_IF_ERROR(CheckCount("action dimensions", from.action_dimension,
                                kMostEntries, from.action_high));
  SF_RETURN_IF_ERROR(CheckCount("reward components", from.num_reward_components,
                                kMostEntries, from.reward_components));
  EnvironmentSpec spec;
  spec.name = from.name;
  spec.version = from.version;
  for (size_t i = 0; i < from.num_groups; ++i) {
    SF_ASSIGN_OR_RETURN(spec.observations.emplace_back(),
                        ReadGroup(from.groups[i]));
  }
  SF_ASSIGN_OR_RETURN(spec.action, ReadAction(from));
  spec.action_low = {from.action_low, from.action_low + from.action_dimension};
  spec.action_high = {from.action_high,
                      from.action_high + from.action_dimension};
  spec.max_episode_steps = from.max_episode_steps;
  spec.control_frequency = from.control_frequency;
  for (size_t i = 0; i < from.num_reward_components; ++i) {
    const char* const name = from.reward_components[i];
    spec.reward_components.emplace_back(name == nullptr ? "" : name);
  }
  SF_RETURN_IF_ERROR(CheckForeignSpec(spec));
  return spec;
}

}  // namespace

absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> PluginEnvironment::Make(
    const std::string& plugin, SettingsReader& settings) {
  SF_ASSIGN_OR_RETURN(const SoftfleetEnvironmentApi* const api,
                      LoadPlugin(plugin));
  OfferedSettings offered(settings);
  const SoftfleetSettings view = offered.view();
  std::string error;
  const SoftfleetSink sink = AppendTo(&error);
  void* made = nullptr;
  SF_RETURN_IF_ERROR(Annotate(
      MakeStatus(api->create(&view, &made, &sink), error), "its constructor"));
  Object object(made, Destroyer{api});
  const SoftfleetSpec* spec = nullptr;
  SF_RETURN_IF_ERROR(Annotate(
      MakeStatus(api->describe(made, &spec, &sink), error), "Describe"));
  SF_ASSIGN_OR_RETURN(EnvironmentSpec read, ReadSpec(*spec));
  return absl::WrapUnique<EpisodicEnvironment>(
      new PluginEnvironment(*api, std::move(object), std::move(read)));
}

PluginEnvironment::PluginEnvironment(const SoftfleetEnvironmentApi& api,
                                     Object object, EnvironmentSpec spec)
    : EpisodicEnvironment(std::move(spec)),
      api_(api),
      object_(std::move(object)),
      reward_components_(this->spec().reward_components.size()),
      executed_action_(static_cast<size_t>(this->spec().action.columns())) {
  for (const ObservationGroup& group : this->spec().observations) {
    observation_.emplace_back(group.bytes());
    places_.emplace_back(observation_.back());
    pointers_.push_back(observation_.back().data());
  }
}

template <typename Function, typename... Arguments>
absl::Status PluginEnvironment::Call(const char* what, Function function,
                                     Arguments... arguments) const {
  std::string error;
  const SoftfleetSink sink = AppendTo(&error);
  const int32_t code = function(object_.get(), arguments..., &sink);
  if (code == SOFTFLEET_OK) return absl::OkStatus();
  return Annotate(MakeStatus(code, error),
                  absl::StrCat(spec().name, ": ", what));
}

template <typename Function, typename... Arguments>
absl::Status PluginEnvironment::Run(const char* what, Function function,
                                    Arguments... arguments) const {
  const absl::Status status = Call(what, function, arguments...);
  return status.ok() ? status : absl::InternalError(status.message());
}

absl::Status PluginEnvironment::ReadObservation() {
  SF_RETURN_IF_ERROR(Run("Observe", api_.observe, pointers_.data()));
  return Annotate(CheckObservation(spec(), places_), spec().name);
}

absl::Status PluginEnvironment::Start(uint64_t seed) {
  SF_RETURN_IF_ERROR(Run("Reset", api_.reset, seed));
  return ReadObservation();
}

absl::Status PluginEnvironment::StartAt(std::span<const double> state) {
  SF_RETURN_IF_ERROR(
      Call("ResetTo", api_.reset_to, state.data(), state.size()));
  return ReadObservation();
}

absl::StatusOr<StepResult> PluginEnvironment::Advance(
    std::span<const float> action, int32_t index) {
  std::ranges::fill(reward_components_, 0.0);
  SoftfleetStep step = {};
  step.reward_components = reward_components_.data();
  step.executed_action = executed_action_.data();
  SF_RETURN_IF_ERROR(Run("Step", api_.step, action.data(), index, &step));
  StepResult result;
  result.reward = step.reward;
  result.terminated = step.terminated != 0;
  result.truncated = step.truncated != 0;
  result.success = step.success != 0;
  result.taken_over = step.taken_over != 0;
  if (step.executed != 0) result.executed_action = executed_action_;
  result.reward_components = reward_components_;
  SF_RETURN_IF_ERROR(Annotate(CheckStepResult(spec(), result), spec().name));
  SF_RETURN_IF_ERROR(ReadObservation());
  return result;
}

void PluginEnvironment::Observe(ObservationPlaces groups) const {
  for (size_t g = 0; g < groups.size(); ++g) {
    std::ranges::copy(observation_[g], groups[g].begin());
  }
}

std::vector<double> PluginEnvironment::state() const {
  std::string bytes;
  const SoftfleetSink sink = AppendTo(&bytes);
  if (!Call("State", api_.state, &sink).ok()) return {};
  std::vector<double> state(bytes.size() / sizeof(double));
  std::memcpy(state.data(), bytes.data(), state.size() * sizeof(double));
  return state;
}

absl::Status PluginEnvironment::SetPhysics(const Physics& physics) {
  SF_RETURN_IF_ERROR(
      Annotate(CheckPhysics(physics, AllPhysics()), spec().name));
  std::vector<const char*> blocked;
  for (const std::string& way : physics.blocked) blocked.push_back(way.c_str());
  SoftfleetPhysics view = {physics.friction,
                           physics.mass,
                           physics.gain,
                           physics.contact_time,
                           physics.contact_damping,
                           physics.gravity_tilt,
                           {},
                           blocked.data(),
                           blocked.size()};
  std::ranges::copy(physics.force, view.force);
  const absl::Status status = Call("SetPhysics", api_.set_physics, &view);
  // One without physics of its own is always nominal.
  if (absl::IsUnimplemented(status) && physics == Physics()) {
    return absl::OkStatus();
  }
  return status;
}

absl::Status PluginEnvironment::SaveState(std::string* bytes) const {
  const SoftfleetSink sink = AppendTo(bytes);
  return Call("Save", api_.save, &sink);
}

absl::Status PluginEnvironment::RestoreState(absl::string_view bytes) {
  SF_RETURN_IF_ERROR(Call("Restore", api_.restore, bytes.data(), bytes.size()));
  return ReadObservation();
}

}  // namespace softfleet
