// SPDX-License-Identifier: Apache-2.0
// The audit's keys as promised to outside readers, written down a second time:
// a name or an order that changes is a broken promise.
#ifndef SOFTFLEET_TESTS_TESTING_AUDIT_KEYS_H_
#define SOFTFLEET_TESTS_TESTING_AUDIT_KEYS_H_

#include <string>
#include <vector>

namespace softfleet::testing {

// Of a row without reward components, in their order.
inline std::vector<std::string> AuditKeys() {
  return {"run_id",
          "step",
          "updates",
          "panel_hash",
          "config_hash",
          "panel_starts",
          "reward_scale",
          "alpha",
          "target_entropy",
          "entropy",
          "action_mean",
          "action_std",
          "clipped_fraction",
          "saturated_fraction",
          "deterministic_return_mean",
          "deterministic_return_std",
          "deterministic_eval_success",
          "deterministic_regret_mean",
          "stochastic_return_mean",
          "stochastic_return_std",
          "stochastic_eval_success",
          "stochastic_regret_mean",
          "version"};
}

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_TESTING_AUDIT_KEYS_H_
