// SPDX-License-Identifier: Apache-2.0
#include "actor/actor_loop.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/philox.h"
#include "core/status.h"
#include "experience/step_block_builder.h"

namespace softfleet {
namespace {

// Philox's index has 32 bits: what is above them goes into the seed, so that
// no two environments of a run share a stream.
uint64_t StreamSeed(uint64_t seed, uint64_t number) {
  const uint64_t high = number >> 32;
  if (high == 0) return seed;
  return Fnv1a64(absl::StrCat("environments ", high, " of seed ", seed));
}

}  // namespace

struct ActorLoop::Worker {
  Worker(uint64_t run_seed, uint64_t number, std::unique_ptr<Environment> made,
         const Schema& schema, int64_t block_rows)
      : number(number),
        seed(StreamSeed(run_seed, number)),
        environment(std::move(made)),
        builder(schema, number, block_rows),
        frames(schema) {}

  // Within the run; its low half is Philox's index.
  uint64_t number;
  uint64_t seed;          // of its streams
  uint64_t steps = 0;     // of this environment, over all episodes
  uint64_t episodes = 0;  // begun
  std::unique_ptr<Environment> environment;
  StepBlockBuilder builder;
  FrameStack frames;
  // When the oldest row that was not cut was made; kept only where blocks are
  // cut by time.
  std::optional<absl::Duration> first_row;

  uint32_t index() const { return static_cast<uint32_t>(number); }
  std::string Name() const {
    return absl::StrCat(environment->spec().name, " (environment ", number,
                        ", episode ", episodes, ")");
  }
};

namespace {

std::string Prefix(uint64_t number) {
  return absl::StrCat("environment", number, "/");
}

Tensor Bytes(std::span<const std::byte> bytes) {
  return Tensor{DType::kU8,
                {static_cast<int64_t>(bytes.size())},
                {bytes.begin(), bytes.end()}};
}

absl::StatusOr<const Tensor*> FindTensor(const TensorMap& saved,
                                         const std::string& name, DType dtype) {
  const auto found = saved.find(name);
  if (found == saved.end() || found->second.dtype != dtype) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " is missing or not ", DTypeName(dtype)));
  }
  return &found->second;
}

}  // namespace

ActorLoop::ActorLoop(const ActorOptions& options, StepSink& sink,
                     PolicySource& policies)
    : options_(options), sink_(&sink), policies_(&policies) {}

ActorLoop::~ActorLoop() = default;

absl::StatusOr<std::unique_ptr<ActorLoop>> ActorLoop::Create(
    const ActorOptions& options, StepSink& sink, PolicySource& policies) {
  auto loop = absl::WrapUnique(new ActorLoop(options, sink, policies));
  for (int i = 0; i < options.num_environments; ++i) {
    SF_ASSIGN_OR_RETURN(std::unique_ptr<Environment> environment,
                        options.make_environment != nullptr
                            ? options.make_environment()
                            : MakeEnvironment(options.environment));
    if (i == 0) {
      const EnvironmentSpec& spec = environment->spec();
      loop->schema_ = MakeSchema(spec, options.frame_stack);
      SF_RETURN_IF_ERROR(loop->schema_.Validate());
      loop->scaling_ = std::make_unique<ActionScaling>(spec);
    }
    auto worker = std::make_unique<Worker>(
        options.seed, options.first_environment + static_cast<uint64_t>(i),
        std::move(environment), loop->schema_, options.block_rows);
    SF_RETURN_IF_ERROR(loop->BeginEpisode(*worker));
    loop->workers_.push_back(std::move(worker));
  }
  return loop;
}

absl::Status ActorLoop::BeginEpisode(Worker& worker) {
  const uint64_t seed = Philox(worker.seed, Purpose::kEnvironmentReset,
                               worker.index(), worker.episodes)
                            .NextU64();
  SF_RETURN_IF_ERROR(Annotate(worker.environment->Reset(seed), worker.Name()));
  worker.environment->Observe(worker.builder.room());
  SF_RETURN_IF_ERROR(
      Annotate(worker.builder.Begin(worker.episodes), worker.Name()));
  worker.frames.Begin(worker.builder.newest());
  ++worker.episodes;
  return absl::OkStatus();
}

absl::Status ActorLoop::AdoptNewestPolicy() {
  const uint64_t have = snapshot_ != nullptr ? snapshot_->version : 0;
  SF_ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> newest,
                      policies_->Latest(have));
  if (newest != nullptr) {
    if (newest->schema != schema_) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the policy is for rows of ", newest->schema.Describe(),
          ", this actor's environments have ", schema_.Describe()));
    }
    SF_ASSIGN_OR_RETURN(policy_, Policy::Create(newest));
    snapshot_ = std::move(newest);
  }
  if (snapshot_ == nullptr) {
    return absl::UnavailableError("there is no policy to act by yet");
  }
  return absl::OkStatus();
}

