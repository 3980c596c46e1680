// SPDX-License-Identifier: Apache-2.0
// One row of the audit: what one evaluation found, beside the temperature and
// the scales it was trained with. Its JSON keys and their order are a promise
// to outside readers. Values; thread-safe.
#ifndef SOFTFLEET_RUN_AUDIT_RECORD_H_
#define SOFTFLEET_RUN_AUDIT_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace softfleet {

// The returns of one action mode; standard deviation of the population.
struct AuditReturns {
  double return_mean = 0;
  double return_std = 0;
  std::optional<double> eval_success;  // share in [0, 1]; unset: no criterion
  std::optional<double> regret_mean;   // unset: no reference
  bool operator==(const AuditReturns&) const = default;
};

struct AuditRecord {
  std::string run_id;
  uint64_t step = 0;  // environment steps received
  uint64_t updates = 0;
  std::string panel_hash;   // 16 hexadecimal digits
  std::string config_hash;  // 16 hexadecimal digits
  uint64_t panel_starts = 0;
  double reward_scale = 1;
  double alpha = 0;  // the value the last update used
  double target_entropy = 0;
  // From here to saturated_fraction: over all steps of the stochastic
  // episodes, each step with equal weight. Entropy is in the space of
  // target_entropy; actions are in policy space, after tanh.
  double entropy = 0;
  std::vector<double> action_mean;
  std::vector<double> action_std;
  double clipped_fraction = 0;
  double saturated_fraction = 0;
  AuditReturns deterministic;
  AuditReturns stochastic;
  uint64_t version = 0;  // of the policy, Snapshot::version
  // Name and mean of the summed reward components of the deterministic
  // episodes: beside deterministic_return_mean, what it is made of.
  std::vector<std::pair<std::string, double>> reward_components;
  bool operator==(const AuditRecord&) const = default;
};

// A JSON array, one object per line, keys in the promised order: those of the
// struct, with the modes' fields prefixed deterministic_ and stochastic_ (mean,
// std, success, regret), then reward_<name>_mean. Numbers read back equal; an
// unset or non-finite number is null.
std::string FormatAuditJson(const std::vector<AuditRecord>& records);

// The reverse. A null is read as unset, or as NaN where the field is no
// optional. DataLoss says "source: row i: ..." what is malformed, missing, of
// the wrong type, or unknown.
absl::StatusOr<std::vector<AuditRecord>> ParseAuditJson(
    absl::string_view text, absl::string_view source);

// The same as CSV: a header and one line per record, arrays flattened to
// action_mean_0, action_mean_1, ...; null is an empty field. The columns are
// those of all records together.
std::string FormatAuditCsv(const std::vector<AuditRecord>& records);

}  // namespace softfleet

#endif  // SOFTFLEET_RUN_AUDIT_RECORD_H_
