// SPDX-License-Identifier: Apache-2.0
#include "learner/learner_loop.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/philox.h"
#include "core/status.h"
#include "learner/learner_device.h"

namespace softfleet {
namespace {

// One update in so many is measured (the next multiple that moves the actor).
constexpr int64_t kMeasuredUpdates = 16;

int64_t MeasuredUpdates(int policy_delay) {
  return policy_delay * std::max<int64_t>(1, kMeasuredUpdates / policy_delay);
}

std::vector<Layer> ActorLayers(const SacOptions& options) {
  std::vector<Layer> layers;
  for (size_t i = 0; i < options.actor_hidden.size(); ++i) {
    layers.push_back({"linear", absl::StrCat("actor/l", i)});
    layers.push_back({"relu", ""});
  }
  layers.push_back(
      {"linear", options.continuous ? "actor/head" : "actor/logits"});
  return layers;
}

Head ActorHead(const SacOptions& options) {
  Head head;
  head.kind = options.continuous ? "squashed_gaussian" : "categorical";
  head.log_std_mode = options.log_std_mode == SacOptions::LogStdMode::kBounded
                          ? "bounded"
                          : "clamp";
  head.log_std_min = options.log_std_min;
  head.log_std_max = options.log_std_max;
  return head;
}

// The float columns of a block's rows (without context and the observation
// after the last row), groups concatenated; uint8 groups contribute nothing
// and keep mean 0 and variance 1.
std::vector<float> RowObservations(const Schema& schema,
                                   const StepBlock& block) {
  const int64_t elements = schema.ObservationElements();
  std::vector<float> rows(block.rows * elements, 0);
  int64_t column = 0;
  for (size_t g = 0; g < schema.observations.size(); ++g) {
    const ObservationGroup& group = schema.observations[g];
    for (int64_t row = 0; row < block.rows; ++row) {
      const auto bytes = block.Observation(schema, g, block.context + row);
      if (group.dtype == DType::kF32) {
        std::memcpy(&rows[row * elements + column], bytes.data(), bytes.size());
      }
    }
    column += group.elements();
  }
  return rows;
}

absl::Status CheckLosses(const SacStatistics& statistics, uint64_t update) {
  const std::pair<const char*, double> losses[] = {
      {"critic_loss", statistics.critic_loss},
      {"actor_loss", statistics.actor_loss},
      {"alpha_loss", statistics.alpha_loss},
      {"alpha", statistics.alpha},
      {"critic_gradient_norm", statistics.critic_gradient_norm},
      {"actor_gradient_norm", statistics.actor_gradient_norm}};
  for (const auto& [name, value] : losses) {
    if (std::isfinite(value)) continue;
    return absl::DataLossError(absl::StrCat(
        name, " of update ", update, " is ", value,
        ": training has diverged; try a smaller sac.reward_scale or learning "
        "rate"));
  }
  return absl::OkStatus();
}

}  // namespace

LearnerLoop::LearnerLoop(const LearnerOptions& options, StepSource& source,
                         RowSampler& sampler)
    : options_(options),
      source_(&source),
      sampler_(&sampler),
      layers_(ActorLayers(options.sac)),
      measured_updates_(MeasuredUpdates(options.sac.policy_delay)),
      drawn_(measured_updates_) {
  if (options.normalize_observations) {
    normaliser_ = EmptyNormaliser(options.schema.ObservationElements());
  }
  if (options.sac.continuous) {
    noise_.resize(options.batch_size * options.sac.action_dim);
    next_noise_.resize(noise_.size());
  }
}

absl::StatusOr<std::unique_ptr<LearnerLoop>> LearnerLoop::Create(
    const LearnerOptions& options, StepSource& source, RowSampler& sampler,
    Table* table) {
  auto loop = absl::WrapUnique(new LearnerLoop(options, source, sampler));
  std::unique_ptr<CudaUpdate> device;
  if (table != nullptr) {
    SF_ASSIGN_OR_RETURN(device, MakeDeviceEngine(options));
  }
  loop->device_ = device.get();
  SF_ASSIGN_OR_RETURN(loop->agent_, SacAgent::Create(options.sac, options.seed,
                                                     std::move(device)));
  loop->alpha_ = loop->agent_->alpha();
  if (loop->device_ != nullptr) {
    SF_RETURN_IF_ERROR(loop->AttachTable(*table));
  }
  return loop;
}

void LearnerLoop::Identify(const std::string& run_id, uint64_t incarnation) {
  run_id_ = run_id;
  incarnation_ = incarnation;
}

absl::Status LearnerLoop::StartFrom(const Snapshot& policy) {
  if (policy.schema != options_.schema) {
    return absl::FailedPreconditionError(
        absl::StrCat("the policy is for rows of ", policy.schema.Describe(),
                     ", this run has ", options_.schema.Describe()));
  }
  if (policy.normaliser.has_value() != normaliser_.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the policy was trained with sac.normalize_observations=",
                     policy.normaliser.has_value() ? "true" : "false",
                     ", this run has the opposite"));
  }
  SF_RETURN_IF_ERROR(agent_->ImportActor(policy.tensors));
  normaliser_ = policy.normaliser;
  normaliser_sent_ = false;
  return absl::OkStatus();
}

