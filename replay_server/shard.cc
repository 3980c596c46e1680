// SPDX-License-Identifier: Apache-2.0
#include "replay_server/shard.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/status.h"
#include "core/version.h"
#include "transport/codec.h"

namespace softfleet {
namespace {

// Longer ones are cut by no configuration (actor.block_rows).
constexpr int64_t kMaxBlockRows = 4096;
// Of a block beside its columns, on the wire.
constexpr uint64_t kBlockOverheadBytes = 4096;

// The serialised size of a block, a little too high.
uint64_t BlockBytes(const Schema& schema, uint64_t rows) {
  uint64_t observation = 0;
  for (const ObservationGroup& group : schema.observations) {
    observation += group.bytes();
  }
  const uint64_t action =
      schema.action.continuous()
          ? static_cast<uint64_t>(schema.action.dimension) * sizeof(float)
          : sizeof(int32_t);
  return rows * (observation + action + sizeof(float)) +
         static_cast<uint64_t>(schema.frame_stack) * observation +
         kBlockOverheadBytes;
}

absl::Status CheckSizes(const v1::AttachRequest& request, const Schema& schema,
                        uint64_t max_batch_bytes) {
  const int64_t block_rows = request.config().actor().block_rows();
  if (request.capacity_rows() < block_rows) {
    return absl::InvalidArgumentError(absl::StrCat(
        "capacity_rows is ", request.capacity_rows(),
        " for this shard, less than one block of actor.block_rows = ",
        block_rows, " rows: raise replay.capacity, or use fewer shards"));
  }
  const uint64_t bytes = BlockBytes(schema, static_cast<uint64_t>(block_rows));
  if (bytes > max_batch_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a block of actor.block_rows = ", block_rows, " rows (",
                     schema.Describe(), ") takes about ", bytes,
                     " bytes, the largest batch is ", max_batch_bytes,
                     ": lower actor.block_rows"));
  }
  return absl::OkStatus();
}

// 0 stands for "no limit".
uint64_t SmallerLimit(uint64_t a, uint64_t b) {
  if (a == 0 || b == 0) return std::max(a, b);
  return std::min(a, b);
}

}  // namespace

absl::Status CheckProtocol(uint32_t protocol) {
  if (protocol == v1::PROTOCOL_CURRENT) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the peer speaks wire format ", protocol, ", this program (softfleet ",
      SoftwareVersion(), ") ", static_cast<int>(v1::PROTOCOL_CURRENT),
      ": run the same version on both sides"));
}

absl::Status Binding::CheckRun(const std::string& id) const {
  if (id == run_id) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "this shard belongs to run ", run_id, ", not to run ", id,
      ": restart the shard to give it to another run (its rows are then "
      "lost), or name other shards"));
}

absl::Status Binding::CheckSchema(const Schema& other) const {
  if (other == schema) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("this shard's rows are ", schema.Describe(), ", not ",
                   other.Describe(), " (run ", run_id, ")"));
}

Shard::Shard(const Options& options, ReplayServerMetrics& metrics)
    : options_(options), metrics_(metrics), gate_(*options.clock) {
  metrics_.incarnation.Set(static_cast<double>(options.incarnation));
}

std::shared_ptr<const Binding> Shard::binding() const {
  MutexLock lock(mutex_);
  return binding_;
}

absl::Status Shard::CheckAgain(const v1::AttachRequest& request,
                               const Schema& schema) const {
  const std::shared_ptr<const Binding> bound = binding();
  SF_RETURN_IF_ERROR(bound->CheckRun(request.run_id()));
  SF_RETURN_IF_ERROR(bound->CheckSchema(schema));
  if (request.learner_incarnation() < learner_incarnation_) {
    return absl::FailedPreconditionError(
        absl::StrCat("learner incarnation ", request.learner_incarnation(),
                     " is older than ", learner_incarnation_,
                     ", which has attached: another learner of run ",
                     bound->run_id, " has taken over"));
  }
  if (request.capacity_rows() > bound->capacity_rows) {
    return absl::FailedPreconditionError(absl::StrCat(
        "this shard's table is for ", bound->capacity_rows,
        " rows, its part of replay.capacity is now ", request.capacity_rows(),
        ": restart the shard to make room (its rows are then lost), or name as "
        "many shards as before"));
  }
  return absl::OkStatus();
}

