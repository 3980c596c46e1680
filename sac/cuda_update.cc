// SPDX-License-Identifier: Apache-2.0
#include "sac/cuda_update.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/status.h"
#include "sac/cuda/engine_buffers.h"
#include "sac/cuda/plugin_abi.h"

namespace softfleet {
namespace {

constexpr double kShareOfFreeMemory = 0.9;

absl::Status CheckOptions(const SacOptions& options) {
  if (options.precision == SacOptions::Precision::kBFloat16) {
    return absl::InvalidArgumentError(
        "precision bf16 has no path on a CUDA device; take float32");
  }
  if (options.actor_hidden.size() > std::size(SacCudaOptions{}.actor_hidden) ||
      options.critic_hidden.size() >
          std::size(SacCudaOptions{}.critic_hidden)) {
    return absl::InvalidArgumentError(
        "a CUDA engine takes at most 32 hidden layers");
  }
  return absl::OkStatus();
}

SacCudaSampling SamplingOf(const CudaRows& rows) {
  SacCudaSampling sampling = {};
  sampling.n_step = rows.n_step;
  sampling.prioritized = rows.prioritized ? 1 : 0;
  sampling.gamma = rows.gamma;
  sampling.reward_scale = rows.reward_scale;
  sampling.priority_exponent = rows.priority_exponent;
  sampling.importance_begin = rows.importance_begin;
  sampling.importance_end = rows.importance_end;
  sampling.importance_updates = rows.importance_updates;
  return sampling;
}

SacBatch BatchOf(const TransitionBatch& rows) {
  SacBatch batch;
  batch.size = rows.size;
  batch.observations = rows.observations;
  batch.actions = rows.actions;
  batch.discrete_actions = rows.discrete_actions;
  batch.rewards = rows.returns;
  batch.discounts = rows.discounts;
  batch.terminated = rows.terminated;
  batch.next_observations = rows.next_observations;
  return batch;
}

template <typename From, typename To>
void Unpack(const std::vector<std::byte>& bytes, int64_t offset, int64_t count,
            std::vector<To>* to) {
  const auto* from = reinterpret_cast<const From*>(bytes.data() + offset);
  to->assign(from, from + count);
}

// The rows of a batch as BatchLayout lays it out for T.
template <typename T>
TransitionBatch UnpackRows(const SacCudaOptions& options,
                           const std::vector<std::byte>& bytes) {
  const BatchLayout layout(options, sizeof(T));
  const int64_t b = options.batch_size;
  const int64_t observations = b * options.observation_dim;
  TransitionBatch rows;
  rows.size = b;
  Unpack<uint64_t>(bytes, layout.ids, b, &rows.ids);
  Unpack<T>(bytes, layout.observations, observations, &rows.observations);
  Unpack<T>(bytes, layout.observations + observations * int64_t{sizeof(T)},
            observations, &rows.next_observations);
  if (options.continuous != 0) {
    Unpack<T>(bytes, layout.actions, b * options.action_dim, &rows.actions);
  } else {
    Unpack<int32_t>(bytes, layout.discrete, b, &rows.discrete_actions);
  }
  Unpack<double>(bytes, layout.rewards, b, &rows.returns);
  Unpack<double>(bytes, layout.discounts, b, &rows.discounts);
  Unpack<uint8_t>(bytes, layout.terminated, b, &rows.terminated);
  Unpack<int32_t>(bytes, layout.steps, b, &rows.steps);
  return rows;
}

}  // namespace

CudaUpdate::CudaUpdate(const CudaPlugin& plugin, const SacCudaOptions& options)
    : api_(plugin.api().engine), plugin_(plugin), options_(options) {
  const StateLayout layout(options);
  if (options.float64 != 0) {
    memory_.resize(layout.elements);
    views_ = ViewState(options, memory_.data());
  } else {
    memory_.resize((layout.elements + 1) / 2);
    views_ = ViewState(options, reinterpret_cast<float*>(memory_.data()));
  }
  for (const SacStateView& view : views_) {
    const bool used = view.name == "alpha_used";
    if (!used && view.name != "log_alpha") continue;
    const double value =
        used ? options.alpha_init : std::log(options.alpha_init);
    if (view.f32 != nullptr) *view.f32 = static_cast<float>(value);
    if (view.f64 != nullptr) *view.f64 = value;
  }
}

CudaUpdate::~CudaUpdate() {
  if (engine_ != nullptr) api_->destroy(engine_);
}

// Adds the two arguments that every call ends with.
template <typename Function, typename... Arguments>
absl::Status CudaUpdate::Call(Function function, Arguments... arguments) {
  std::array<char, 1024> message{};
  if (function(arguments..., message.data(), message.size()) == 0) {
    return absl::OkStatus();
  }
  return absl::InternalError(
      absl::StrCat("CUDA device ", device_, ": ", message.data()));
}

absl::StatusOr<std::unique_ptr<CudaUpdate>> CudaUpdate::Create(
    const CudaPlugin& plugin, int device, const SacOptions& options,
    int64_t batch_size, uint64_t seed, bool tf32) {
  SF_RETURN_IF_ERROR(CheckOptions(options));
  SF_RETURN_IF_ERROR(plugin.DescribeDevice(device).status());
  SacCudaOptions cuda = ToCudaOptions(options, batch_size, seed);
  cuda.tf32 = tf32 ? 1 : 0;
  auto update = absl::WrapUnique(new CudaUpdate(plugin, cuda));
  update->device_ = device;
  SF_RETURN_IF_ERROR(update->Call(update->api_->create, &update->options_,
                                  device, &update->engine_));
  return update;
}

void CudaUpdate::CountUpdate() {
  fresh_ = policy_fresh_ = false;
  ++counters_.updates;
  if (counters_.updates % options_.policy_delay != 0) return;
  ++counters_.actor_steps;
  if (options_.alpha_fixed == 0) ++counters_.alpha_steps;
}

absl::Status CudaUpdate::SendState() {
  if (!shown_ && counters_ == fetched_counters_) return absl::OkStatus();
  if (!shown_) {  // only the counters were written
    const SacCounters written = counters_;
    SF_RETURN_IF_ERROR(FetchState());
    counters_ = written;
  }
  shown_ = false;
  if (memory_ == fetched_ && counters_ == fetched_counters_) {
    return absl::OkStatus();
  }
  const SacCudaCounters counters = {counters_.updates, counters_.actor_steps,
                                    counters_.alpha_steps};
  return Call(api_->write_state, engine_, memory_.data(), &counters);
}

absl::Status CudaUpdate::FetchState() {
  if (!fresh_) {
    SacCudaCounters counters = {};
    SF_RETURN_IF_ERROR(
        Call(api_->read_state, engine_, memory_.data(), &counters));
    fresh_ = policy_fresh_ = true;
    fetched_ = memory_;
    fetched_counters_ = counters_;
  }
  shown_ = true;
  return absl::OkStatus();
}

const std::vector<SacStateView>& CudaUpdate::State() {
  const absl::Status status = FetchState();
  if (!status.ok()) throw std::runtime_error(std::string(status.message()));
  return views_;
}

const std::vector<SacStateView>& CudaUpdate::PolicyState() {
  if (policy_fresh_) return views_;
  const absl::Status status =
      Call(api_->read_policy, engine_, static_cast<void*>(memory_.data()));
  if (!status.ok()) throw std::runtime_error(std::string(status.message()));
  policy_fresh_ = true;
  return views_;
}

absl::Status CudaUpdate::UpdateFrom(const SacBatch& batch,
                                    const SacDraws& draws, bool noise) {
  if (batch.size != options_.batch_size) {
    return absl::InvalidArgumentError(absl::StrCat("the batch has ", batch.size,
                                                   " rows, the engine is for ",
                                                   options_.batch_size));
  }
  SF_RETURN_IF_ERROR(SendState());
  void* buffer = nullptr;
  SF_RETURN_IF_ERROR(Call(api_->batch_buffer, engine_, &buffer));
  PackBatch(options_, batch, draws, static_cast<std::byte*>(buffer));
  CountUpdate();
  fetched_counters_ = counters_;
  return Call(api_->update, engine_, int32_t{noise ? 1 : 0},
              int32_t{batch.weights.empty() ? 0 : 1});
}

void CudaUpdate::Update(const SacBatch& batch, const SacDraws& draws,
                        SacStatistics* statistics, SacTrace*) {
  absl::Status status = UpdateFrom(batch, draws, /*noise=*/false);
  if (status.ok() && statistics != nullptr) {
    const absl::StatusOr<SacStatistics> measured = Statistics();
    status = measured.status();
    if (status.ok()) *statistics = *measured;
  }
  if (!status.ok()) throw std::runtime_error(std::string(status.message()));
}

absl::Status CudaUpdate::UseGraphs(bool graphs) {
  return Call(api_->use_graphs, engine_, int32_t{graphs ? 1 : 0});
}

absl::Status CudaUpdate::AttachRows(const CudaRows& rows,
                                    DrawRowsFunction host_rows) {
  host_rows_ = std::move(host_rows);
  SF_ASSIGN_OR_RETURN(RingFeed feed,
                      RingFeed::Create(rows.table, rows.prioritized));
  SF_ASSIGN_OR_RETURN(const CudaDevice device, plugin_.DescribeDevice(device_));
  const uint64_t bytes = RowRingBytes(feed.shape());
  const uint64_t budget =
      rows.device_budget != 0
          ? rows.device_budget
          : static_cast<uint64_t>(kShareOfFreeMemory *
                                  static_cast<double>(device.free_bytes));
  if (bytes > budget) {
    LogWarning(absl::StrCat(
        "a ring of ", rows.table.capacity_rows, " rows takes ", bytes,
        " bytes of CUDA device ", device_, "'s memory, the budget is ", budget,
        " bytes: rows stay in the host's memory and travel batch by batch"));
    return absl::OkStatus();
  }
  const SacCudaSampling sampling = SamplingOf(rows);
  SF_RETURN_IF_ERROR(Call(api_->attach_ring, engine_, &feed.shape(), &sampling,
                          int32_t{rows.normalise ? 1 : 0}));
  feed_ = std::move(feed);
  return absl::OkStatus();
}

absl::Status CudaUpdate::Append(const StepBlock& block) {
  if (!feed_.has_value()) return absl::OkStatus();
  void* stage = nullptr;
  SF_RETURN_IF_ERROR(Call(api_->stage_buffer, engine_,
                          feed_->StagedBytes(block.rows), &stage));
  const size_t bytes = feed_->Stage(block, static_cast<std::byte*>(stage));
  return Call(api_->place_staged, engine_, bytes);
}

absl::Status CudaUpdate::SetNormaliser(const std::vector<double>& mean,
                                       const std::vector<double>& scale) {
  return Call(api_->set_normaliser, engine_, mean.data(), scale.data());
}

absl::Status CudaUpdate::Load(const Ring& ring, const Streams& streams) {
  if (!feed_.has_value()) return absl::OkStatus();
  feed_->Load(ring, streams);
  for (size_t i = 0; i < ring.columns().size(); ++i) {
    const RingColumn& column = ring.columns()[i];
    SF_RETURN_IF_ERROR(Call(api_->load_column, engine_,
                            static_cast<uint32_t>(i),
                            static_cast<const void*>(column.bytes.get()),
                            ring.slots() * column.cell_bytes));
  }
  return Call(api_->load_counters, engine_, &feed_->counters());
}

absl::Status CudaUpdate::Train(int64_t count) {
  if (!feed_.has_value()) return TrainFromHost(count);
  if (feed_->counters().sampleable_rows == 0) {
    return absl::FailedPreconditionError("the ring has no row to draw");
  }
  SF_RETURN_IF_ERROR(SendState());
  for (int64_t i = 0; i < count; ++i) CountUpdate();
  fetched_counters_ = counters_;
  return Call(api_->train, engine_, count);
}

absl::Status CudaUpdate::TrainFromHost(int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const auto update = static_cast<uint64_t>(counters_.updates + 1);
    SF_RETURN_IF_ERROR(host_rows_(update, &batch_));
    SF_RETURN_IF_ERROR(UpdateFrom(BatchOf(batch_), {}, /*noise=*/true));
  }
  return absl::OkStatus();
}

absl::StatusOr<SacStatistics> CudaUpdate::Statistics() {
  SacCudaStatistics statistics = {};
  SF_RETURN_IF_ERROR(Call(api_->read_statistics, engine_,
                          int64_t{counters_.updates}, &statistics));
  return ToStatistics(statistics);
}

absl::StatusOr<std::vector<std::byte>> CudaUpdate::ReadBatch() {
  const BatchLayout layout(options_, options_.float64 != 0 ? 8 : 4);
  std::vector<std::byte> bytes(layout.bytes);
  SF_RETURN_IF_ERROR(
      Call(api_->read_batch, engine_, static_cast<void*>(bytes.data())));
  return bytes;
}

absl::StatusOr<TransitionBatch> CudaUpdate::ReadRows() {
  SF_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes, ReadBatch());
  return options_.float64 != 0 ? UnpackRows<double>(options_, bytes)
                               : UnpackRows<float>(options_, bytes);
}

}  // namespace softfleet
