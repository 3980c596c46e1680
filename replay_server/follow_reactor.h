// SPDX-License-Identifier: Apache-2.0
// One Follow stream, driven by the followers' executor. Owned by gRPC until
// OnDone; replay_server/insert_reactor.h says why that is safe.
#ifndef SOFTFLEET_REPLAY_SERVER_FOLLOW_REACTOR_H_
#define SOFTFLEET_REPLAY_SERVER_FOLLOW_REACTOR_H_

#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <utility>

#include "replay_server/followers.h"
#include "replay_server/serial_executor.h"
#include "replay_server/stream_count.h"
#include "transport/status.h"

namespace softfleet {

class FollowReactor final : public grpc::ServerWriteReactor<v1::FollowReply>,
                            public FollowPeer {
 public:
  // All outlive the stream.
  static FollowReactor* Start(StreamCount* streams, SerialExecutor* executor,
                              Followers* followers, uint64_t stream,
                              const v1::FollowRequest& request) {
    auto* const reactor =
        new FollowReactor(streams, executor, followers, stream);
    streams->Add();
    executor->Post([followers, stream, reactor, request] {
      followers->Opened(stream, reactor, request);
    });
    return reactor;
  }

  void Write(v1::FollowReply reply) override {
    reply_ = std::move(reply);
    StartWrite(&reply_);
  }
  void Finish(const absl::Status& status) override {
    ServerWriteReactor::Finish(ToGrpcStatus(status));
  }

  void OnWriteDone(bool ok) override {
    executor_->Post([followers = followers_, stream = stream_, ok] {
      followers->Written(stream, ok);
    });
  }
  void OnCancel() override {
    executor_->Post([followers = followers_, stream = stream_] {
      followers->Cancelled(stream);
    });
  }
  void OnDone() override {
    StreamCount* const streams = streams_;
    delete this;
    streams->Remove();
  }

 private:
  FollowReactor(StreamCount* streams, SerialExecutor* executor,
                Followers* followers, uint64_t stream)
      : streams_(streams),
        executor_(executor),
        followers_(followers),
        stream_(stream) {}

  StreamCount* const streams_;
  SerialExecutor* const executor_;
  Followers* const followers_;
  const uint64_t stream_;
  v1::FollowReply reply_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_SERVER_FOLLOW_REACTOR_H_
