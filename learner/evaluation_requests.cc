// SPDX-License-Identifier: Apache-2.0
#include "learner/evaluation_requests.h"

#include <algorithm>
#include <utility>

namespace softfleet {

void EvaluationRequests::Drop(size_t index) {
  entries_.erase(entries_.begin() + static_cast<ptrdiff_t>(index));
  ++skipped_;
}

void EvaluationRequests::Request(std::shared_ptr<const Parameters> parameters,
                                 uint64_t version, bool final) {
  if (!entries_.empty() && entries_.back().final) return;
  if (!entries_.empty() && !entries_.back().fetched) Drop(entries_.size() - 1);
  while (entries_.size() >= kFetched) Drop(0);
  entries_.push_back({std::move(parameters), version, final, false});
}

bool EvaluationRequests::Waits(uint64_t have) const {
  return !entries_.empty() && entries_.back().version > have;
}

std::shared_ptr<const Parameters> EvaluationRequests::Fetch(uint64_t have) {
  if (!Waits(have)) return nullptr;
  entries_.back().fetched = true;
  return entries_.back().parameters;
}

std::shared_ptr<const Parameters> EvaluationRequests::Finish(uint64_t version) {
  const auto found = std::find_if(
      entries_.begin(), entries_.end(),
      [version](const Entry& entry) { return entry.version == version; });
  if (found == entries_.end()) return nullptr;
  std::shared_ptr<const Parameters> parameters = std::move(found->parameters);
  skipped_ += found - entries_.begin();
  entries_.erase(entries_.begin(), found + 1);
  return parameters;
}

}  // namespace softfleet
