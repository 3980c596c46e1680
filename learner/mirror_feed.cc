// SPDX-License-Identifier: Apache-2.0
#include "learner/mirror_feed.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/plural.h"
#include "core/status.h"

namespace softfleet {
namespace {

// How many rows at the end of a block lie at or beyond `position`.
int64_t RowsBeyond(const Position& position, const ShardDelivery::Item& item) {
  if (item.after <= position) return 0;
  if (item.after.incarnation != position.incarnation) return item.block.rows;
  const uint64_t beyond = item.after.next_id - position.next_id;
  return static_cast<int64_t>(
      std::min(beyond, static_cast<uint64_t>(item.block.rows)));
}

}  // namespace

MirrorFeed::MirrorFeed(Table& mirror, Options options)
    : mirror_(&mirror), options_(std::move(options)) {
  for (const Shard& shard : options_.shards) {
    Source& source = sources_.emplace_back();
    source.shard = shard;
  }
}

absl::StatusOr<int64_t> MirrorFeed::Poll(const Receive& receive) {
  polled_ = handed_out_ = 0;
  bool advanced = true;
  while (advanced && !Enough()) {
    advanced = false;
    for (Source& source : sources_) {
      SF_ASSIGN_OR_RETURN(const bool took, Advance(source, receive));
      advanced |= took;
    }
  }
  return handed_out_;
}

bool MirrorFeed::Enough() const {
  return handed_out_ >= options_.received_per_poll ||
         polled_ >= options_.rows_per_poll;
}

absl::StatusOr<bool> MirrorFeed::Advance(Source& source,
                                         const Receive& receive) {
  if (!source.delivery.has_value()) {
    std::optional<ShardDelivery> delivery = source.shard.stream->Take();
    if (!delivery.has_value()) return false;
    Begin(source, *std::move(delivery));
  }
  const size_t first = source.next;
  while (source.next < source.delivery->items.size()) {
    const ShardDelivery::Item& item = source.delivery->items[source.next];
    const bool wanted = (wanted_ > 0 && handed_out_ < wanted_per_poll_) ||
                        RowsBeyond(source.position, item) == 0;
    if (!wanted || Enough()) return source.next > first;
    SF_RETURN_IF_ERROR(TakeItem(source, item, receive));
    ++source.next;
  }
  End(source);
  return true;
}

void MirrorFeed::Begin(Source& source, ShardDelivery delivery) {
  const Position first =
      delivery.items.empty() ? delivery.position : delivery.items.front().after;
  // Within an incarnation the rows' numbers say what is missing.
  if (first.incarnation > source.position.incarnation) {
    overtaken_rows_ += static_cast<int64_t>(delivery.skipped_rows);
  }
  source.delivery = std::move(delivery);
  source.next = 0;
}

void MirrorFeed::End(Source& source) {
  const ShardDelivery& delivery = *source.delivery;
  source.read = delivery.position;
  source.heard = true;
  source.caught_up = delivery.caught_up;
  const bool fell = delivery.position.incarnation < source.position.incarnation;
  if (fell && delivery.caught_up) {
    LogWarning(absl::StrCat(
        "shard ", source.shard.address, " is at incarnation ",
        delivery.position.incarnation, ", below the ",
        source.position.incarnation,
        " it had: its rows so far are in the mirror but not counted"));
    source.position = delivery.position;
  }
  GoTo(source, delivery.position, delivery.position);
  source.delivery.reset();
}

void MirrorFeed::GoTo(Source& source, const Position& first,
                      const Position& after) {
  if (after <= source.position) return;
  if (first.incarnation == source.position.incarnation &&
      first > source.position) {
    overtaken_rows_ +=
        static_cast<int64_t>(first.next_id - source.position.next_id);
  }
  source.position = after;
}

absl::Status MirrorFeed::TakeItem(Source& source,
                                  const ShardDelivery::Item& item,
                                  const Receive& receive) {
  const int64_t rows = item.block.rows;
  const int64_t beyond = RowsBeyond(source.position, item);
  const int64_t before = rows - beyond;
  const int64_t fresh = std::min(beyond, steps_.Fresh(item.block));
  const int64_t received = std::min(fresh, wanted_);
  polled_ += rows;
  Position first = item.after;
  first.next_id -= static_cast<uint64_t>(rows);
  GoTo(source, first, item.after);
  repeated_rows_ += beyond - fresh;
  // What was received before by this number refills the mirror; what comes
  // again by another is there.
  const int64_t kept_from = before > 0 ? 0 : rows - fresh;
  const int64_t kept = rows - fresh + received - kept_from;
  if (kept == 0) return absl::OkStatus();
  const Schema& schema = mirror_->schema();
  const absl::Status stored = mirror_->Append(
      kept == rows ? item.block
                   : SliceBlock(schema, item.block, kept_from, kept));
  if (absl::IsInvalidArgument(stored)) {
    LogWarning(absl::StrCat("shard ", source.shard.address, " sent ",
                            Counted(rows, "row"),
                            " that cannot be used: ", stored.message()));
    invalid_rows_ += rows;
    return absl::OkStatus();
  }
  SF_RETURN_IF_ERROR(stored);
  refill_rows_ += before;
  if (received == 0) return absl::OkStatus();
  steps_.Receive(item.block, rows - fresh + received);
  wanted_ -= received;
  handed_out_ += received;
  const auto hand_out = [&](const StepBlock& block) {
    if (options_.on_received) options_.on_received(block);
    return receive(block);
  };
  return received == rows
             ? hand_out(item.block)
             : hand_out(SliceBlock(schema, item.block, rows - fresh, received));
}

bool MirrorFeed::IsBeyond(const Source& source) {
  if (!source.delivery.has_value()) return false;
  const auto& items = source.delivery->items;
  return source.next < items.size() &&
         RowsBeyond(source.saved, items[source.next]) > 0;
}

bool MirrorFeed::refilled() const {
  return std::all_of(sources_.begin(), sources_.end(), [](const Source& s) {
    return !s.shard.stream->connected() || s.saved == Position() ||
           (s.heard && (s.caught_up || s.read >= s.saved)) || IsBeyond(s);
  });
}

bool MirrorFeed::heard_all() const {
  return std::all_of(sources_.begin(), sources_.end(), [](const Source& s) {
    return s.shard.stream->connected() && (s.heard || IsBeyond(s));
  });
}

int MirrorFeed::connected() const {
  return static_cast<int>(std::count_if(
      sources_.begin(), sources_.end(),
      [](const Source& s) { return s.shard.stream->connected(); }));
}

std::map<std::string, Position> MirrorFeed::positions() const {
  std::map<std::string, Position> positions = elsewhere_;
  for (const Source& source : sources_) {
    positions[source.shard.address] = source.position;
  }
  return positions;
}

void MirrorFeed::Restore(const std::map<std::string, Position>& saved) {
  elsewhere_ = saved;
  for (Source& source : sources_) {
    const auto found = saved.find(source.shard.address);
    if (found == saved.end()) continue;
    source.saved = source.position = found->second;
    elsewhere_.erase(found->first);
  }
}

}  // namespace softfleet