absl::Status Shard::Bind(const v1::AttachRequest& request, Schema schema) {
  const v1::ReplayConfig& replay = request.config().replay();
  TableOptions options;
  options.schema = schema;
  options.capacity_rows = request.capacity_rows();
  options.byte_budget =
      SmallerLimit(replay.byte_budget(), options_.table_bytes);
  options.expected_run_rows =
      std::max(1, request.config().actor().block_rows());
  options.max_block_rows = std::min(kMaxBlockRows, options.capacity_rows);
  options.keep_blocks = true;
  absl::StatusOr<std::unique_ptr<Table>> table = Table::Create(options);
  if (!table.ok()) {
    return Annotate(
        table.status(),
        absl::StrCat("replay.byte_budget is ", replay.byte_budget(),
                     ", this shard's --memory_limit leaves ",
                     options_.table_bytes,
                     " bytes; lower replay.capacity, add shards, or raise ",
                     options.byte_budget == options_.table_bytes
                         ? "--memory_limit"
                         : "replay.byte_budget"));
  }
  auto binding = std::make_shared<Binding>();
  binding->run_id = request.run_id();
  binding->schema = std::move(schema);
  binding->capacity_rows = options.capacity_rows;
  binding->max_block_rows = options.max_block_rows;
  binding->table = std::make_unique<GuardedTable>(*std::move(table));
  metrics_.capacity_rows.Set(static_cast<double>(options.capacity_rows));
  metrics_.attached.Set(1);
  LogInfo(absl::StrCat("attached to run ", request.run_id(), ": ",
                       options.capacity_rows, " rows of ",
                       binding->schema.Describe()));
  MutexLock lock(mutex_);
  binding_ = std::move(binding);
  return absl::OkStatus();
}

absl::Status Shard::Attach(const v1::AttachRequest& request) {
  SF_RETURN_IF_ERROR(CheckProtocol(request.protocol()));
  if (request.run_id().empty()) {
    return absl::InvalidArgumentError("run_id is empty");
  }
  SF_ASSIGN_OR_RETURN(Schema schema, DecodeSchema(request.schema()));
  SF_RETURN_IF_ERROR(CheckSizes(request, schema, options_.max_batch_bytes));
  SF_RETURN_IF_ERROR(binding() == nullptr ? Bind(request, std::move(schema))
                                          : CheckAgain(request, schema));
  learner_incarnation_ = request.learner_incarnation();
  const int64_t slack = std::max<int64_t>(1, request.config().replay().slack());
  gate_.Attach(static_cast<uint64_t>(slack),
               static_cast<uint64_t>(request.capacity_rows()));
  UpdateGate();
  return absl::OkStatus();
}

Gate::State Shard::UpdateGate() {
  uint64_t next_row = 0;
  if (const auto bound = binding(); bound != nullptr) {
    const GuardedTable::Counts counts = bound->table->counts();
    next_row = counts.next_row;
    metrics_.rows.Set(static_cast<double>(counts.rows));
    metrics_.bytes.Set(static_cast<double>(counts.bytes));
  }
  const Gate::State state = gate_.Update(next_row);
  for (size_t i = 1; i < Gate::kNumStates; ++i) {
    const absl::Duration time = gate_.time_in(static_cast<Gate::State>(i));
    if (time == shown_times_[i]) continue;
    metrics_.GateClosedSeconds(static_cast<Gate::State>(i))
        .Increment(absl::ToDoubleSeconds(time - shown_times_[i]));
    shown_times_[i] = time;
  }
  return state;
}

}  // namespace softfleet
