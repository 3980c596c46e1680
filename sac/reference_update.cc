// SPDX-License-Identifier: Apache-2.0
#include "sac/reference_update.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <string>
#include <utility>

#include "sac/networks.h"

namespace softfleet {
namespace {

constexpr double kSaturation = 0.99;

at::ScalarType DTypeOf(const SacOptions& options) {
  return options.precision == SacOptions::Precision::kFloat64 ? at::kDouble
                                                              : at::kFloat;
}

template <typename T>
at::Tensor View(std::span<const T> values, std::vector<int64_t> shape,
                at::ScalarType dtype) {
  return at::from_blob(const_cast<T*>(values.data()), shape,
                       c10::CppTypeToScalarType<T>::value)
      .to(dtype);
}

void Record(const std::string& name, const at::Tensor& tensor,
            SacTrace* trace) {
  const at::Tensor values = tensor.detach().to(at::kDouble).contiguous();
  const double* data = values.data_ptr<double>();
  (*trace)[name].assign(data, data + values.numel());
}

double Item(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.item<double>() : 0;
}

}  // namespace

class ReferenceUpdate::Impl {
 public:
  explicit Impl(const SacOptions& options)
      : options_(options),
        dtype_(DTypeOf(options)),
        actor_(dtype_),
        critics_(dtype_),
        targets_(dtype_),
        temperature_(dtype_) {
    at::set_num_threads(1);
    DeclareActor(options, &actor_);
    DeclareCritics(options, &critics_);
    DeclareCritics(options, &targets_);
    temperature_.Add({"log_alpha"}, {1}, {1});
    actor_.Allocate(/*trainable=*/true);
    critics_.Allocate(/*trainable=*/true);
    targets_.Allocate(/*trainable=*/false);
    temperature_.Allocate(/*trainable=*/true);
    temperature_.flat().fill_(std::log(options.alpha_init));
    alpha_used_ = at::full({1}, options.alpha_init, dtype_);
    ListState();
  }

  void Update(const SacBatch& batch, const SacDraws& draws,
              SacStatistics* statistics, SacTrace* trace) {
    ++counters_.updates;
    const bool act = counters_.updates % options_.policy_delay == 0;
    statistics_ = statistics;
    trace_ = trace;
    Load(batch);

    EnterPhase(clock_, UpdatePhase::kActorForward);
    Policy pi;
    if (act) pi = Act(observations_, draws.noise);
    EnterPhase(clock_, UpdatePhase::kTemperature);
    const at::Tensor alpha = Alpha();
    alpha_used_.copy_(alpha);
    if (act && options_.alpha_mode == SacOptions::AlphaMode::kAuto) {
      StepTemperature(pi);
    }
    const at::Tensor target = Target(batch, draws, alpha);
    StepCritics(batch, target);
    if (act) StepActor(pi, alpha);
    EnterPhase(clock_, UpdatePhase::kCriticStep);
    targets_.flat().lerp_(critics_.flat(), options_.tau);
    EnterPhase(clock_, UpdatePhase::kOther);

    if (trace_ != nullptr && act) TracePolicy("pi/", pi);
    if (statistics_ != nullptr) {
      statistics_->alpha = Item(alpha);
      statistics_->actor_updated = act;
      if (act) MeasurePolicy(pi);
    }
  }

  const std::vector<SacStateView>& state() const { return state_; }
  SacCounters& counters() { return counters_; }
  void MarkPhases(PhaseClock* clock) { clock_ = clock; }

 private:
  // The policy at a batch of observations; the first four only where actions
  // are continuous, log_pi and pi [B, A] only where they are discrete.
  struct Policy {
    GaussianSample gaussian;
    at::Tensor log_pi, pi;
    // E[log pi] per state: the sample's log-probability, or the exact sum.
    at::Tensor logp;
  };

  void Load(const SacBatch& batch) {
    const int64_t b = batch.size;
    observations_ =
        View(batch.observations, {b, options_.observation_dim}, dtype_);
    critic_input_ = observations_;
    if (options_.continuous) {
      const at::Tensor actions =
          View(batch.actions, {b, options_.action_dim}, dtype_);
      critic_input_ = at::cat({observations_, actions}, 1);
    }
  }

  Policy Act(const at::Tensor& observations, std::span<const float> noise) {
    const at::Tensor head =
        ActorForward(options_, actor_.tensors(), observations);
    Policy policy;
    if (options_.continuous) {
      policy.gaussian = SampleGaussian(
          options_, head,
          View(noise, {observations.size(0), options_.action_dim}, dtype_));
      policy.logp = policy.gaussian.logp;
    } else {
      policy.log_pi = at::log_softmax(head, 1);
      policy.pi = policy.log_pi.exp();
      policy.logp = (policy.pi * policy.log_pi).sum(1);
    }
    return policy;
  }