absl::Status ActorLoop::RunOnce() {
  SF_RETURN_IF_ERROR(HandOnWaiting());
  SF_RETURN_IF_ERROR(AdoptNewestPolicy());
  if (snapshot_->act_uniformly) {
    ChooseUniformly();
  } else {
    SF_RETURN_IF_ERROR(ChooseByPolicy());
  }
  for (size_t i = 0; i < workers_.size(); ++i) {
    SF_RETURN_IF_ERROR(StepWorker(i));
    ++steps_;
  }
  return HandOnWaiting();
}

void ActorLoop::ChooseUniformly() {
  const ActionSpec& action = schema_.action;
  output_.actions.resize(workers_.size() * action.columns());
  output_.discrete_actions.resize(action.continuous() ? 0 : workers_.size());
  float* next = output_.actions.data();
  for (size_t i = 0; i < workers_.size(); ++i) {
    Philox random(workers_[i]->seed, Purpose::kUniformAction,
                  workers_[i]->index(), workers_[i]->steps);
    if (!action.continuous()) {
      output_.discrete_actions[i] =
          static_cast<int32_t>(random.NextBelow(action.num_actions));
    }
    for (int64_t d = 0; d < action.columns(); ++d) {
      *next++ = 2 * random.NextUniformFloat() - 1;
    }
  }
}

absl::Status ActorLoop::ChooseByPolicy() {
  const auto columns = static_cast<size_t>(policy_->noise_columns());
  observations_.clear();
  noise_.resize(workers_.size() * columns);
  for (size_t i = 0; i < workers_.size(); ++i) {
    const Worker& worker = *workers_[i];
    const auto frames = worker.frames.values();
    observations_.insert(observations_.end(), frames.begin(), frames.end());
    const std::span<float> noise(&noise_[i * columns], columns);
    const auto fill = schema_.action.continuous() ? FillNormal : FillUniform;
    fill(worker.seed, Purpose::kActionNoise, worker.index(), worker.steps,
         noise);
  }
  return policy_->Act(observations_, std::ssize(workers_),
                      ActionMode::kStochastic, noise_, &output_);
}

absl::Status ActorLoop::StepWorker(size_t index) {
  Worker& worker = *workers_[index];
  Environment& environment = *worker.environment;
  std::span<const float> action;
  int32_t discrete_action = 0;
  absl::StatusOr<StepResult> stepped;
  if (schema_.action.continuous()) {
    const auto columns = static_cast<size_t>(schema_.action.dimension);
    action = std::span(output_.actions).subspan(index * columns, columns);
    scaled_.resize(columns);
    scaling_->ToEnvironment(action, scaled_);
    stepped = environment.Step(scaled_);
  } else {
    discrete_action = output_.discrete_actions[index];
    stepped = environment.Step(discrete_action);
  }
  if (!stepped.ok()) return Annotate(stepped.status(), worker.Name());
  environment.Observe(worker.builder.room());
  SF_RETURN_IF_ERROR(Annotate(
      worker.builder.Append(
          {.action = action,
           .discrete_action = discrete_action,
           .reward = static_cast<float>(stepped->reward),
           .terminated = stepped->terminated,
           .truncated = stepped->truncated,
           .policy_version = snapshot_->act_uniformly ? 0 : snapshot_->version,
           .flags = 0}),
      worker.Name()));
  worker.frames.Push(worker.builder.newest());
  ++worker.steps;
  if (!worker.first_row.has_value() &&
      options_.block_time < absl::InfiniteDuration()) {
    worker.first_row = options_.clock->Monotonic();
  }
  if (!worker.builder.due()) return absl::OkStatus();
  worker.first_row.reset();
  worker.builder.Cut(&cut_);
  const bool ended = cut_.end != EpisodeEnd::kNone;
  const FinishedEpisode episode{cut_.episode_return, cut_.episode_length};
  SF_RETURN_IF_ERROR(HandOn(worker));
  if (!ended) return absl::OkStatus();
  finished_.push_back(episode);
  return BeginEpisode(worker);
}

absl::Status ActorLoop::HandOn(const Worker& worker) {
  if (waiting_.empty()) {
    const absl::Status taken = sink_->Append(cut_);
    if (!absl::IsResourceExhausted(taken)) {
      return Annotate(taken, worker.Name());
    }
  }
  waiting_.push_back(std::move(cut_));
  return absl::OkStatus();
}

absl::Status ActorLoop::HandOnWaiting() {
  while (!waiting_.empty()) {
    const StepBlock& block = waiting_.front();
    const uint64_t index = block.environment - options_.first_environment;
    SF_RETURN_IF_ERROR(Annotate(sink_->Append(block), workers_[index]->Name()));
    waiting_.pop_front();
  }
  return absl::OkStatus();
}

