// SPDX-License-Identifier: Apache-2.0
// An example of an audit record, for tests. Thread-safe.
#ifndef SOFTFLEET_TESTS_RUN_AUDIT_TESTING_H_
#define SOFTFLEET_TESTS_RUN_AUDIT_TESTING_H_

#include "run/audit_record.h"

namespace softfleet::testing {

// A record in which every field has another value.
inline AuditRecord ExampleRecord() {
  AuditRecord record;
  record.run_id = "0123456789abcdef";
  record.step = 5000;
  record.updates = 4900;
  record.panel_hash = "00000000000000ff";
  record.config_hash = "fedcba9876543210";
  record.panel_starts = 100;
  record.reward_scale = 0.5;
  record.alpha = 0.1;
  record.target_entropy = -2;
  record.entropy = -1.75;
  record.action_mean = {0.25, -0.125};
  record.action_std = {0.3, 0.7};
  record.clipped_fraction = 0.0625;
  record.saturated_fraction = 0.03125;
  record.deterministic = {-150.5, 75.25, 0.98, 24.5};
  record.stochastic = {-155.5, 76.25, 0.97, 29.5};
  record.version = (uint64_t{3} << 32) + 12;
  record.reward_components = {{"forward", 10.5}, {"ctrl", -1.5}};
  return record;
}

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_RUN_AUDIT_TESTING_H_
