// SPDX-License-Identifier: Apache-2.0
#include "learner/update_statistics.h"

#include <limits>

namespace softfleet {
namespace {

struct Field {
  const char* name;
  double SacStatistics::*value;
};

constexpr Field kFields[] = {
    {"alpha", &SacStatistics::alpha},
    {"entropy", &SacStatistics::entropy},
    {"critic_loss", &SacStatistics::critic_loss},
    {"actor_loss", &SacStatistics::actor_loss},
    {"alpha_loss", &SacStatistics::alpha_loss},
    {"q_mean", &SacStatistics::q_mean},
    {"td_abs_mean", &SacStatistics::td_abs_mean},
    {"action_std_mean", &SacStatistics::action_std_mean},
    {"saturated_fraction", &SacStatistics::saturated_fraction},
    {"critic_gradient_norm", &SacStatistics::critic_gradient_norm},
    {"actor_gradient_norm", &SacStatistics::actor_gradient_norm},
};

}  // namespace

void UpdateStatistics::Add(const SacStatistics& statistics) {
  ++count_;
  for (const Field& field : kFields) {
    sum_.*field.value += statistics.*field.value;
  }
}

SacStatistics UpdateStatistics::Mean() const {
  SacStatistics mean;
  for (const Field& field : kFields) {
    mean.*field.value = count_ > 0 ? sum_.*field.value / count_
                                   : std::numeric_limits<double>::quiet_NaN();
  }
  return mean;
}

std::map<std::string, double> UpdateStatistics::Save() const {
  std::map<std::string, double> saved = {
      {"count", static_cast<double>(count_)}};
  for (const Field& field : kFields) saved[field.name] = sum_.*field.value;
  return saved;
}

void UpdateStatistics::Restore(const std::map<std::string, double>& saved) {
  Reset();
  for (const auto& [name, value] : saved) {
    if (name == "count") count_ = static_cast<int64_t>(value);
    for (const Field& field : kFields) {
      if (name == field.name) sum_.*field.value = value;
    }
  }
}

}  // namespace softfleet