  at::Tensor Alpha() {
    if (options_.alpha_mode == SacOptions::AlphaMode::kFixed) {
      return at::full({1}, options_.alpha_init, dtype_);
    }
    return temperature_.flat().exp();
  }

  // The loss is linear in log_alpha: its gradient is -(mean log p + target).
  void StepTemperature(const Policy& pi) {
    c10::NoGradGuard no_grad;
    const at::Tensor gradient =
        -(pi.logp.detach().mean().reshape({1}) + options_.target_entropy);
    if (statistics_ != nullptr) {
      statistics_->alpha_loss = Item(temperature_.flat() * gradient);
    }
    if (trace_ != nullptr) Record("log_alpha.grad", gradient, trace_);
    temperature_.tensors()[0].mutable_grad() = gradient;
    temperature_.AdamStep(options_, options_.alpha_learning_rate,
                          ++counters_.alpha_steps);
  }

  // y [B].
  at::Tensor Target(const SacBatch& batch, const SacDraws& draws,
                    const at::Tensor& alpha) {
    c10::NoGradGuard no_grad;
    const int64_t b = batch.size;
    const at::Tensor next_observations =
        View(batch.next_observations, {b, options_.observation_dim}, dtype_);
    EnterPhase(clock_, UpdatePhase::kActorForward);
    const Policy next = Act(next_observations, draws.next_noise);
    EnterPhase(clock_, UpdatePhase::kTargetCritics);
    const at::Tensor input =
        options_.continuous
            ? at::cat({next_observations, next.gaussian.action}, 1)
            : next_observations;
    const at::Tensor target_q =
        CriticForward(options_, targets_.tensors(), input);
    const at::Tensor lowest = at::amin(Subset(target_q, draws), 0);
    const at::Tensor value =
        options_.continuous ? lowest - alpha * next.logp
                            : (next.pi * (lowest - alpha * next.log_pi)).sum(1);
    const at::Tensor rewards = View(batch.rewards, {b}, dtype_);
    const at::Tensor discounts = View(batch.discounts, {b}, dtype_);
    const at::Tensor running = 1 - View(batch.terminated, {b}, dtype_);
    const at::Tensor y = at::addcmul(rewards, running * discounts, value);
    if (trace_ != nullptr) {
      TracePolicy("next/", next);
      Record("target_q", target_q, trace_);
      Record("v_next", value, trace_);
      Record("y", y, trace_);
    }
    return y;
  }

  at::Tensor Subset(const at::Tensor& target_q, const SacDraws& draws) const {
    if (options_.target_subset == 0) return target_q;
    const int64_t m = static_cast<int64_t>(draws.subset.size());
    return target_q.index_select(0, View(draws.subset, {m}, at::kLong));
  }

  void StepCritics(const SacBatch& batch, const at::Tensor& y) {
    EnterPhase(clock_, UpdatePhase::kCriticForward);
    const int64_t b = batch.size;
    at::Tensor q = CriticForward(options_, critics_.tensors(), critic_input_);
    if (!options_.continuous) {
      const at::Tensor index =
          View(batch.discrete_actions, {1, b, 1}, at::kLong)
              .expand({options_.num_critics, b, 1});
      q = q.gather(2, index).squeeze(2);
    }
    const at::Tensor error = q - y;
    at::Tensor squares = error.square();
    if (!batch.weights.empty()) {
      squares = squares * View(batch.weights, {b}, dtype_);
    }
    const at::Tensor loss = squares.sum() * (0.5 / static_cast<double>(b));
    EnterPhase(clock_, UpdatePhase::kCriticBackward);
    loss.backward({}, std::nullopt, false, critics_.tensors());
    EnterPhase(clock_, UpdatePhase::kOther);
    if (trace_ != nullptr) {
      Record("q", q, trace_);
      Record("priority", error.abs().mean(0) + options_.priority_epsilon,
             trace_);
      critics_.TraceGradients(trace_);
    }
    if (statistics_ != nullptr) {
      statistics_->critic_loss = Item(loss);
      statistics_->q_mean = Item(q.mean());
      statistics_->td_abs_mean = Item(error.abs().mean());
      statistics_->critic_gradient_norm = critics_.GradientNorm();
    }
    EnterPhase(clock_, UpdatePhase::kCriticStep);
    critics_.AdamStep(options_, options_.critic_learning_rate,
                      counters_.updates);
  }

