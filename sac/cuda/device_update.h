// SPDX-License-Identifier: Apache-2.0
// One SAC update as a sequence of launches on a backend (network.h names what
// a backend has): the state in one flat buffer, the batch in another, nothing
// allocated and nothing waited for. The CUDA engine captures it in a graph; a
// backend of plain loops runs it in tests. C++17.
#ifndef SOFTFLEET_SAC_CUDA_DEVICE_UPDATE_H_
#define SOFTFLEET_SAC_CUDA_DEVICE_UPDATE_H_

#include <cstdint>

#include "sac/cuda/loss_kernels.h"
#include "sac/cuda/network.h"
#include "sac/cuda/ring_kernels.h"
#include "sac/cuda/state_layout.h"
#include "sac/cuda/update_kernels.h"

namespace softfleet {

template <typename T, typename Backend>
class DeviceUpdate {
 public:
  static constexpr int64_t kStatistics = 4096;  // updates whose are kept

  // Where batch and noise come from.
  struct Sources {
    bool noise = true;     // drawn here; else in the batch already
    bool weights = false;  // importance weights are in the batch
  };

  DeviceUpdate(const SacCudaOptions& options, Backend& backend)
      : options_(options),
        layout_(options),
        batch_layout_(options, sizeof(T)),
        backend_(backend),
        batch_(options.batch_size),
        state_(backend.template Allocate<T>(layout_.elements)),
        batch_bytes_(
            backend.template Allocate<unsigned char>(batch_layout_.bytes)),
        scalars_(backend.template Allocate<UpdateScalars<T>>(1)),
        statistics_(backend.template Allocate<SacCudaStatistics>(kStatistics)),
        actor_(layout_.actor, 1, state_ + layout_.actor_parameters),
        critics_(layout_.critic, options.num_critics,
                 state_ + layout_.critic_parameters),
        targets_(layout_.critic, options.num_critics,
                 state_ + layout_.targets) {
    AllocateScratch();
  }
  DeviceUpdate(const DeviceUpdate&) = delete;
  DeviceUpdate& operator=(const DeviceUpdate&) = delete;

  // Launches the parts of one update: Begin counts it, Step does it. A batch
  // is gathered between the two. `act`: with actor and temperature; the caller
  // knows the update's number.
  void Begin(bool act) {
    backend_.Each(
        1, BeginUpdate<T>{options_, scalars_, state_ + layout_.log_alpha, act});
  }
  void Step(bool act, const Sources& sources) {
    if (sources.noise) Draw();
    Assemble();
    Act(act);
    if (act && options_.alpha_fixed == 0) StepAlpha();
    StepCritics(sources);
    if (act) StepActor();
    Record(act);
  }

  // One update from rows of `ring`, normalised by `mean` and `scale` of a
  // frame's elements where those are not null.
  void StepFromRing(bool act, const RowRing& ring,
                    const SacCudaSampling& sampling, const double* mean,
                    const double* scale) {
    Begin(act);
    Gather(ring, sampling, mean, scale);
    Sources sources;
    sources.weights = sampling.prioritized != 0;
    Step(act, sources);
    if (sampling.prioritized == 0) return;
    backend_.Teams(1, kTeamSize,
                   PrioritizeRows<T>{ring, batch<uint64_t>(batch_layout_.ids),
                                     priority_, static_cast<uint32_t>(batch_),
                                     sampling.priority_exponent});
  }

  const StateLayout& layout() const { return layout_; }
  const BatchLayout& batch_layout() const { return batch_layout_; }
  T* state() { return state_; }
  unsigned char* batch_bytes() { return batch_bytes_; }
  template <typename U>
  U* batch(int64_t offset) const {
    return reinterpret_cast<U*>(batch_bytes_ + offset);
  }
  UpdateScalars<T>* scalars() { return scalars_; }
  SacCudaStatistics* statistics() { return statistics_; }
  const T* priorities() const { return priority_; }  // [B]

 private:
  static constexpr int kSideBranch = 2;
  static constexpr int kRowTeam = 32;  // for the few columns of an action
  static constexpr int kDrawTeam = 1024;
  static constexpr int kGatherTeam = 64;
  static constexpr int64_t kNormParts = 64;

  bool continuous() const { return options_.continuous != 0; }
  NetworkInput<T> Observations() const {
    return {batch<T>(batch_layout_.observations), options_.observation_dim};
  }
  NetworkInput<T> CriticInput(T* values, int64_t first_row) const {
    if (continuous()) return {values, layout_.critic.layers[0].in};
    const int64_t dim = options_.observation_dim;
    return {Observations().values + first_row * dim, dim};
  }

