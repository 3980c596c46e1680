// SPDX-License-Identifier: Apache-2.0
// One Insert stream: decodes and checks on gRPC's threads, hands on to the
// sequencer. Owned by gRPC from Start until OnDone.
//
// It may be touched from outside until Finish was called, and gRPC calls
// OnDone only after that: the sequencer, which alone calls Finish, therefore
// never meets a dead one.
#ifndef SOFTFLEET_REPLAY_SERVER_INSERT_REACTOR_H_
#define SOFTFLEET_REPLAY_SERVER_INSERT_REACTOR_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <memory>
#include <string>

#include "replay_server/sequencer.h"
#include "replay_server/serial_executor.h"
#include "replay_server/stream_count.h"

namespace softfleet {

class InsertReactor final
    : public grpc::ServerBidiReactor<v1::InsertRequest, v1::InsertReply>,
      public InsertPeer {
 public:
  // All outlive the stream.
  struct Target {
    StreamCount* streams;
    SerialExecutor* executor;
    Sequencer* sequencer;
    uint64_t max_batch_bytes;
  };
  static InsertReactor* Start(const Target& target, uint64_t stream,
                              grpc::CallbackServerContext* context);

  void Accept(std::shared_ptr<const Binding> binding,
              std::shared_ptr<StreamCredit> credit) override;
  void ReadOn() override;
  void Write(v1::InsertReply reply) override;
  void Finish(const absl::Status& status) override;
  void Cancel() override;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  InsertReactor(const Target& target, uint64_t stream,
                grpc::CallbackServerContext* context)
      : target_(target), stream_(stream), context_(context) {}

  void OnBatch();
  void Fail(absl::Status status, std::string reason);

  const Target target_;
  const uint64_t stream_;
  grpc::CallbackServerContext* const context_;
  std::shared_ptr<const Binding> binding_;  // from Accept on
  std::shared_ptr<StreamCredit> credit_;    // from Accept on
  v1::InsertRequest request_;
  v1::InsertReply reply_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_SERVER_INSERT_REACTOR_H_
