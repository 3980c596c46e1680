// SPDX-License-Identifier: Apache-2.0
#include "sac/sac_checks.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace softfleet {
namespace {

absl::Status CheckPositive(absl::string_view name, int64_t value) {
  if (value >= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is ", value, ", must be at least 1"));
}

absl::Status CheckSize(absl::string_view name, size_t size, int64_t wanted) {
  if (static_cast<int64_t>(size) == wanted) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      name, " has ", size, " elements, the update needs ", wanted));
}

}  // namespace

absl::Status ValidateSacOptions(const SacOptions& options) {
  SF_RETURN_IF_ERROR(CheckPositive("observation_dim", options.observation_dim));
  SF_RETURN_IF_ERROR(CheckPositive("action_dim", options.action_dim));
  SF_RETURN_IF_ERROR(CheckPositive("num_critics", options.num_critics));
  SF_RETURN_IF_ERROR(CheckPositive("policy_delay", options.policy_delay));
  SF_RETURN_IF_ERROR(CheckPositive("threads", options.threads));
  for (int64_t width : options.actor_hidden) {
    SF_RETURN_IF_ERROR(CheckPositive("actor_hidden", width));
  }
  for (int64_t width : options.critic_hidden) {
    SF_RETURN_IF_ERROR(CheckPositive("critic_hidden", width));
  }
  if (std::max(options.actor_hidden.size(), options.critic_hidden.size()) >=
      kMostHiddenLayers + 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "at most ", kMostHiddenLayers, " hidden layers are supported"));
  }
  if (options.target_subset < 0 ||
      options.target_subset > options.num_critics) {
    return absl::InvalidArgumentError(absl::StrCat(
        "target_subset is ", options.target_subset,
        ", must be between 0 and num_critics = ", options.num_critics));
  }
  if (!(options.log_std_min < options.log_std_max)) {
    return absl::InvalidArgumentError(
        absl::StrCat("log_std_min = ", options.log_std_min,
                     " is not below log_std_max = ", options.log_std_max));
  }
  if (!(options.alpha_init > 0) || !std::isfinite(options.alpha_init)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "alpha_init is ", options.alpha_init, ", must be positive"));
  }
  if (options.engine == SacOptions::Engine::kReference &&
      options.precision == SacOptions::Precision::kBFloat16) {
    return absl::InvalidArgumentError(
        "precision bf16 needs engine fused: the reference has none");
  }
  if (!std::isfinite(options.target_entropy) ||
      !std::isfinite(options.log_volume)) {
    return absl::InvalidArgumentError(
        "target_entropy and log_volume must be finite");
  }
  return absl::OkStatus();
}

absl::Status CheckSacBatch(const SacOptions& options, int64_t updates,
                           const SacBatch& batch, const SacDraws& draws) {
  const int64_t b = batch.size;
  SF_RETURN_IF_ERROR(CheckPositive("batch size", b));
  const int64_t observations = b * options.observation_dim;
  SF_RETURN_IF_ERROR(
      CheckSize("observations", batch.observations.size(), observations));
  SF_RETURN_IF_ERROR(CheckSize("next_observations",
                               batch.next_observations.size(), observations));
  SF_RETURN_IF_ERROR(CheckSize("rewards", batch.rewards.size(), b));
  SF_RETURN_IF_ERROR(CheckSize("discounts", batch.discounts.size(), b));
  SF_RETURN_IF_ERROR(CheckSize("terminated", batch.terminated.size(), b));
  if (!batch.weights.empty()) {
    SF_RETURN_IF_ERROR(CheckSize("weights", batch.weights.size(), b));
  }
  if (options.continuous) {
    const int64_t actions = b * options.action_dim;
    SF_RETURN_IF_ERROR(CheckSize("actions", batch.actions.size(), actions));
    SF_RETURN_IF_ERROR(
        CheckSize("next_noise", draws.next_noise.size(), actions));
    const bool acts = (updates + 1) % options.policy_delay == 0;
    if (acts)
      SF_RETURN_IF_ERROR(CheckSize("noise", draws.noise.size(), actions));
  } else {
    SF_RETURN_IF_ERROR(
        CheckSize("discrete_actions", batch.discrete_actions.size(), b));
    for (int64_t action : batch.discrete_actions) {
      if (action < 0 || action >= options.action_dim) {
        return absl::InvalidArgumentError(
            absl::StrCat("discrete action ", action, " is outside [0, ",
                         options.action_dim, ")"));
      }
    }
  }
  SF_RETURN_IF_ERROR(
      CheckSize("subset", draws.subset.size(), options.target_subset));
  for (int64_t critic : draws.subset) {
    if (critic < 0 || critic >= options.num_critics) {
      return absl::InvalidArgumentError(absl::StrCat(
          "subset names critic ", critic, " of ", options.num_critics));
    }
  }
  return absl::OkStatus();
}

}  // namespace softfleet