  void AllocateScratch() {
    const int64_t k = options_.num_critics, a = options_.action_dim;
    const int64_t inputs = batch_ * layout_.critic.layers[0].in;
    const auto take = [this](int64_t count) {
      return backend_.template Allocate<T>(count);
    };
    const auto take_double = [this](int64_t count) {
      return backend_.template Allocate<double>(count);
    };
    stored_input_ = take(inputs);
    pi_input_ = take(inputs);
    next_input_ = take(inputs);
    const int64_t samples = 2 * batch_ * a;
    sample_ = {take(samples),    take(samples), take(samples),
               take(2 * batch_), take(samples), take(samples)};
    actor_pass_.Allocate(layout_.actor, 1, 2 * batch_, true, backend_);
    critic_pass_.Allocate(layout_.critic, k, batch_, true, backend_);
    target_pass_.Allocate(layout_.critic, k, batch_, false, backend_);
    actor_gradients_ = take(layout_.actor.elements);
    critic_gradients_ = take(k * layout_.critic.elements);
    action_gradient_ = take(k * batch_ * a);
    priority_ = take(batch_);
    measures_ = {take_double(batch_), take_double(batch_), take_double(batch_),
                 take_double(batch_)};
    critic_squares_ = take_double(kNormParts);
    actor_squares_ = take_double(kNormParts);
  }

  void Gather(const RowRing& ring, const SacCudaSampling& sampling,
              const double* mean, const double* scale) {
    const BatchLayout& at = batch_layout_;
    backend_.Teams(
        1, kDrawTeam,
        DrawRows<T>{ring, sampling, scalars_, options_.seed,
                    static_cast<uint32_t>(batch_), batch<uint64_t>(at.ids),
                    batch<double>(at.weights)});
    const int64_t dim = options_.observation_dim;
    T* observations = batch<T>(at.observations);
    RowBatch<T> rows = {};
    rows.ids = batch<uint64_t>(at.ids);
    rows.observations = observations;
    rows.next_observations = observations + batch_ * dim;
    rows.observation_stride = static_cast<uint64_t>(dim);
    rows.actions = batch<T>(at.actions);
    rows.action_stride = static_cast<uint64_t>(options_.action_dim);
    rows.discrete_actions = batch<int32_t>(at.discrete);
    rows.returns = batch<double>(at.rewards);
    rows.discounts = batch<double>(at.discounts);
    rows.terminated = batch<uint8_t>(at.terminated);
    rows.steps = batch<int32_t>(at.steps);
    const GatherOptions options = {sampling.n_step, sampling.gamma,
                                   sampling.reward_scale, mean, scale};
    backend_.Teams(batch_, kGatherTeam, GatherRows<T>{ring, options, rows});
  }

  void Draw() {
    if (continuous()) {
      const int64_t count = batch_ * options_.action_dim;
      backend_.Each((count + 1) / 2 * 2,
                    DrawNoise<T>{scalars_, options_.seed, count,
                                 batch<T>(batch_layout_.noise)});
    }
    if (options_.target_subset > 0) {
      backend_.Each(1,
                    DrawSubset<T>{scalars_, options_.seed, options_.num_critics,
                                  options_.target_subset,
                                  batch<int32_t>(batch_layout_.subset)});
    }
  }

  void Assemble() {
    if (!continuous()) return;
    backend_.Each(batch_ * layout_.critic.layers[0].in,
                  AssembleInputs<T>{
                      Observations().values, batch<T>(batch_layout_.actions),
                      batch_, options_.observation_dim, options_.action_dim,
                      stored_input_, pi_input_, next_input_});
  }

  // The policy at [s; s'], or at s' alone; beside it the critics at (s, a).
  void Act(bool act) {
    backend_.Fork(kSideBranch);
    critics_.Forward(CriticInput(stored_input_, 0), 0, batch_, critic_pass_,
                     backend_);
    backend_.Main();
    const int64_t first = act ? 0 : batch_;
    const int64_t rows = 2 * batch_ - first;
    actor_.Forward(Observations(), first, rows, actor_pass_, backend_);
    const T* head = actor_pass_.output.back();
    if (continuous()) {
      const fused::LogStdRange<T> range = {static_cast<T>(options_.log_std_min),
                                           static_cast<T>(options_.log_std_max),
                                           options_.log_std_bounded != 0};
      backend_.Teams(
          rows, kRowTeam,
          SampleActions<T>{head, batch<T>(batch_layout_.noise), range,
                           static_cast<T>(options_.log_volume), batch_,
                           options_.observation_dim, options_.action_dim, first,
                           sample_, pi_input_, next_input_});
    } else {
      backend_.Each(rows, ActionProbabilities<T>{head, options_.action_dim,
                                                 first, sample_});
    }
    backend_.Join(kSideBranch);
  }

  void StepAlpha() {
    backend_.Fork(kSideBranch);
    backend_.Teams(1, kTeamSize,
                   StepTemperature<T>{scalars_, sample_.logp, batch_,
                                      static_cast<T>(options_.target_entropy),
                                      state_ + layout_.log_alpha});
    backend_.Main();
  }

