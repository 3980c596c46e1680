// SPDX-License-Identifier: Apache-2.0
// One ReportProgress stream, handed on to the learner line. Owned by gRPC
// until OnDone; replay_server/insert_reactor.h says why that is safe.
#ifndef SOFTFLEET_REPLAY_SERVER_PROGRESS_REACTOR_H_
#define SOFTFLEET_REPLAY_SERVER_PROGRESS_REACTOR_H_

#include <grpcpp/support/server_callback.h>

#include <cstdint>

#include "replay_server/learner_line.h"
#include "replay_server/serial_executor.h"
#include "replay_server/stream_count.h"
#include "transport/status.h"

namespace softfleet {

class ProgressReactor final
    : public grpc::ServerReadReactor<v1::ProgressUpdate>,
      public ProgressPeer {
 public:
  // All outlive the stream.
  static ProgressReactor* Start(StreamCount* streams, SerialExecutor* executor,
                                LearnerLine* line, uint64_t stream) {
    auto* const reactor = new ProgressReactor(streams, executor, line, stream);
    streams->Add();
    executor->Post([line, stream, reactor] { line->Opened(stream, reactor); });
    reactor->StartRead(&reactor->update_);
    return reactor;
  }

  void Finish(const absl::Status& status) override {
    ServerReadReactor::Finish(ToGrpcStatus(status));
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      End();
      return;
    }
    executor_->Post([line = line_, stream = stream_, update = update_] {
      line->Arrived(stream, update);
    });
    StartRead(&update_);
  }
  void OnCancel() override { End(); }
  void OnDone() override {
    StreamCount* const streams = streams_;
    delete this;
    streams->Remove();
  }

 private:
  ProgressReactor(StreamCount* streams, SerialExecutor* executor,
                  LearnerLine* line, uint64_t stream)
      : streams_(streams), executor_(executor), line_(line), stream_(stream) {}

  void End() {
    executor_->Post([line = line_, stream = stream_] { line->Ended(stream); });
  }

  StreamCount* const streams_;
  SerialExecutor* const executor_;
  LearnerLine* const line_;
  const uint64_t stream_;
  v1::ProgressUpdate update_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_SERVER_PROGRESS_REACTOR_H_
