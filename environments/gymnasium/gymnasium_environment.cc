// SPDX-License-Identifier: Apache-2.0
#include "environments/gymnasium/gymnasium_environment.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/status.h"
#include "environments/foreign_checks.h"

namespace softfleet {
namespace {

// For imports, which may compile or fetch something.
constexpr absl::Duration kMakeDeadline = absl::Minutes(10);

// The content of the worker's answer, which should be an `expected` one.
absl::StatusOr<absl::string_view> Answer(WorkerProcess& worker,
                                         absl::string_view message,
                                         char expected, absl::string_view what,
                                         absl::Duration deadline) {
  SF_ASSIGN_OR_RETURN(const absl::string_view answer,
                      worker.Ask(message, what, deadline));
  if (answer[0] == expected) return answer.substr(1);
  if (answer[0] != 'E') {
    return absl::InternalError(
        absl::StrCat("worker.py answers \"", answer.substr(0, 1), "\""));
  }
  std::string traceback;
  const absl::Status error = ParseError(answer.substr(1), &traceback);
  if (absl::IsInternal(error)) LogError(traceback);
  return error;
}

// Python's generators take any number, NumPy's old ones 32 bits.
uint64_t FoldSeed(uint64_t seed) { return (seed ^ (seed >> 32)) & 0xffffffff; }

}  // namespace

absl::StatusOr<std::unique_ptr<EpisodicEnvironment>> GymnasiumEnvironment::Make(
    const GymnasiumRequest& request, absl::Duration step_deadline) {
  SF_ASSIGN_OR_RETURN(const std::string message, MakeRequest(request));
  SF_ASSIGN_OR_RETURN(SharedMemory memory, SharedMemory::Create());
  SF_ASSIGN_OR_RETURN(std::unique_ptr<WorkerProcess> worker,
                      WorkerProcess::Start(request.id, memory.file()));
  SF_ASSIGN_OR_RETURN(
      const absl::string_view answer,
      Answer(*worker, message, 'S', "making it", kMakeDeadline));
  SF_ASSIGN_OR_RETURN(GymnasiumSpec spec, ParseSpec(answer));
  spec.spec.name = request.id;
  SF_RETURN_IF_ERROR(CheckForeignSpec(spec.spec));
  const SharedLayout layout(spec.spec);
  SF_RETURN_IF_ERROR(memory.Map(layout.size));
  SF_RETURN_IF_ERROR(Answer(*worker, layout.ToMessage(), 'K',
                            "mapping shared memory", kMakeDeadline)
                         .status());
  return absl::WrapUnique<EpisodicEnvironment>(
      new GymnasiumEnvironment(std::move(spec), layout, std::move(memory),
                               step_deadline, std::move(worker)));
}

GymnasiumEnvironment::GymnasiumEnvironment(
    GymnasiumSpec spec, const SharedLayout& layout, SharedMemory memory,
    absl::Duration step_deadline, std::unique_ptr<WorkerProcess> worker)
    : EpisodicEnvironment(std::move(spec.spec)),
      state_size_(static_cast<size_t>(spec.state_size)),
      layout_(layout),
      memory_(std::move(memory)),
      step_deadline_(step_deadline),
      worker_(std::move(worker)) {
  for (size_t g = 0; g < layout_.observations.size(); ++g) {
    observation_.emplace_back(memory_.At<std::byte>(layout_.observations[g]),
                              this->spec().observations[g].bytes());
  }
}

absl::Status GymnasiumEnvironment::Do(absl::string_view message,
                                      absl::string_view what) {
  SF_RETURN_IF_ERROR(
      Annotate(Answer(*worker_, message, 'K', what, step_deadline_).status(),
               spec().name));
  return Annotate(CheckObservation(spec(), observation_), spec().name);
}

absl::Status GymnasiumEnvironment::Start(uint64_t seed) {
  *memory_.At<uint64_t>(layout_.seed) = FoldSeed(seed);
  return Do("R", "a reset");
}

absl::Status GymnasiumEnvironment::StartAt(std::span<const double> state) {
  if (state_size_ == 0) {
    return absl::UnimplementedError(absl::StrCat(
        spec().name,
        " has no physical state that can be set; those of Gymnasium's MuJoCo "
        "and classic control have"));
  }
  SF_RETURN_IF_ERROR(CheckValues(spec().name, "state", state, state_size_));
  std::string message = "P";
  message.append(reinterpret_cast<const char*>(state.data()),
                 state.size_bytes());
  return Do(message, "a reset");
}

absl::StatusOr<StepResult> GymnasiumEnvironment::Advance(
    std::span<const float> action, int32_t index) {
  if (spec().action.continuous()) {
    std::ranges::copy(action, memory_.At<float>(layout_.action));
  } else {
    *memory_.At<int32_t>(layout_.action) = index;
  }
  SF_RETURN_IF_ERROR(Do("T", "a step"));
  const StepFlags& flags = *memory_.At<StepFlags>(layout_.flags);
  StepResult result;
  result.reward = *memory_.At<double>(layout_.reward);
  result.terminated = flags.terminated != 0;
  result.truncated = flags.truncated != 0;
  result.success = flags.success != 0;
  result.taken_over = flags.taken_over != 0;
  if (flags.executed != 0) {
    result.executed_action = {memory_.At<float>(layout_.executed),
                              action.size()};
  }
  result.reward_components = {memory_.At<double>(layout_.components),
                              spec().reward_components.size()};
  SF_RETURN_IF_ERROR(Annotate(CheckStepResult(spec(), result), spec().name));
  return result;
}

void GymnasiumEnvironment::Observe(ObservationPlaces groups) const {
  for (size_t g = 0; g < groups.size(); ++g) {
    std::ranges::copy(observation_[g], groups[g].begin());
  }
}

std::vector<double> GymnasiumEnvironment::state() const {
  if (state_size_ == 0) return {};
  const auto answer =
      Answer(*worker_, "Q", 'V', "reading its state", step_deadline_);
  if (!answer.ok()) return {};
  std::vector<double> state(answer->size() / sizeof(double));
  std::memcpy(state.data(), answer->data(), state.size() * sizeof(double));
  return state;
}

absl::Status GymnasiumEnvironment::SaveState(std::string* /*bytes*/) const {
  return absl::UnimplementedError("Gymnasium environments cannot be saved");
}

absl::Status GymnasiumEnvironment::RestoreState(absl::string_view /*bytes*/) {
  return absl::UnimplementedError("Gymnasium environments cannot be restored");
}

}  // namespace softfleet
