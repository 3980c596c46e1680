// SPDX-License-Identifier: Apache-2.0
// In a cluster: brings the rows of all shards into the learner's mirror, and
// announces each of them once to the learner. Owned by the learner's driver.
//
//  1. Rows are numbered by their shard, without gaps; per shard there is a
//     position: the first row that was not received yet.
//     It is saved with a checkpoint. A row below it was received before and
//     only refills the mirror; a row at or beyond it is appended and received.
//     Shards may cut blocks elsewhere than before: what counts are numbers.
//  2. A shard that was started anew has a higher incarnation, so all it sends
//     lies beyond the position. One whose incarnation fell although it should
//     not is believed as soon as it has nothing more to send.
//  3. Deliveries are taken in turn, one of each shard. Rows that nobody wants
//     any more (Want) stay where they are; of the block that holds the last
//     wanted row only the wanted part is received, and the rest is dropped.
//  4. A row that comes again under another number, because its shard died
//     before it could acknowledge it, is known by its environment, episode and
//     step (ReceivedSteps) and left out.
//  5. Rows that a shard overwrote before it could send them are counted as
//     lost (overtaken); so are, apart, those that fail the check at the door.
//
// Not thread-safe.
#ifndef SOFTFLEET_LEARNER_MIRROR_FEED_H_
#define SOFTFLEET_LEARNER_MIRROR_FEED_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experience/interfaces.h"
#include "experience/shard_stream.h"
#include "learner/received_steps.h"
#include "replay/table.h"

namespace softfleet {

class MirrorFeed : public StepSource {
 public:
  struct Shard {
    std::string address;  // its name, for positions and messages
    ShardStream* stream = nullptr;
  };
  struct Options {
    std::vector<Shard> shards;  // streams outlive the feed
    // Told of every block that is received, before the learner; may be empty.
    std::function<void(const StepBlock&)> on_received;
    // A Poll ends after so many rows, so that whoever drives the learner is
    // never away for long: rows that it receives, and rows that it reads.
    int64_t received_per_poll = 256;
    int64_t rows_per_poll = 32768;
  };
  // `mirror` outlives the feed.
  MirrorFeed(Table& mirror, Options options);

  // Rows that Poll may hand out from now on, over all calls; none at first.
  // Of these, a Poll begins no block once it has handed out `per_poll`.
  void Want(int64_t rows,
            int64_t per_poll = std::numeric_limits<int64_t>::max()) {
    wanted_ = rows;
    wanted_per_poll_ = per_poll;
  }

  absl::StatusOr<int64_t> Poll(
      const std::function<absl::Status(const StepBlock&)>& receive) override;

  // Whether every connected shard has passed its saved position, or has sent
  // all it has. A shard that is away never holds this up.
  bool refilled() const;
  // Whether every shard is connected and has said where it is.
  bool heard_all() const;
  int connected() const;

  // The positions by address, also of shards that are not in the list any more.
  std::map<std::string, Position> positions() const;
  // Before the first Poll. Shards without a saved position begin anew.
  void Restore(const std::map<std::string, Position>& saved);

  // The steps received, to be saved with the positions and restored with them.
  ReceivedSteps& steps() { return steps_; }
  const ReceivedSteps& steps() const { return steps_; }

  // Since this feed was made. A block that is both is in both.
  int64_t refill_rows() const { return refill_rows_; }
  int64_t overtaken_rows() const { return overtaken_rows_; }  // lost
  int64_t invalid_rows() const { return invalid_rows_; }      // lost
  int64_t repeated_rows() const { return repeated_rows_; }    // left out

 private:
  struct Source {
    Shard shard;
    Position saved;     // where the checkpoint was; all zero: nowhere
    Position position;  // first row not received yet
    Position read;      // behind the last row read, received or not
    bool heard = false;
    bool caught_up = false;
    std::optional<ShardDelivery> delivery;
    size_t next = 0;  // item of `delivery`
  };
  using Receive = std::function<absl::Status(const StepBlock&)>;

  bool Enough() const;
  // Whether what comes next, and was not wanted yet, lies beyond what was
  // saved.
  static bool IsBeyond(const Source& source);
  // Takes what it can of one delivery; whether that was anything.
  absl::StatusOr<bool> Advance(Source& source, const Receive& receive);
  absl::Status TakeItem(Source& source, const ShardDelivery::Item& item,
                        const Receive& receive);
  void Begin(Source& source, ShardDelivery delivery);
  void End(Source& source);
  // Moves the position on to `after`; rows between it and `first` are lost.
  void GoTo(Source& source, const Position& first, const Position& after);

  Table* mirror_;
  Options options_;
  std::vector<Source> sources_;
  std::map<std::string, Position> elsewhere_;  // of shards not in the list
  int64_t wanted_ = 0;
  int64_t wanted_per_poll_ = 0;
  int64_t polled_ = 0;      // rows of this Poll, received or not
  int64_t handed_out_ = 0;  // rows of this Poll, received
  int64_t refill_rows_ = 0;
  int64_t overtaken_rows_ = 0;
  int64_t invalid_rows_ = 0;
  int64_t repeated_rows_ = 0;
  ReceivedSteps steps_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_MIRROR_FEED_H_
