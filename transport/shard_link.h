// SPDX-License-Identifier: Apache-2.0
// The learner's line to one shard: attaches it to the run, follows its rows
// from a position, and keeps telling it how far the learner is. Owned by the
// learner process.
//
// One thread attaches and follows, another sends progress. Whatever breaks is
// tried again with back-off for ever: a shard that is away costs its rows,
// never the run. A shard that refuses (another run's, another schema) is a
// mistake that problem() shows; it is tried again too, seldom, since somebody
// may put it right.
#ifndef SOFTFLEET_TRANSPORT_SHARD_LINK_H_
#define SOFTFLEET_TRANSPORT_SHARD_LINK_H_

#include <grpcpp/channel.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "experience/shard_stream.h"
#include "experience/snapshot.h"
#include "softfleet/v1/replay.pb.h"

namespace softfleet {

class ShardLink : public ShardStream {
 public:
  // Deliveries kept for Take; further ones wait at the shard.
  static constexpr size_t kKeptDeliveries = 4;

  struct Options {
    std::string address;  // for messages
    v1::AttachRequest attach;
    Schema schema;
    // Where to begin; all zero: at the oldest row there is.
    Position position;
    // Called from the link's thread when a delivery, or a change of state, is
    // there; may be empty.
    std::function<void()> on_arrival;
  };
  ShardLink(std::shared_ptr<grpc::Channel> channel, Options options);
  ~ShardLink() override;

  std::optional<ShardDelivery> Take() override;
  bool connected() override;

  // What the shard is told next; only the newest is sent. `update.position`
  // must belong to the other numbers, or the shard admits the same allowance
  // twice; where it is unset, it is the position behind the last delivery
  // taken.
  void SetProgress(const v1::ProgressUpdate& update);

  struct State {
    bool attached = false;
    uint64_t incarnation = 0;
    uint64_t live_sessions = 0;
    std::string problem;  // why not attached, for people
  };
  State state() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_TRANSPORT_SHARD_LINK_H_
