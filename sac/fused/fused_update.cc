// SPDX-License-Identifier: Apache-2.0
#include "sac/fused/fused_update.h"

#include <algorithm>
#include <cmath>

#include "sac/fused/floating_point.h"

namespace softfleet::fused {
namespace {

// Rows of weights that one task takes; kernels pack multiples of 16.
constexpr int kWeightRows = 32;

NetworkLayout LayOutActor(const SacOptions& options) {
  return LayOutNetwork(options.observation_dim, options.actor_hidden,
                       (options.continuous ? 2 : 1) * options.action_dim,
                       /*layer_norm=*/false);
}

NetworkLayout LayOutCritic(const SacOptions& options) {
  const int64_t actions = options.continuous ? options.action_dim : 0;
  return LayOutNetwork(options.observation_dim + actions, options.critic_hidden,
                       options.continuous ? 1 : options.action_dim,
                       options.critic_layer_norm);
}

template <typename T>
SacStateView View(const std::string& name, const std::vector<int64_t>& shape,
                  T* data) {
  SacStateView view{name, shape, 1};
  for (int64_t extent : shape) view.elements *= extent;
  if constexpr (sizeof(T) == sizeof(float)) {
    view.f32 = data;
  } else {
    view.f64 = data;
  }
  return view;
}

template <typename T>
void AppendTrained(const std::vector<NamedTensor>& tensors,
                   const TrainedBuffers<T>& buffers,
                   std::vector<SacStateView>* views) {
  for (const NamedTensor& t : tensors) {
    const auto append = [&](const char* prefix, const Buffer<T>& buffer) {
      views->push_back(View(prefix + t.name, t.shape, &buffer[t.offset]));
    };
    append("param/", buffers.parameters);
    append("adam_m/", buffers.first);
    append("adam_v/", buffers.second);
  }
}

template <typename T>
std::unique_ptr<UpdateEngine> Make(const SacOptions& options,
                                   MatrixPrecision precision,
                                   std::string* error) {
  const Kernels<T>* kernels = ChooseKernels<T>(precision, error);
  if (kernels == nullptr) return nullptr;
  return std::make_unique<FusedUpdate<T>>(options, *kernels);
}

}  // namespace

std::unique_ptr<UpdateEngine> MakeFusedUpdate(const SacOptions& options,
                                              std::string* error) {
  switch (options.precision) {
    case SacOptions::Precision::kFloat64:
      return Make<double>(options, MatrixPrecision::kFull, error);
    case SacOptions::Precision::kBFloat16:
      return Make<float>(options, MatrixPrecision::kBFloat16, error);
    case SacOptions::Precision::kFloat32:
      break;
  }
  return Make<float>(options, MatrixPrecision::kFull, error);
}

template <typename T>
FusedUpdate<T>::FusedUpdate(const SacOptions& options,
                            const Kernels<T>& kernels)
    : options_(options),
      kernels_(kernels),
      actor_layout_(LayOutActor(options)),
      critic_layout_(LayOutCritic(options)),
      actor_buffers_(actor_layout_.elements),
      critic_buffers_(options.num_critics * critic_layout_.elements),
      target_parameters_(options.num_critics * critic_layout_.elements),
      actor_(actor_layout_, kernels, actor_buffers_.parameters.data()),
      actor_rows_(SplitWeights(actor_layout_, 1)),
      critic_rows_(SplitWeights(critic_layout_, options.num_critics)),
      pool_(options.threads) {
  log_alpha_[0] = T(std::log(options.alpha_init));
  alpha_used_ = T(options.alpha_init);
  for (int k = 0; k < options.num_critics; ++k) {
    const int64_t base = k * critic_layout_.elements;
    critics_.emplace_back(critic_layout_, kernels,
                          &critic_buffers_.parameters[base]);
    targets_.emplace_back(critic_layout_, kernels, &target_parameters_[base]);
  }
  ListState();
}

template <typename T>
void FusedUpdate<T>::ListState() {
  AppendTrained(ActorTensors(actor_layout_, options_.continuous),
                actor_buffers_, &state_);
  for (int k = 0; k < options_.num_critics; ++k) {
    const std::vector<NamedTensor> tensors = CriticTensors(critic_layout_, k);
    AppendTrained(tensors, critic_buffers_, &state_);
    for (const NamedTensor& t : tensors) {
      state_.push_back(
          View("target/" + t.name, t.shape, &target_parameters_[t.offset]));
    }
  }
  state_.push_back(View("log_alpha", {1}, &log_alpha_[0]));
  state_.push_back(View("log_alpha.adam_m", {1}, &log_alpha_[1]));
  state_.push_back(View("log_alpha.adam_v", {1}, &log_alpha_[2]));
  state_.push_back(View("alpha_used", {1}, &alpha_used_));
}

// Largest first, so that threads end together.
template <typename T>
std::vector<typename FusedUpdate<T>::WeightRows> FusedUpdate<T>::SplitWeights(
    const NetworkLayout& layout, int networks) {
  std::vector<WeightRows> all;
  for (int network = 0; network < networks; ++network) {
    for (size_t i = 0; i < layout.layers.size(); ++i) {
      const int out = static_cast<int>(layout.layers[i].out);
      for (int begin = 0; begin < out; begin += kWeightRows) {
        all.push_back({network, i, begin, std::min(begin + kWeightRows, out)});
      }
    }
  }
  const auto size = [&layout](const WeightRows& rows) {
    return (rows.end - rows.begin) * layout.layers[rows.layer].in;
  };
  std::stable_sort(
      all.begin(), all.end(),
      [&size](const auto& a, const auto& b) { return size(a) > size(b); });
  return all;
}

template <typename T>
const std::vector<SacStateView>& FusedUpdate<T>::State() {
  stale_ = true;
  return state_;
}

template <typename T>
void FusedUpdate<T>::PackEverything() {
  for (const WeightRows& rows : actor_rows_) {
    actor_.Pack(rows.layer, rows.begin, rows.end);
  }
  for (const WeightRows& rows : critic_rows_) {
    critics_[rows.network].Pack(rows.layer, rows.begin, rows.end);
    targets_[rows.network].Pack(rows.layer, rows.begin, rows.end);
  }
  stale_ = false;
}

template <typename T>
int FusedUpdate<T>::blocks() const {
  return static_cast<int>((batch_.size + kBlockRows - 1) / kBlockRows);
}

template <typename T>
typename FusedUpdate<T>::Rows FusedUpdate<T>::RowsOf(int block) const {
  const int begin = block * kBlockRows;
  return {begin, std::min(kBlockRows, static_cast<int>(batch_.size) - begin)};
}

template <typename T>
void FusedUpdate<T>::Update(const SacBatch& batch, const SacDraws& draws,
                            SacStatistics* statistics, SacTrace* trace) {
  const FlushDenormals flush;
  ++counters_.updates;
  acts_ = counters_.updates % options_.policy_delay == 0;
  batch_ = batch;
  draws_ = draws;
  if (batch.size > memory_.rows) {
    memory_ =
        BatchMemory<T>(options_, actor_layout_, critic_layout_, batch.size);
  }
  EnterPhase(clock_, UpdatePhase::kOther);
  if (stale_) PackEverything();
  alpha_used_ = options_.alpha_mode == SacOptions::AlphaMode::kFixed
                    ? T(options_.alpha_init)
                    : std::exp(log_alpha_[0]);

  Share(blocks(),
        [this](int block, int thread) { ValueBlock(RowsOf(block), thread); });
  if (acts_) {
    EnterPhase(clock_, UpdatePhase::kTemperature);
    StepTemperature();
  }
  StepCritics();
  if (acts_) {
    Share(blocks(), [this](int block, int thread) {
      PolicyBlock(RowsOf(block), thread);
    });
    StepActor();
  }
  EnterPhase(clock_, UpdatePhase::kOther);
  if (statistics != nullptr) Measure(statistics);
  if (trace != nullptr) Trace(trace);
}

template class FusedUpdate<float>;
template class FusedUpdate<double>;

}  // namespace softfleet::fused