absl::Status ActorLoop::CutBlocks() {
  return CutOlderThan(options_.block_time);
}

absl::Status ActorLoop::CutAllBlocks() {
  return CutOlderThan(absl::ZeroDuration());
}

absl::Status ActorLoop::CutOlderThan(absl::Duration age) {
  const absl::Duration now = options_.clock->Monotonic();
  for (const auto& worker : workers_) {
    const bool due =
        age == absl::ZeroDuration() ||
        (worker->first_row.has_value() && now - *worker->first_row >= age);
    if (!due) continue;
    worker->first_row.reset();
    if (!worker->builder.Cut(&cut_)) continue;
    SF_RETURN_IF_ERROR(HandOn(*worker));
  }
  return HandOnWaiting();
}

std::vector<FinishedEpisode> ActorLoop::TakeFinishedEpisodes() {
  return std::exchange(finished_, {});
}

TensorMap ActorLoop::Save() const {
  TensorMap saved;
  for (const auto& worker : workers_) {
    const std::string prefix = Prefix(worker->number);
    const StepBlockBuilder::Progress progress = worker->builder.progress();
    saved[prefix + "counters"] =
        Tensor::From(std::vector<uint64_t>{worker->steps, worker->episodes,
                                           progress.episode, progress.steps},
                     {4});
    saved[prefix + "episode_return"] =
        Tensor::From(std::vector<double>{progress.episode_return}, {1});
    // Empty where the environment cannot be saved.
    const std::string state = worker->environment->Save().value_or("");
    saved[prefix + "state"] =
        Bytes(std::as_bytes(std::span<const char>(state)));
    for (size_t g = 0; g < schema_.observations.size(); ++g) {
      saved[absl::StrCat(prefix, "observations/",
                         schema_.observations[g].name)] =
          Bytes(progress.observations[g]);
    }
  }
  return saved;
}

absl::Status ActorLoop::Restore(const TensorMap& saved) {
  const TensorMap known = Save();
  for (const auto& [name, tensor] : saved) {
    if (!known.contains(name)) {
      return absl::InvalidArgumentError(absl::StrCat(
          name, " belongs to none of ", workers_.size(), " environments"));
    }
  }
  for (const auto& worker : workers_) {
    const std::string prefix = Prefix(worker->number);
    SF_ASSIGN_OR_RETURN(const Tensor* counters,
                        FindTensor(saved, prefix + "counters", DType::kU64));
    SF_ASSIGN_OR_RETURN(
        const Tensor* episode_return,
        FindTensor(saved, prefix + "episode_return", DType::kF64));
    SF_ASSIGN_OR_RETURN(const Tensor* state,
                        FindTensor(saved, prefix + "state", DType::kU8));
    const auto counts = counters->values<uint64_t>();
    if (counts.size() != 4 || episode_return->AsDouble().size() != 1) {
      return absl::InvalidArgumentError(
          absl::StrCat(prefix, "counters or episode_return has another size"));
    }
    worker->steps = counts[0];
    worker->episodes = counts[1];
    if (state->bytes.empty()) {
      LogWarning(absl::StrCat(worker->Name(), " could not be saved with the ",
                              "checkpoint: its episode is cut off after ",
                              counts[3], " steps and another one begins"));
      SF_RETURN_IF_ERROR(BeginEpisode(*worker));
      continue;
    }
    StepBlockBuilder::Progress progress{
        counts[2], counts[3], episode_return->AsDouble()[0], {}};
    for (const ObservationGroup& group : schema_.observations) {
      SF_ASSIGN_OR_RETURN(
          const Tensor* observations,
          FindTensor(saved, absl::StrCat(prefix, "observations/", group.name),
                     DType::kU8));
      progress.observations.push_back(observations->bytes);
    }
    SF_RETURN_IF_ERROR(
        Annotate(worker->builder.Resume(progress), worker->Name()));
    RestoreFrames(progress.observations, &worker->frames);
    const absl::string_view bytes(
        reinterpret_cast<const char*>(state->bytes.data()),
        state->bytes.size());
    SF_RETURN_IF_ERROR(
        Annotate(worker->environment->Restore(bytes), worker->Name()));
  }
  return absl::OkStatus();
}

void ActorLoop::RestoreFrames(
    const std::vector<std::vector<std::byte>>& history, FrameStack* frames) {
  for (int frame = 0; frame < schema_.frame_stack; ++frame) {
    std::vector<std::span<const std::byte>> groups;
    for (size_t g = 0; g < history.size(); ++g) {
      const size_t bytes = schema_.observations[g].bytes();
      groups.push_back(std::span(history[g]).subspan(frame * bytes, bytes));
    }
    frames->Push(groups);
  }
}

}  // namespace softfleet
