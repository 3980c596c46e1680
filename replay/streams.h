// SPDX-License-Identifier: Apache-2.0
// The unfinished streams of a table: where each environment's last block ended
// and with what it would continue. Remembers one episode per environment, the
// one its last block belonged to. Values; thread-compatible.
#ifndef SOFTFLEET_REPLAY_STREAMS_H_
#define SOFTFLEET_REPLAY_STREAMS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "experience/step_block.h"

namespace softfleet {

struct OpenStream {
  uint64_t episode = 0;
  uint64_t next_step = 0;   // first_step of the continuation
  uint64_t closing_id = 0;  // of the last block's closing slot
  bool operator==(const OpenStream&) const = default;
};

class Streams {
 public:
  // The closing slot that `block` continues from; it may be dead by now.
  std::optional<uint64_t> Continued(const StepBlock& block) const;

  // Records that `block` was stored with its closing slot at `closing_id`.
  // `tail` is the oldest alive id: streams that closed before it can no longer
  // be continued and are forgotten now and then, so that there are never more
  // than twice as many as can be, plus a few.
  void Record(const StepBlock& block, uint64_t closing_id, uint64_t tail);

  // By environment. May hold streams with a dead closing slot.
  const std::map<uint64_t, OpenStream>& open() const { return open_; }
  void Load(std::map<uint64_t, OpenStream> open) { open_ = std::move(open); }

 private:
  void Prune(uint64_t tail);

  std::map<uint64_t, OpenStream> open_;
  size_t prune_above_ = 64;
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_STREAMS_H_
