// SPDX-License-Identifier: Apache-2.0
#include "sac/update_work.h"

namespace softfleet {
namespace {

using Kind = MatrixProduct::Kind;

struct Layer {
  int64_t out, in;
};

std::vector<Layer> Layers(int64_t inputs, const std::vector<int64_t>& hidden,
                          int64_t outputs) {
  std::vector<Layer> layers;
  for (const int64_t width : hidden) {
    layers.push_back({width, inputs});
    inputs = width;
  }
  layers.push_back({outputs, inputs});
  return layers;
}

// Parameters of all layers.
double Parameters(const std::vector<Layer>& layers) {
  double count = 0;
  for (const Layer& layer : layers) {
    count += static_cast<double>(layer.out * (layer.in + 1));
  }
  return count;
}

// What one update of these options is made of.
class Work {
 public:
  Work(const SacOptions& options, int64_t batch)
      : batch_(batch),
        action_(options.continuous ? options.action_dim : 0),
        observation_(options.observation_dim),
        critics_(options.num_critics),
        acting_(1.0 / options.policy_delay),
        // Rows that go back through each critic.
        chosen_(options.continuous &&
                        options.actor_aggregate == SacOptions::Aggregate::kMin
                    ? 1.0
                    : critics_),
        actor_(Layers(observation_, options.actor_hidden,
                      (options.continuous ? 2 : 1) * options.action_dim)),
        critic_(Layers(observation_ + action_, options.critic_hidden,
                       options.continuous ? 1 : options.action_dim)),
        fused_(options.engine == SacOptions::Engine::kFused),
        element_bytes_(
            options.precision == SacOptions::Precision::kFloat64 ? 8 : 4) {}

  PhaseWork Of(UpdatePhase phase) {
    switch (phase) {
      case UpdatePhase::kSample:
        // Two observations, the action, and three columns: copied.
        work_.bytes += 2 * 4.0 * static_cast<double>(batch_) *
                       static_cast<double>(2 * observation_ + action_ + 3);
        break;
      case UpdatePhase::kNoise:
        work_.bytes += 2 * 4.0 * static_cast<double>(batch_ * action_);
        break;
      case UpdatePhase::kActorForward:
        Forward(actor_, acting_ + 1);
        break;
      case UpdatePhase::kTargetCritics:
      case UpdatePhase::kCriticForward:
        Forward(critic_, critics_);
        break;
      case UpdatePhase::kCriticBackward:
        Backward(critic_, critics_);
        // Parameter, two moments and target are read and written with each
        // gradient.
        if (fused_) Touch(8, critics_ * Parameters(critic_));
        break;
      case UpdatePhase::kCriticStep:
        // Parameters and targets packed; or the gradient read, and the four.
        Touch(fused_ ? 4 : 9, critics_ * Parameters(critic_));
        break;
      case UpdatePhase::kActorCriticPass:
        Forward(critic_, critics_ * acting_);
        if (action_ > 0) ActionGradient(chosen_ * acting_);
        break;
      case UpdatePhase::kActorBackward:
        Backward(actor_, acting_);
        if (fused_) Touch(6, acting_ * Parameters(actor_));
        break;
      case UpdatePhase::kActorStep:
        Touch(fused_ ? 2 : 7, acting_ * Parameters(actor_));
        break;
      case UpdatePhase::kTemperature:
      case UpdatePhase::kOther:
        break;
    }
    for (const MatrixProduct& product : work_.products) {
      work_.bytes += element_bytes_ * product.elements();
    }
    return work_;
  }

 private:
  void Touch(int times, double elements) {
    work_.bytes += times * element_bytes_ * elements;
  }
  void Add(Kind kind, int64_t n, int64_t k, double times) {
    work_.products.push_back({kind, batch_, n, k, times});
  }
  void Forward(const std::vector<Layer>& layers, double times) {
    for (const Layer& l : layers) Add(Kind::kForward, l.out, l.in, times);
  }
  void Backward(const std::vector<Layer>& layers, double times) {
    for (size_t i = 0; i < layers.size(); ++i) {
      Add(Kind::kWeightGradient, layers[i].out, layers[i].in, times);
      if (i > 0) Add(Kind::kInputGradient, layers[i].out, layers[i].in, times);
    }
  }
  // From Q to the columns of the action.
  void ActionGradient(double times) {
    for (size_t i = critic_.size() - 1; i > 0; --i) {
      Add(Kind::kInputGradient, critic_[i].out, critic_[i].in, times);
    }
    Add(Kind::kInputGradient, critic_[0].out, action_, times);
  }

  const int64_t batch_, action_, observation_;
  const double critics_, acting_, chosen_;
  const std::vector<Layer> actor_, critic_;
  const bool fused_;
  const double element_bytes_;
  PhaseWork work_;
};

}  // namespace

double MatrixProduct::flops() const {
  return 2 * times * static_cast<double>(m) * static_cast<double>(n) *
         static_cast<double>(k);
}

double MatrixProduct::elements() const {
  return times * static_cast<double>(m * n + m * k + n * k);
}

PhaseWork WorkOf(const SacOptions& options, int64_t batch, UpdatePhase phase) {
  return Work(options, batch).Of(phase);
}

}  // namespace softfleet
