// SPDX-License-Identifier: Apache-2.0
#include "replay_server/replay_service.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "core/version.h"
#include "replay_server/follow_reactor.h"
#include "replay_server/insert_reactor.h"
#include "replay_server/progress_reactor.h"
#include "transport/channel.h"
#include "transport/status.h"

namespace softfleet {
namespace {

// Part of the memory limit that batches may take while they wait.
constexpr uint64_t kQueueShare = 8;

void FitIntoMemory(ReplayService::Options* options) {
  if (options->memory_limit == 0) return;
  options->sequencer.budget_bytes = std::min(
      options->sequencer.budget_bytes, options->memory_limit / kQueueShare);
}

Shard::Options ShardOptions(const ReplayService::Options& options) {
  Shard::Options shard;
  shard.incarnation = options.incarnation;
  shard.max_batch_bytes = options.sequencer.max_batch_bytes;
  shard.clock = options.clock;
  if (options.memory_limit > 0) {
    shard.table_bytes = options.memory_limit - options.sequencer.budget_bytes;
  }
  return shard;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ReplayService>> ReplayService::Create(
    Options options, MetricRegistry& registry) {
  FitIntoMemory(&options);
  options.sequencer.message_bytes = kMaxMessageBytes;
  if (options.sequencer.budget_bytes <
      options.sequencer.smallest_credit_bytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--memory_limit of ", options.memory_limit, " bytes is too small: ",
        kQueueShare * options.sequencer.smallest_credit_bytes,
        " is the least"));
  }
  SF_RETURN_IF_ERROR(options.sequencer.Validate());
  return absl::WrapUnique(new ReplayService(std::move(options), registry));
}

Sequencer::Options ReplayService::SequencerOptions() {
  Sequencer::Options options = options_.sequencer;
  options.clock = options_.clock;
  options.on_rows = [this] { WakeFollowers(); };
  return options;
}

ReplayService::ReplayService(Options options, MetricRegistry& registry)
    : options_(std::move(options)),
      started_(options_.clock->Monotonic()),
      metrics_(registry),
      shard_(ShardOptions(options_), metrics_),
      followers_(shard_, metrics_),
      sequencer_(SequencerOptions(), shard_, metrics_),
      learner_line_(shard_, *options_.clock),
      follow_executor_({.name = "follow",
                        .work = nullptr,
                        .tick = [this] { followers_.Tick(); }}),
      executor_({.name = "sequencer",
                 .work = [this] { return sequencer_.ApplyOne(); },
                 .tick =
                     [this] {
                       sequencer_.Tick();
                       learner_line_.Tick();
                     }}) {}

void ReplayService::WakeFollowers() {
  if (followers_woken_.exchange(true)) return;
  follow_executor_.Post([this] {
    followers_woken_ = false;
    followers_.RowsArrived();
  });
}

bool ReplayService::Drain(absl::Duration grace) {
  executor_.Post([this] {
    sequencer_.Drain();
    learner_line_.Drain();
    // Not before: nothing is stored from here on.
    follow_executor_.Post([this] { followers_.Drain(); });
  });
  return streams_.AwaitNone(grace);
}

absl::Status ReplayService::DoAttach(const v1::AttachRequest& request,
                                     v1::AttachReply* reply) {
  SF_RETURN_IF_ERROR(shard_.Attach(request));
  learner_line_.Attached();
  const GuardedTable::Counts counts = shard_.binding()->table->counts();
  reply->set_incarnation(options_.incarnation);
  reply->set_next_id(counts.next_row);
  reply->set_lowest_id(counts.first_readable);
  reply->set_live_sessions(sequencer_.live_sessions());
  reply->set_software_version(std::string(SoftwareVersion()));
  options_.on_attached();
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ReplayService::Attach(
    grpc::CallbackServerContext* context, const v1::AttachRequest* request,
    v1::AttachReply* reply) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  executor_.Post([this, reactor, request, reply] {
    reactor->Finish(ToGrpcStatus(DoAttach(*request, reply)));
  });
  return reactor;
}

grpc::ServerReadReactor<v1::ProgressUpdate>* ReplayService::ReportProgress(
    grpc::CallbackServerContext*, v1::ProgressSummary*) {
  return ProgressReactor::Start(&streams_, &executor_, &learner_line_,
                                next_stream_++);
}

grpc::ServerBidiReactor<v1::InsertRequest, v1::InsertReply>*
ReplayService::Insert(grpc::CallbackServerContext* context) {
  return InsertReactor::Start(
      {&streams_, &executor_, &sequencer_, options_.sequencer.max_batch_bytes},
      next_stream_++, context);
}

grpc::ServerWriteReactor<v1::FollowReply>* ReplayService::Follow(
    grpc::CallbackServerContext*, const v1::FollowRequest* request) {
  return FollowReactor::Start(&streams_, &follow_executor_, &followers_,
                              next_stream_++, *request);
}

void ReplayService::DoInfo(v1::ReplayInfoReply* reply) {
  reply->set_software_version(std::string(SoftwareVersion()));
  reply->set_incarnation(options_.incarnation);
  reply->set_queued_bytes(sequencer_.queued_bytes());
  reply->set_live_sessions(sequencer_.live_sessions());
  reply->set_followers(followers_.count());
  reply->set_gate_closed_for(std::string(Gate::Name(shard_.UpdateGate())));
  reply->set_uptime_seconds(
      absl::ToDoubleSeconds(options_.clock->Monotonic() - started_));
  const std::shared_ptr<const Binding> binding = shard_.binding();
  if (binding == nullptr) return;
  const GuardedTable::Counts counts = binding->table->counts();
  reply->set_run_id(binding->run_id);
  reply->set_rows_appended(counts.next_row);
  reply->set_rows(counts.rows);
  reply->set_capacity_rows(static_cast<uint64_t>(binding->capacity_rows));
  reply->set_bytes(counts.bytes);
  reply->set_next_id(counts.next_row);
}

grpc::ServerUnaryReactor* ReplayService::Info(
    grpc::CallbackServerContext* context, const v1::ReplayInfoRequest*,
    v1::ReplayInfoReply* reply) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  executor_.Post([this, reactor, reply] {
    DoInfo(reply);
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

}  // namespace softfleet
