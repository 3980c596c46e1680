// SPDX-License-Identifier: Apache-2.0
// The readers of a shard's rows. Each has a cursor and at most one message on
// the way, no queue: a slow one costs nobody anything, and when its rows are
// overwritten it is told how many. Lives on an executor of its own; streams
// are known by numbers.
#ifndef SOFTFLEET_REPLAY_SERVER_FOLLOWERS_H_
#define SOFTFLEET_REPLAY_SERVER_FOLLOWERS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "replay_server/shard.h"
#include "softfleet/v1/replay.pb.h"

namespace softfleet {

class FollowPeer {
 public:
  virtual ~FollowPeer() = default;
  // One at a time: Followers::Written says when it is through.
  virtual void Write(v1::FollowReply reply) = 0;
  // The last call; never while a Write is on the way.
  virtual void Finish(const absl::Status& status) = 0;
};

class Followers {
 public:
  // `shard` and `metrics` outlive the followers.
  Followers(Shard& shard, ReplayServerMetrics& metrics);

  // The first reply goes out at once, with rows or without. An unattached
  // shard answers UNAVAILABLE; FAILED_PRECONDITION: another run or wire
  // format; OUT_OF_RANGE: a position beyond the next row.
  void Opened(uint64_t stream, FollowPeer* peer,
              const v1::FollowRequest& request);
  void Written(uint64_t stream, bool ok);
  void Cancelled(uint64_t stream);
  // Rows were stored: sends to those who wait for some.
  void RowsArrived();
  // Brings the metrics up to date.
  void Tick();
  // Ends every stream when it has all rows there are. A reader that does not
  // read is left to the server's deadline.
  void Drain();

  // Thread-safe.
  size_t count() const { return count_; }

 private:
  struct Follower {
    FollowPeer* peer = nullptr;
    std::shared_ptr<const Binding> binding;
    std::string name;
    uint64_t cursor = 0;
    bool greeted = false;
    bool writing = false;
    bool gone = false;  // a Write on the way may still succeed
  };

  absl::StatusOr<uint64_t> Begin(const v1::FollowRequest& request,
                                 const Binding* binding) const;
  void Send(uint64_t stream);
  void Finish(uint64_t stream, const absl::Status& status);

  Shard& shard_;
  ReplayServerMetrics& metrics_;
  std::map<uint64_t, Follower> followers_;
  std::atomic<size_t> count_ = 0;
  bool draining_ = false;
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_SERVER_FOLLOWERS_H_
