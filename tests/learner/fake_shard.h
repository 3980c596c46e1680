// SPDX-License-Identifier: Apache-2.0
// A replay shard as a learner sees it, in memory: rows with ids, a reader's
// cursor, restarts. Every row's reward is a number of its own, its tag.
#ifndef SOFTFLEET_TESTS_LEARNER_FAKE_SHARD_H_
#define SOFTFLEET_TESTS_LEARNER_FAKE_SHARD_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "core/philox.h"
#include "experience/schema.h"
#include "experience/shard_stream.h"

namespace softfleet {

class FakeShard : public ShardStream {
 public:
  // Tags begin at `first_tag`; floats hold them up to 2^24.
  FakeShard(const Schema& schema, uint64_t seed, int64_t first_tag);

  // `rows` rows of an environment, in an episode that goes on.
  void Append(uint64_t environment, int64_t rows);
  // The next row of that environment begins a new episode.
  void EndEpisode(uint64_t environment);

  // The process dies and loses its rows; ids begin anew somewhere.
  void Restart(bool incarnation_grows = true);
  // The reader begins again at the oldest row.
  void Rewind();
  // The oldest rows are overwritten, read or not.
  void Overwrite(int64_t rows);

  std::optional<ShardDelivery> Take() override;
  bool connected() override { return is_connected; }

  // Rows that the reader has not taken.
  int64_t Unread() const { return std::ssize(rows_) - cursor(); }
  // Tags of the rows that are there.
  std::vector<int64_t> tags() const;
  int64_t next_tag() const { return next_tag_; }

  bool is_connected = true;
  // Longest block of a delivery.
  int64_t block_rows = 8;
  // Policy version that rows appended from now on say.
  uint64_t policy_version = 0;
  // Reward of all rows, instead of their tags, where it is not 0.
  float reward = 0;

 private:
  struct Row {
    uint64_t id = 0;
    uint64_t environment = 0, episode = 0, step = 0;
    bool ends = false;
    uint64_t version = 0;
    int64_t tag = 0;
  };
  struct Stream {
    uint64_t environment = 0, episode = 0, step = 0;
  };
  int64_t cursor() const { return static_cast<int64_t>(cursor_); }
  Stream& StreamOf(uint64_t environment);
  // Rows [first, first + count) as one block.
  StepBlock Block(size_t first, size_t count) const;
  size_t RunLength(size_t first) const;

  Schema schema_;
  uint64_t first_environment_;  // every shard has environments of its own
  Philox random_;
  uint64_t incarnation_ = 1;
  uint64_t next_id_ = 0;
  int64_t next_tag_;
  std::vector<Stream> streams_;
  std::vector<Row> rows_;
  size_t cursor_ = 0;  // index into rows_
  uint64_t skipped_ = 0;
  bool greeted_ = false;  // since the last connection
};

// The tags of a block's rows.
std::vector<int64_t> Tags(const StepBlock& block);

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_LEARNER_FAKE_SHARD_H_
