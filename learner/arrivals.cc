// SPDX-License-Identifier: Apache-2.0
#include "learner/arrivals.h"

#include <limits>
#include <utility>

namespace softfleet {
namespace {

template <typename Value>
double Mean(const std::deque<FinishedEpisode>& episodes, Value value) {
  if (episodes.empty()) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (const FinishedEpisode& episode : episodes) sum += value(episode);
  return sum / static_cast<double>(episodes.size());
}

}  // namespace

void Arrivals::Published(uint64_t version, int64_t updates) {
  publications_[version % kVersions] = {version, updates};
}

void Arrivals::Add(const StepBlock& block, int64_t updates) {
  const uint64_t version = block.last_policy_version;
  const Publication& known = publications_[version % kVersions];
  if (version != 0 && known.version == version) {
    lag_sum_ += static_cast<double>((updates - known.updates) * block.rows);
    lag_rows_ += block.rows;
  }
  if (block.end == EpisodeEnd::kNone) return;
  ended_.push_back({block.episode_return, block.episode_length});
  newest_.push_back(ended_.back());
  if (newest_.size() > kEpisodes) newest_.pop_front();
}

std::optional<double> Arrivals::TakePolicyLag() {
  const auto rows = static_cast<double>(std::exchange(lag_rows_, 0));
  const double sum = std::exchange(lag_sum_, 0);
  if (rows == 0) return std::nullopt;
  return sum / rows;
}

std::vector<FinishedEpisode> Arrivals::TakeEpisodes() {
  return std::exchange(ended_, {});
}

double Arrivals::mean_return() const {
  return Mean(newest_,
              [](const FinishedEpisode& e) { return e.episode_return; });
}

double Arrivals::mean_length() const {
  return Mean(newest_, [](const FinishedEpisode& e) {
    return static_cast<double>(e.length);
  });
}

}  // namespace softfleet
