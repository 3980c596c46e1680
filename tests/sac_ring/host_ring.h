// SPDX-License-Identifier: Apache-2.0
// A RowRing in this process's memory, and a team of threads that runs its
// functions as a CUDA block's threads would: together, meeting at barriers.
#ifndef SOFTFLEET_TESTS_SAC_RING_HOST_RING_H_
#define SOFTFLEET_TESTS_SAC_RING_HOST_RING_H_

#include <algorithm>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "replay/batch.h"
#include "replay/table.h"
#include "sac/ring/prioritized.h"
#include "sac/ring/ring_feed.h"
#include "sac/ring/row_ring.h"
#include "sac/ring/team.h"

namespace softfleet::testing {

// One member of a team of threads; see sac/ring/team.h.
class ThreadTeam {
 public:
  struct Shared {
    explicit Shared(uint32_t size) : values(size), barrier(size) {}
    std::vector<double> values;
    std::barrier<> barrier;
  };
  ThreadTeam(Shared& shared, uint32_t rank) : shared_(&shared), rank_(rank) {}

  uint32_t rank() const { return rank_; }
  uint32_t size() const {
    return static_cast<uint32_t>(shared_->values.size());
  }
  void Sync() const { shared_->barrier.arrive_and_wait(); }
  void Count(bool flag, uint32_t* before, uint32_t* total) const {
    double below = 0, all = 0;
    Fold(flag ? 1 : 0, [&](uint32_t member, double value) {
      if (member < rank_) below += value;
      all += value;
    });
    *before = static_cast<uint32_t>(below);
    *total = static_cast<uint32_t>(all);
  }
  double Sum(double value) const {
    double sum = 0;
    Fold(value, [&sum](uint32_t, double other) { sum += other; });
    return sum;
  }
  double Max(double value) const {
    Fold(value,
         [&value](uint32_t, double other) { value = std::max(value, other); });
    return value;
  }

 private:
  template <typename Function>
  void Fold(double value, Function function) const {
    shared_->values[rank_] = value;
    Sync();
    for (uint32_t i = 0; i < size(); ++i) function(i, shared_->values[i]);
    Sync();
  }

  Shared* shared_;
  uint32_t rank_;
};

// Runs `function` on every member of a team: of one without threads, else of
// so many threads.
template <typename Function>
void OnTeam(uint32_t size, Function function) {
  if (size == 1) return function(SoloTeam());
  ThreadTeam::Shared shared(size);
  std::vector<std::jthread> threads;
  for (uint32_t rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] { function(ThreadTeam(shared, rank)); });
  }
}

class HostRing {
 public:
  HostRing(const TableOptions& options, bool prioritized, uint32_t team_size);

  void Append(const StepBlock& block);
  // As Table's.
  std::vector<uint64_t> SampleUniform(uint64_t seed, uint64_t step,
                                      uint32_t count) const;
  TransitionBatch Gather(const std::vector<uint64_t>& ids, int n_step,
                         double gamma) const;

  // Takes a table's content over.
  void Load(const Ring& ring, const Streams& streams);

  const RowRing& ring() const { return ring_; }
  RingFeed& feed() { return feed_; }
  uint32_t team_size() const { return team_size_; }

 private:
  RingFeed feed_;
  uint32_t team_size_;
  std::vector<uint64_t> memory_, stage_;
  RowRing ring_;
};

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_SAC_RING_HOST_RING_H_