  at::Tensor Aggregate(const at::Tensor& q) const {
    return options_.actor_aggregate == SacOptions::Aggregate::kMin
               ? std::get<0>(q.min(0))
               : q.mean(0);
  }

  void StepActor(const Policy& pi, const at::Tensor& alpha) {
    EnterPhase(clock_, UpdatePhase::kActorCriticPass);
    at::Tensor q, loss;
    if (options_.continuous) {
      q = CriticForward(options_, critics_.frozen(),
                        at::cat({observations_, pi.gaussian.action}, 1));
      loss = (alpha * pi.logp - Aggregate(q)).mean();
    } else {
      q = CriticForward(options_, critics_.frozen(), observations_);
      loss = (pi.pi * (alpha * pi.log_pi - Aggregate(q))).sum(1).mean();
    }
    // Autograd goes back through critics and actor in one.
    EnterPhase(clock_, UpdatePhase::kActorBackward);
    loss.backward({}, std::nullopt, false, actor_.tensors());
    EnterPhase(clock_, UpdatePhase::kOther);
    if (trace_ != nullptr) {
      Record("q_pi", q, trace_);
      actor_.TraceGradients(trace_);
    }
    if (statistics_ != nullptr) {
      statistics_->actor_loss = Item(loss);
      statistics_->actor_gradient_norm = actor_.GradientNorm();
    }
    EnterPhase(clock_, UpdatePhase::kActorStep);
    actor_.AdamStep(options_, options_.actor_learning_rate,
                    ++counters_.actor_steps);
  }

  void MeasurePolicy(const Policy& pi) {
    c10::NoGradGuard no_grad;
    statistics_->entropy = -Item(pi.logp.mean());
    if (!options_.continuous) return;
    const at::Tensor& action = pi.gaussian.action;
    statistics_->action_std_mean =
        Item(action.std(/*dim=*/0, /*unbiased=*/false).mean());
    statistics_->saturated_fraction =
        Item((action.abs() > kSaturation).to(dtype_).mean());
  }

  void TracePolicy(const std::string& prefix, const Policy& policy) {
    if (options_.continuous) {
      Record(prefix + "mean", policy.gaussian.mean, trace_);
      Record(prefix + "log_std", policy.gaussian.log_std, trace_);
      Record(prefix + "u", policy.gaussian.u, trace_);
      Record(prefix + "action", policy.gaussian.action, trace_);
      Record(prefix + "logp", policy.logp, trace_);
    } else {
      Record(prefix + "log_pi", policy.log_pi, trace_);
      Record(prefix + "pi", policy.pi, trace_);
    }
  }

  void ListState() {
    actor_.AppendState("param/", &state_);
    critics_.AppendState("param/", &state_);
    targets_.AppendState("target/", &state_);
    std::vector<SacStateView> temperature;
    temperature_.AppendState("", &temperature);
    temperature[1].name = "log_alpha.adam_m";
    temperature[2].name = "log_alpha.adam_v";
    state_.insert(state_.end(), temperature.begin(), temperature.end());
    AppendStateView("alpha_used", {1}, alpha_used_, 0, &state_);
  }

  const SacOptions options_;
  const at::ScalarType dtype_;
  ParameterGroup actor_, critics_, targets_, temperature_;
  at::Tensor alpha_used_;  // [1]
  SacCounters counters_;
  std::vector<SacStateView> state_;
  PhaseClock* clock_ = nullptr;

  // Of the update in progress.
  at::Tensor observations_, critic_input_;
  SacStatistics* statistics_ = nullptr;
  SacTrace* trace_ = nullptr;
};

ReferenceUpdate::ReferenceUpdate(const SacOptions& options)
    : impl_(std::make_unique<Impl>(options)) {}
ReferenceUpdate::~ReferenceUpdate() = default;

void ReferenceUpdate::Update(const SacBatch& batch, const SacDraws& draws,
                             SacStatistics* statistics, SacTrace* trace) {
  if (statistics != nullptr) *statistics = {};
  impl_->Update(batch, draws, statistics, trace);
}

const std::vector<SacStateView>& ReferenceUpdate::State() {
  return impl_->state();
}

SacCounters& ReferenceUpdate::counters() { return impl_->counters(); }

bool ReferenceUpdate::MarkPhases(PhaseClock* clock) {
  impl_->MarkPhases(clock);
  return true;
}

}  // namespace softfleet