  void StepCritics(const Sources& sources) {
    targets_.Forward(CriticInput(next_input_, batch_), 0, batch_, target_pass_,
                     backend_);
    const BatchLayout& at = batch_layout_;
    const bool subset = options_.target_subset > 0;
    backend_.Each(
        batch_, CriticErrors<T>{
                    scalars_, sample_, target_pass_.output.back(),
                    critic_pass_.output.back(), batch<double>(at.rewards),
                    batch<double>(at.discounts), batch<uint8_t>(at.terminated),
                    sources.weights ? batch<double>(at.weights) : nullptr,
                    subset ? batch<int32_t>(at.subset) : nullptr,
                    batch<int32_t>(at.discrete), options_.num_critics,
                    options_.target_subset, batch_, options_.action_dim,
                    continuous(), static_cast<T>(options_.priority_epsilon),
                    critic_pass_.gradient.back(), priority_, measures_});
    typename Networks<T>::BackwardTargets targets;
    targets.weight_gradients = critic_gradients_;
    critics_.Backward(CriticInput(stored_input_, 0), batch_, critic_pass_,
                      targets, backend_);
    const int64_t count = options_.num_critics * layout_.critic.elements;
    Square(critic_gradients_, count, critic_squares_);
    backend_.Each(count, AdamSweep<T>{&scalars_->critic, critic_gradients_,
                                      state_ + layout_.critic_parameters,
                                      state_ + layout_.critic_first,
                                      state_ + layout_.critic_second,
                                      state_ + layout_.targets,
                                      static_cast<T>(options_.tau)});
  }

  void StepActor() {
    const NetworkInput<T> input = CriticInput(pi_input_, 0);
    critics_.Forward(input, 0, batch_, critic_pass_, backend_);
    const bool mean = options_.aggregate_mean != 0;
    const T* q = critic_pass_.output.back();
    T* head_gradient = actor_pass_.gradient.back();
    if (continuous()) {
      backend_.Each(batch_, ActorErrors<T>{scalars_, sample_.logp, q,
                                           options_.num_critics, batch_, mean,
                                           critic_pass_.gradient.back(),
                                           measures_.actor_loss});
      typename Networks<T>::BackwardTargets frozen;
      frozen.input_gradient = action_gradient_;
      frozen.column = options_.observation_dim;
      frozen.columns = options_.action_dim;
      critics_.Backward(input, batch_, critic_pass_, frozen, backend_);
      backend_.Each(batch_ * options_.action_dim,
                    HeadGradient<T>{scalars_, sample_, action_gradient_,
                                    options_.num_critics, batch_,
                                    options_.action_dim, head_gradient});
    } else {
      backend_.Each(batch_,
                    LogitErrors<T>{scalars_, sample_, q, options_.num_critics,
                                   batch_, options_.action_dim, mean,
                                   head_gradient, measures_.actor_loss});
    }
    typename Networks<T>::BackwardTargets targets;
    targets.weight_gradients = actor_gradients_;
    actor_.Backward(Observations(), batch_, actor_pass_, targets, backend_);
    Square(actor_gradients_, layout_.actor.elements, actor_squares_);
    backend_.Each(layout_.actor.elements,
                  AdamSweep<T>{&scalars_->actor, actor_gradients_,
                               state_ + layout_.actor_parameters,
                               state_ + layout_.actor_first,
                               state_ + layout_.actor_second, nullptr, T(0)});
  }

  // Beside what follows.
  void Square(const T* values, int64_t count, double* sums) {
    backend_.Fork(kSideBranch);
    backend_.Teams(kNormParts, kTeamSize,
                   SumOfSquares<T>{values, count, kNormParts, sums});
    backend_.Main();
  }

  void Record(bool act) {
    backend_.Join(kSideBranch);
    backend_.Teams(1, kTeamSize,
                   RecordStatistics<T>{scalars_, sample_, measures_, batch_,
                                       options_.action_dim, continuous(), act,
                                       critic_squares_, actor_squares_,
                                       kNormParts, statistics_, kStatistics});
  }

  const SacCudaOptions options_;
  const StateLayout layout_;
  const BatchLayout batch_layout_;
  Backend& backend_;
  const int64_t batch_;
  T* state_;
  unsigned char* batch_bytes_;
  UpdateScalars<T>* scalars_;
  SacCudaStatistics* statistics_;
  Networks<T> actor_, critics_, targets_;

  T *stored_input_, *pi_input_, *next_input_;  // [B, O + A], continuous
  PolicySample<T> sample_;
  Activations<T> actor_pass_, critic_pass_, target_pass_;
  T *actor_gradients_, *critic_gradients_, *action_gradient_, *priority_;
  RowMeasures measures_;
  double *critic_squares_, *actor_squares_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_DEVICE_UPDATE_H_
