// SPDX-License-Identifier: Apache-2.0
#include "learner/interval_metrics.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace softfleet {

std::vector<std::string> MetricsRow::Columns() {
  return {"step",
          "updates",
          "wall_seconds",
          "steps_per_second",
          "updates_per_second",
          "episodes",
          "return_mean",
          "length_mean",
          "alpha",
          "entropy",
          "target_entropy",
          "critic_loss",
          "actor_loss",
          "alpha_loss",
          "q_mean",
          "td_abs_mean",
          "action_std_mean",
          "saturated_fraction",
          "grad_norm_critic",
          "grad_norm_actor"};
}

std::vector<double> MetricsRow::Values() const {
  return {static_cast<double>(step),
          static_cast<double>(updates),
          wall_seconds,
          steps_per_second,
          updates_per_second,
          static_cast<double>(episodes),
          return_mean,
          length_mean,
          statistics.alpha,
          statistics.entropy,
          target_entropy,
          statistics.critic_loss,
          statistics.actor_loss,
          statistics.alpha_loss,
          statistics.q_mean,
          statistics.td_abs_mean,
          statistics.action_std_mean,
          statistics.saturated_fraction,
          statistics.critic_gradient_norm,
          statistics.actor_gradient_norm};
}

void IntervalMetrics::AddEpisodes(std::span<const FinishedEpisode> episodes) {
  for (const FinishedEpisode& episode : episodes) {
    ++episodes_;
    ++interval_episodes_;
    return_sum_ += episode.episode_return;
    length_sum_ += static_cast<double>(episode.length);
  }
}

MetricsRow IntervalMetrics::Row(int64_t step, int64_t updates,
                                double wall_seconds) const {
  MetricsRow row;
  row.step = step;
  row.updates = updates;
  row.wall_seconds = wall_seconds;
  const double seconds = wall_seconds - wall_seconds_;
  if (seconds > 0) {
    row.steps_per_second = static_cast<double>(step - step_) / seconds;
    row.updates_per_second = static_cast<double>(updates - updates_) / seconds;
  }
  row.episodes = episodes_;
  if (interval_episodes_ > 0) {
    const auto count = static_cast<double>(interval_episodes_);
    row.return_mean = return_sum_ / count;
    row.length_mean = length_sum_ / count;
  }
  return row;
}

void IntervalMetrics::Start(int64_t step, int64_t updates,
                            double wall_seconds) {
  interval_episodes_ = 0;
  return_sum_ = length_sum_ = 0;
  StartRates(step, updates, wall_seconds);
}

void IntervalMetrics::StartRates(int64_t step, int64_t updates,
                                 double wall_seconds) {
  step_ = step;
  updates_ = updates;
  wall_seconds_ = wall_seconds;
}

std::string IntervalMetrics::Save() const {
  return nlohmann::json{{"episodes", episodes_},
                        {"interval_episodes", interval_episodes_},
                        {"return_sum", return_sum_},
                        {"length_sum", length_sum_}}
      .dump();
}

absl::Status IntervalMetrics::Restore(const std::string& saved) try {
  const nlohmann::json json = nlohmann::json::parse(saved);
  json.at("episodes").get_to(episodes_);
  json.at("interval_episodes").get_to(interval_episodes_);
  json.at("return_sum").get_to(return_sum_);
  json.at("length_sum").get_to(length_sum_);
  return absl::OkStatus();
} catch (const nlohmann::json::exception& error) {
  return absl::DataLossError(
      absl::StrCat("saved interval metrics: ", error.what()));
}

}  // namespace softfleet
