// SPDX-License-Identifier: Apache-2.0
// Networks of the reference update as plain functions over tensors, and the
// flat storage their parameters live in. Inside `sac` only (LibTorch types).
#ifndef SOFTFLEET_SAC_NETWORKS_H_
#define SOFTFLEET_SAC_NETWORKS_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "sac/update.h"

namespace softfleet {

// A view of `shape` into `flat` from element `offset` on.
void AppendStateView(const std::string& name, const std::vector<int64_t>& shape,
                     const at::Tensor& flat, int64_t offset,
                     std::vector<SacStateView>* views);

// The parameters of one group (the actor, or all critics) in one flat buffer,
// seen through one leaf tensor per layer. Batched over critics: a linear layer
// of N critics is weight [N, out, in], bias [N, 1, out].
class ParameterGroup {
 public:
  explicit ParameterGroup(at::ScalarType dtype) : dtype_(dtype) {}

  // Declares a tensor; `names` has one entry per part of its storage, in
  // order (the critics of a batch; mean and log_std of the actor's head), each
  // of `part_shape`.
  void Add(std::vector<std::string> names, std::vector<int64_t> part_shape,
           std::vector<int64_t> shape);
  // Allocates everything declared, zeroed; tensors become leaves that require
  // gradients if `trainable`, and then have Adam moments.
  void Allocate(bool trainable);

  // Tensors in the order they were added.
  const std::vector<at::Tensor>& tensors() const { return tensors_; }
  // The same without gradients.
  const std::vector<at::Tensor>& frozen() const { return frozen_; }
  at::Tensor& flat() { return flat_; }

  // One Adam step (bias-corrected, epsilon outside the root) from the
  // tensors' gradients, which are cleared; `step` is 1-based.
  void AdamStep(const SacOptions& options, double learning_rate, int64_t step);

  // Views of every part: `prefix` + name ("param/", "target/"), and for
  // trainable groups "adam_m/" and "adam_v/".
  void AppendState(const std::string& prefix,
                   std::vector<SacStateView>* views) const;
  // Gradients of the parts into the trace as "grad/" + name.
  void TraceGradients(SacTrace* trace) const;
  double GradientNorm() const;

 private:
  struct Slot {
    std::vector<std::string> names;
    std::vector<int64_t> part_shape;
    std::vector<int64_t> shape;
    int64_t offset = 0;
    int64_t elements = 0;
  };

  std::vector<at::Tensor> Views(const at::Tensor& flat) const;

  at::ScalarType dtype_;
  int64_t elements_ = 0;
  std::vector<Slot> slots_;
  at::Tensor flat_, first_moment_, second_moment_, adam_step_;
  std::vector<at::Tensor> tensors_, frozen_, first_moments_, second_moments_;
};

// Declare the layers of the actor / of all critics / of all target critics.
void DeclareActor(const SacOptions& options, ParameterGroup* group);
void DeclareCritics(const SacOptions& options, ParameterGroup* group);

// The actor's head outputs [B, 2 action_dim] (mean, log_std before its
// bounds) or logits [B, action_dim] at observations [B, observation_dim].
at::Tensor ActorForward(const SacOptions& options,
                        const std::vector<at::Tensor>& parameters,
                        const at::Tensor& observations);

// Q of every critic: [N, B] (continuous; input [B, observation_dim +
// action_dim]) or [N, B, action_dim] (discrete; input [B, observation_dim]).
at::Tensor CriticForward(const SacOptions& options,
                         const std::vector<at::Tensor>& parameters,
                         const at::Tensor& input);

// A reparameterised sample of tanh(N(mean, exp(log_std)^2)).
struct GaussianSample {
  at::Tensor mean, log_std, u, action;  // [B, action_dim]
  at::Tensor logp;                      // [B]
};
GaussianSample SampleGaussian(const SacOptions& options,
                              const at::Tensor& head_output,
                              const at::Tensor& noise);

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_NETWORKS_H_