int64_t LearnerLoop::allowed_updates() const {
  const int64_t earning = received_ - options_.warmup_steps - forgone_;
  if (earning < 0) return 0;
  return static_cast<int64_t>(
      std::floor(options_.updates_per_step * static_cast<double>(earning)));
}

absl::StatusOr<int64_t> LearnerLoop::RunOnce(int64_t max_updates) {
  SF_RETURN_IF_ERROR(Receive().status());
  return Update(max_updates);
}

absl::StatusOr<int64_t> LearnerLoop::Receive() {
  return source_->Poll(
      [this](const StepBlock& block) { return ReceiveBlock(block); });
}

absl::StatusOr<int64_t> LearnerLoop::Update(int64_t max_updates) {
  if (device_ != nullptr) return UpdateOnDevice(max_updates);
  int64_t done = 0;
  for (; done < max_updates && updates() < allowed_updates(); ++done) {
    SF_RETURN_IF_ERROR(UpdateOnce());
    LeavePhase(clock_);
  }
  return done;
}

absl::Status LearnerLoop::ReceiveBlock(const StepBlock& block) {
  received_ += block.rows;
  if (normaliser_.has_value()) {
    UpdateNormaliser(RowObservations(options_.schema, block), block.rows,
                     &*normaliser_);
    ExemptByteGroups(options_.schema, &*normaliser_);
    normaliser_sent_ = false;
  }
  return absl::OkStatus();
}

void LearnerLoop::FillDraws(uint64_t update) {
  FillNormal(options_.seed, Purpose::kUpdateNoise, 0, update, noise_);
  FillNormal(options_.seed, Purpose::kUpdateNextNoise, 0, update, next_noise_);
  if (options_.sac.target_subset == 0) return;
  // The first target_subset places of a Fisher-Yates shuffle.
  subset_.resize(options_.sac.num_critics);
  std::iota(subset_.begin(), subset_.end(), 0);
  Philox random(options_.seed, Purpose::kTargetSubset, 0, update);
  for (int i = 0; i < options_.sac.target_subset; ++i) {
    std::swap(subset_[i], subset_[i + random.NextBelow(subset_.size() - i)]);
  }
  subset_.resize(options_.sac.target_subset);
}

bool LearnerLoop::MarkPhases(PhaseClock* clock) {
  clock_ = clock;
  return agent_->MarkPhases(clock);
}

absl::Status LearnerLoop::DrawBatch(uint64_t update, TransitionBatch* batch) {
  SF_RETURN_IF_ERROR(sampler_->Draw(update, batch));
  for (double& reward : batch->returns) reward *= options_.reward_scale;
  if (normaliser_.has_value()) {
    ApplyNormaliser(*normaliser_, batch->observations);
    ApplyNormaliser(*normaliser_, batch->next_observations);
  }
  drawn_.Add(update, batch->ids);
  return CheckFinite(options_.schema, *batch, update);
}

absl::Status LearnerLoop::Measure(const SacStatistics& statistics) {
  const auto update = static_cast<uint64_t>(updates());
  SF_RETURN_IF_ERROR(CheckLosses(statistics, update));
  sound_update_ = update;
  alpha_ = statistics.alpha;
  statistics_.Add(statistics);
  return absl::OkStatus();
}

absl::Status LearnerLoop::UpdateOnce() {
  EnterPhase(clock_, UpdatePhase::kSample);
  const auto update = static_cast<uint64_t>(updates() + 1);
  SF_RETURN_IF_ERROR(DrawBatch(update, &batch_));
  EnterPhase(clock_, UpdatePhase::kNoise);
  FillDraws(update);
  SacBatch batch;
  batch.size = batch_.size;
  batch.observations = batch_.observations;
  batch.actions = batch_.actions;
  batch.discrete_actions = batch_.discrete_actions;
  batch.rewards = batch_.returns;
  batch.discounts = batch_.discounts;
  batch.terminated = batch_.terminated;
  batch.next_observations = batch_.next_observations;
  const SacDraws draws = {noise_, next_noise_, subset_};

  const bool measure = static_cast<int64_t>(update) % measured_updates_ == 0;
  SacStatistics statistics;
  SF_RETURN_IF_ERROR(
      agent_->Update(batch, draws, measure ? &statistics : nullptr));
  return measure ? Measure(statistics) : absl::OkStatus();
}

bool LearnerLoop::snapshot_is_due() const {
  return published_updates_ != updates() || published_warming_ != warming();
}

