// SPDX-License-Identifier: Apache-2.0
#include "replay_server/followers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/plural.h"
#include "core/status.h"
#include "transport/channel.h"
#include "transport/codec.h"

namespace softfleet {
namespace {

// Room for what a reply says beside its blocks.
constexpr size_t kReplyOverheadBytes = 1024;

v1::FollowReply Encode(const BlockRead& read, uint64_t incarnation) {
  v1::FollowReply reply;
  reply.set_incarnation(incarnation);
  uint64_t row = read.first_row;
  for (const StepBlock& block : read.blocks) {
    row += static_cast<uint64_t>(block.rows);
    v1::FollowedBlock& followed = *reply.add_blocks();
    EncodeStepBlock(block, followed.mutable_block());
    followed.set_next_id(row);
  }
  EncodePosition({incarnation, read.next_row}, reply.mutable_position());
  reply.set_skipped_rows(read.skipped_rows);
  return reply;
}

}  // namespace

Followers::Followers(Shard& shard, ReplayServerMetrics& metrics)
    : shard_(shard), metrics_(metrics) {}

absl::StatusOr<uint64_t> Followers::Begin(const v1::FollowRequest& request,
                                          const Binding* binding) const {
  SF_RETURN_IF_ERROR(CheckProtocol(request.protocol()));
  if (binding == nullptr) {
    return absl::UnavailableError(
        "no learner has attached this shard to a run yet");
  }
  SF_RETURN_IF_ERROR(binding->CheckRun(request.run_id()));
  const Position position = DecodePosition(request.position());
  const GuardedTable::Counts counts = binding->table->counts();
  if (position == Position()) return counts.first_readable;
  // Rows of this start are numbered from 0.
  if (position.incarnation != shard_.incarnation()) return 0;
  if (position.next_id <= counts.next_row) return position.next_id;
  return absl::OutOfRangeError(
      absl::StrCat("position ", position.next_id,
                   " is beyond this shard's next row, ", counts.next_row));
}

void Followers::Opened(uint64_t stream, FollowPeer* peer,
                       const v1::FollowRequest& request) {
  Follower& follower = followers_[stream];
  count_ = followers_.size();
  follower.peer = peer;
  follower.binding = shard_.binding();
  follower.name = absl::CHexEscape(request.follower().substr(0, 60));
  const absl::StatusOr<uint64_t> begin =
      draining_ ? absl::UnavailableError("this shard is stopping")
                : Begin(request, follower.binding.get());
  if (!begin.ok()) {
    Finish(stream, begin.status());
    return;
  }
  follower.cursor = *begin;
  LogInfo(absl::StrCat(follower.name, " follows from row ", *begin, " on"));
  Send(stream);
}

void Followers::Send(uint64_t stream) {
  Follower& follower = followers_.at(stream);
  if (follower.writing) return;
  const absl::StatusOr<BlockRead> read = follower.binding->table->Read(
      follower.cursor, kChunkBytes - kReplyOverheadBytes);
  if (!read.ok()) {
    Finish(stream, read.status());
    return;
  }
  if (draining_ && read->blocks.empty()) {
    Finish(stream, absl::UnavailableError("this shard is stopping"));
    return;
  }
  if (follower.greeted && read->blocks.empty()) return;
  v1::FollowReply reply = Encode(*read, shard_.incarnation());
  reply.set_head(follower.binding->table->counts().next_row);
  if (read->skipped_rows > 0) {
    LogWarning(absl::StrCat(
        follower.name, " was overtaken: ", Counted(read->skipped_rows, "row"),
        " overwritten before they were sent"));
  }
  follower.greeted = true;
  follower.writing = true;
  follower.cursor = read->next_row;
  metrics_.followed_rows.Increment(
      static_cast<double>(read->next_row - read->first_row));
  follower.peer->Write(std::move(reply));
}

void Followers::Written(uint64_t stream, bool ok) {
  const auto found = followers_.find(stream);
  if (found == followers_.end()) return;
  found->second.writing = false;
  if (ok && !found->second.gone) {
    Send(stream);
  } else {
    Finish(stream, absl::CancelledError("the reader is gone"));
  }
}

void Followers::Cancelled(uint64_t stream) {
  const auto found = followers_.find(stream);
  if (found == followers_.end()) return;
  found->second.gone = true;
  if (!found->second.writing) {
    Finish(stream, absl::CancelledError("the reader is gone"));
  }
}

void Followers::Finish(uint64_t stream, const absl::Status& status) {
  const auto found = followers_.find(stream);
  FollowPeer* const peer = found->second.peer;
  LogInfo(absl::StrCat(found->second.name,
                       " follows no longer: ", status.message()));
  followers_.erase(found);
  count_ = followers_.size();
  peer->Finish(status);
}

void Followers::RowsArrived() {
  std::vector<uint64_t> waiting;
  for (const auto& [id, follower] : followers_) {
    if (!follower.writing) waiting.push_back(id);
  }
  for (const uint64_t id : waiting) Send(id);
}

void Followers::Tick() {
  uint64_t lag = 0;
  for (const auto& [id, follower] : followers_) {
    const uint64_t next_row = follower.binding->table->counts().next_row;
    lag = std::max(lag, next_row - follower.cursor);
  }
  metrics_.follower_lag_rows.Set(static_cast<double>(lag));
  metrics_.followers.Set(static_cast<double>(followers_.size()));
}

void Followers::Drain() {
  draining_ = true;
  RowsArrived();
}

}  // namespace softfleet
