// SPDX-License-Identifier: Apache-2.0
// Random tables and what their actors send: for tests that hold two of a kind
// against each other. Not thread-safe.
#ifndef SOFTFLEET_TESTS_REPLAY_RANDOM_STREAMS_H_
#define SOFTFLEET_TESTS_REPLAY_RANDOM_STREAMS_H_

#include <cstdint>
#include <vector>

#include "experience/step_block.h"
#include "replay/batch.h"
#include "replay/table.h"
#include "tests/replay/twin.h"

namespace softfleet::testing {

// Of random schema, capacity (at most 120 rows) and run length.
TableOptions RandomTableOptions(Random& random);
// One in ten each ends the episode, terminated or truncated.
EpisodeEnd RandomEnd(Random& random);

// How a case's actors cut their blocks.
struct Cutting {
  int64_t most_rows;     // per block
  int64_t most_repeats;  // blocks in a row of one environment
};

// The blocks of one to four environments, taking turns.
class RandomStreams {
 public:
  // `random` must outlive this.
  RandomStreams(const TableOptions& options, Cutting cutting, Random& random);

  StepBlock Next();

 private:
  Random& random_;
  Cutting cutting_;
  std::vector<RandomActor> actors_;
  size_t turn_ = 0;
};

// All columns but size and ids, which only a table fills.
void ExpectEqualTransitions(const TransitionBatch& actual,
                            const TransitionBatch& expected);

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_REPLAY_RANDOM_STREAMS_H_