absl::StatusOr<std::shared_ptr<const Snapshot>> LearnerLoop::MakeSnapshot(
    RunState state) {
  auto snapshot = std::make_shared<Snapshot>();
  SF_ASSIGN_OR_RETURN(snapshot->tensors, agent_->ExportActor());
  snapshot->run_id = run_id_;
  snapshot->version = (incarnation_ << 32) + ++snapshots_;
  snapshot->step = static_cast<uint64_t>(received_);
  snapshot->updates = static_cast<uint64_t>(updates());
  snapshot->state = state;
  snapshot->act_uniformly = warming();
  snapshot->schema = options_.schema;
  snapshot->bounds = options_.bounds;
  snapshot->layers = layers_;
  snapshot->head = ActorHead(options_.sac);
  snapshot->normaliser = normaliser_;
  snapshot->environment = options_.environment;
  snapshot->reward_scale = options_.reward_scale;
  alpha_ = agent_->alpha();
  snapshot->alpha = alpha_;
  snapshot->target_entropy = options_.sac.target_entropy;
  snapshot->entropy_offset = options_.sac.log_volume;
  published_updates_ = updates();
  published_warming_ = warming();
  return snapshot;
}

std::string LearnerLoop::Diagnosis() const {
  if (device_ != nullptr && device_->rows_on_device()) {
    return DiagnoseDevice();
  }
  return DescribeDivergence(static_cast<uint64_t>(updates()), sound_update_,
                            agent_->Save(), drawn_, batch_);
}

TensorMap LearnerLoop::Save() const {
  TensorMap saved = agent_->Save();
  saved["learner/received"] =
      Tensor::From(std::vector<int64_t>{received_}, {1});
  if (forgone_ > 0) {
    saved["learner/forgone"] =
        Tensor::From(std::vector<int64_t>{forgone_}, {1});
  }
  if (normaliser_.has_value()) {
    const auto n = static_cast<int64_t>(normaliser_->mean.size());
    saved["normaliser/count"] =
        Tensor::From(std::vector<double>{normaliser_->count}, {1});
    saved["normaliser/mean"] = Tensor::From(normaliser_->mean, {n});
    saved["normaliser/variance"] = Tensor::From(normaliser_->variance, {n});
  }
  for (const auto& [name, value] : statistics_.Save()) {
    saved["statistics/" + name] = Tensor::From(std::vector<double>{value}, {1});
  }
  return saved;
}

absl::Status LearnerLoop::Restore(const TensorMap& saved) {
  TensorMap rest = saved;
  // Takes a tensor of the wanted dtype and length out of `rest`.
  const auto take = [&rest](const std::string& name, DType dtype,
                            int64_t elements) -> absl::StatusOr<Tensor> {
    const auto found = rest.find(name);
    if (found == rest.end() || found->second.dtype != dtype ||
        NumElements(found->second.shape) != elements) {
      return absl::InvalidArgumentError(absl::StrCat(
          name, " is missing or not ", elements, " ", DTypeName(dtype)));
    }
    Tensor tensor = std::move(found->second);
    rest.erase(found);
    return tensor;
  };
  SF_ASSIGN_OR_RETURN(const Tensor received,
                      take("learner/received", DType::kI64, 1));
  if (received.values<int64_t>()[0] < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("learner/received is ", received.values<int64_t>()[0]));
  }
  int64_t forgone = 0;
  if (saved.contains("learner/forgone")) {
    SF_ASSIGN_OR_RETURN(const Tensor rows,
                        take("learner/forgone", DType::kI64, 1));
    forgone = rows.values<int64_t>()[0];
    if (forgone < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("learner/forgone is ", forgone));
    }
  }
  std::optional<NormaliserState> normaliser;
  if (normaliser_.has_value()) {
    const auto n = static_cast<int64_t>(normaliser_->mean.size());
    SF_ASSIGN_OR_RETURN(const Tensor count,
                        take("normaliser/count", DType::kF64, 1));
    SF_ASSIGN_OR_RETURN(const Tensor mean,
                        take("normaliser/mean", DType::kF64, n));
    SF_ASSIGN_OR_RETURN(const Tensor variance,
                        take("normaliser/variance", DType::kF64, n));
    normaliser = NormaliserState{count.AsDouble()[0], mean.AsDouble(),
                                 variance.AsDouble()};
    SF_RETURN_IF_ERROR(
        Annotate(CheckNormaliser(*normaliser, n), "the saved normaliser"));
  }
  std::map<std::string, double> sums = statistics_.Save();
  for (auto& [name, sum] : sums) {
    SF_ASSIGN_OR_RETURN(const Tensor saved_sum,
                        take("statistics/" + name, DType::kF64, 1));
    sum = saved_sum.AsDouble()[0];
  }
  SF_RETURN_IF_ERROR(agent_->Restore(rest));
  received_ = received.values<int64_t>()[0];
  forgone_ = forgone;
  normaliser_ = std::move(normaliser);
  normaliser_sent_ = false;
  alpha_ = agent_->alpha();
  statistics_.Restore(sums);
  published_updates_ = -1;
  // What is restored is finite.
  sound_update_ = static_cast<uint64_t>(updates());
  return absl::OkStatus();
}

}  // namespace softfleet
