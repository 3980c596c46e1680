// SPDX-License-Identifier: Apache-2.0
// What the updates of an interval looked like, for metrics.csv and the
// progress line. Only some updates are measured: reading a statistic costs a
// reduction over the batch. Values.
#ifndef SOFTFLEET_LEARNER_UPDATE_STATISTICS_H_
#define SOFTFLEET_LEARNER_UPDATE_STATISTICS_H_

#include <cstdint>
#include <map>
#include <string>

#include "sac/update.h"

namespace softfleet {

// Means over the measured updates since the last Reset.
class UpdateStatistics {
 public:
  // `statistics` of an update that moved the actor (every measured one does).
  void Add(const SacStatistics& statistics);
  void Reset() { *this = {}; }

  int64_t count() const { return count_; }
  // The field-wise mean; all NaN where nothing was measured.
  SacStatistics Mean() const;

  // Sums by name, to be saved and restored bit-exactly.
  std::map<std::string, double> Save() const;
  void Restore(const std::map<std::string, double>& saved);

 private:
  int64_t count_ = 0;
  SacStatistics sum_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_UPDATE_STATISTICS_H_
