// SPDX-License-Identifier: Apache-2.0
// The brute-force twin of a replay table, and actors that feed both. The twin
// keeps every step ever appended, each with its own copy of its observations,
// and finds the next step of an episode by its number: no slots, no links, no
// eviction. Values; not thread-safe.
#ifndef SOFTFLEET_TESTS_REPLAY_TWIN_H_
#define SOFTFLEET_TESTS_REPLAY_TWIN_H_

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <span>
#include <tuple>
#include <vector>

#include "experience/step_block.h"
#include "replay/batch.h"
#include "replay/table.h"

namespace softfleet::testing {

using Random = std::mt19937_64;

// Uniform in [low, high].
int64_t Between(Random& random, int64_t low, int64_t high);
float RandomFloat(Random& random);  // [-1, 1]

// One to three groups of either dtype, either kind of action, a stack of 1 to
// 4 frames.
Schema RandomSchema(Random& random);

// One environment with random observations, actions and rewards.
class RandomActor {
 public:
  RandomActor(Schema schema, uint64_t environment, uint64_t seed);

  // The next `rows` rows of the current episode. With an `end` the next block
  // begins a new episode.
  StepBlock Next(int64_t rows, EpisodeEnd end = EpisodeEnd::kNone);

 private:
  // One byte string per group.
  using Observation = std::vector<std::vector<std::byte>>;
  Observation RandomObservation();

  Schema schema_;
  uint64_t environment_;
  Random random_;
  uint64_t episode_ = 0;
  std::vector<Observation> seen_;  // of the episode, from its first
};

class Twin {
 public:
  explicit Twin(const TableOptions& options);

  void Append(const StepBlock& block);

  uint64_t head() const { return head_; }
  uint64_t rows_appended() const { return steps_.size(); }
  std::vector<uint64_t> SampleableIds() const;  // ascending
  TransitionBatch Gather(std::span<const uint64_t> ids, int n,
                         double gamma) const;

 private:
  struct Step {
    uint64_t id;
    uint64_t environment, episode, number;
    std::vector<float> stack, next_stack;
    std::vector<float> action;  // or the index
    float reward;
    EpisodeEnd end;
  };

  std::vector<float> StackAt(const StepBlock& block, int64_t newest) const;
  const Step& StepOf(uint64_t id) const;
  const Step* After(const Step& step) const;  // nullptr: never appended

  TableOptions options_;
  uint64_t slots_;
  uint64_t head_ = 0;
  std::vector<Step> steps_;
  std::map<uint64_t, size_t> by_id_;
  std::map<std::tuple<uint64_t, uint64_t, uint64_t>, size_t> by_number_;
  std::optional<StepBlock> last_;
};

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_REPLAY_TWIN_H_
