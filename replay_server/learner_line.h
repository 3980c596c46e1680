// SPDX-License-Identifier: Apache-2.0
// The learner's progress streams: the newest one drives the shard's gate.
// Lives on the sequencer's executor; streams are known by numbers (never 0).
//
//  1. A stream counts from its first valid message on, and ends the one that
//     counted before with ABORTED.
//  2. A message of another run, of an incarnation that is not the one that has
//     attached, or before Attach, ends its stream with FAILED_PRECONDITION.
//  3. A stream that has been silent for `silence` is ended: a learner repeats
//     itself more often than that, so it hangs or its machine is gone.
#ifndef SOFTFLEET_REPLAY_SERVER_LEARNER_LINE_H_
#define SOFTFLEET_REPLAY_SERVER_LEARNER_LINE_H_

#include <cstdint>
#include <map>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "replay_server/shard.h"
#include "softfleet/v1/replay.pb.h"

namespace softfleet {

class ProgressPeer {
 public:
  virtual ~ProgressPeer() = default;
  // The last call.
  virtual void Finish(const absl::Status& status) = 0;
};

class LearnerLine {
 public:
  static constexpr absl::Duration kSilence = absl::Seconds(30);

  // `shard` outlives the line.
  LearnerLine(Shard& shard, Clock& clock, absl::Duration silence = kSilence)
      : shard_(shard), clock_(clock), silence_(silence) {}

  void Opened(uint64_t stream, ProgressPeer* peer);
  void Arrived(uint64_t stream, const v1::ProgressUpdate& update);
  // The client has ended it, or is gone.
  void Ended(uint64_t stream);
  // A learner has attached: streams of an older one are ended.
  void Attached();
  void Tick();
  void Drain();

  bool connected() const { return current_ != 0; }

 private:
  struct Stream {
    ProgressPeer* peer = nullptr;
    absl::Duration heard;
    uint64_t learner_incarnation = 0;  // 0: nothing was heard yet
  };

  absl::Status Check(const v1::ProgressUpdate& update) const;
  void Apply(const v1::ProgressUpdate& update);
  void Finish(uint64_t stream, const absl::Status& status);

  Shard& shard_;
  Clock& clock_;
  const absl::Duration silence_;
  std::map<uint64_t, Stream> streams_;
  uint64_t current_ = 0;  // the stream that counts; 0 = none
  bool draining_ = false;
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_SERVER_LEARNER_LINE_H_
