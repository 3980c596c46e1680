// SPDX-License-Identifier: Apache-2.0
// A ReplayService on a real socket that stores batches in plain lists and does
// what a test asks of it. Thread-safe.
#ifndef SOFTFLEET_TESTS_TRANSPORT_SCRIPTED_SHARD_H_
#define SOFTFLEET_TESTS_TRANSPORT_SCRIPTED_SHARD_H_

#include <grpcpp/server.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/mutex.h"
#include "softfleet/v1/replay.grpc.pb.h"

namespace softfleet {

class ScriptedShard : public v1::ReplayService::Service {
 public:
  // What it does from now on.
  struct Script {
    absl::Status refuse_hello;  // the answer to Hello, if not OK
    bool answer_hello = true;
    bool acknowledge = true;
    bool acknowledge_twice = false;
    uint64_t credit_bytes = 1 << 20;
    uint64_t max_batch_bytes = 1 << 20;
    // Cuts a stream once, after so many batches, the last unacknowledged.
    std::optional<int> cut_after;
    std::string waiting_for;
    // Blocks with these first_steps make their batch wrong.
    std::set<uint64_t> refused;
    // Bye is never answered.
    bool ignore_bye = false;
  };
  struct Session {
    // Per batch, the first_steps of its blocks; rejected batches are empty.
    std::vector<std::vector<uint64_t>> batches;
    std::set<uint64_t> rejected;        // numbers
    std::vector<v1::StepBlock> blocks;  // stored
    uint64_t rows = 0;                  // stored
    bool said_bye = false;
  };

  // Listens on a free port, or on `port`.
  explicit ScriptedShard(int port = 0);
  ~ScriptedShard() override;

  int port() const { return port_; }
  std::string address() const;

  void Change(const std::function<void(Script&)>& change);
  // Cuts every open stream.
  void CutStreams();
  // Forgets all but the first `batches` of the newest session, as after a
  // restart (blocks have one row). Cuts every stream.
  void Lose(size_t batches);

  // Waits for `predicate` over everything seen so far; false after 10 s.
  struct Seen {
    std::vector<v1::Hello> hellos;
    std::vector<std::string> order;           // sessions, as they came
    std::map<std::string, Session> sessions;  // by their bytes
    int repeated_batches = 0;                 // with numbers known already
    int gaps = 0;
    uint64_t most_unacknowledged_bytes = 0;  // of any stream
    // All blocks stored, in the order of sessions.
    std::vector<uint64_t> Stored() const;
    uint64_t StoredRows() const;
  };
  bool WaitUntil(const std::function<bool(const Seen&)>& predicate);
  Seen seen();

  grpc::Status Insert(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::InsertReply, v1::InsertRequest>* stream)
      override;

 private:
  struct Stream;
  grpc::Status Serve(Stream& stream);
  bool AnswerHello(Stream& stream, const v1::Hello& hello);
  void Store(Stream& stream, const v1::Batch& batch, uint64_t bytes)
      SF_REQUIRES(mutex_);
  void AcknowledgeAll(Stream& stream);

  Mutex mutex_;
  Condition changed_;
  Script script_ SF_GUARDED_BY(mutex_);
  Seen seen_ SF_GUARDED_BY(mutex_);
  std::set<Stream*> streams_ SF_GUARDED_BY(mutex_);
  bool stop_ SF_GUARDED_BY(mutex_) = false;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_TRANSPORT_SCRIPTED_SHARD_H_
