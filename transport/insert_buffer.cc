// SPDX-License-Identifier: Apache-2.0
#include "transport/insert_buffer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace softfleet {
namespace {

// Above what protobuf adds: tag and length of a block within its batch; those
// of the batch, and its number.
constexpr uint64_t kBlockOverhead = 8;
constexpr uint64_t kBatchOverhead = 32;

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

}  // namespace

void InsertBuffer::Append(v1::StepBlock block) {
  const uint64_t bytes = block.ByteSizeLong() + kBlockOverhead;
  counts_.appended += block.rows();
  counts_.pending += block.rows();
  bytes_ += bytes;
  unsent_.push_back({std::move(block), bytes});
}

bool InsertBuffer::Open(const v1::Welcome& welcome) {
  next_ = 0;
  on_the_way_ = 0;
  credit_ = welcome.credit_bytes();
  max_batch_bytes_ =
      welcome.max_batch_bytes() == 0 ? kNoLimit : welcome.max_batch_bytes();
  const uint64_t last = welcome.last_seq();
  if (last < trimmed_ || last > last_numbered()) {
    counts_.lost +=
        session_rows_ - std::min(session_rows_, welcome.session_rows());
    BeginSession();
    return false;
  }
  const uint64_t before = session_rows_;
  Reject(welcome.rejected());
  Trim(last);
  CountUnheardRejections(before, welcome.session_rows());
  // What is sent again is judged again.
  for (Batch& batch : batches_) batch.rejected = false;
  return true;
}

void InsertBuffer::CountUnheardRejections(uint64_t before, uint64_t stored) {
  if (stored >= session_rows_) return;
  const uint64_t refused = session_rows_ - std::max(stored, before);
  if (refused == 0) return;
  session_rows_ -= refused;
  counts_.acknowledged -= refused;
  counts_.rejected += refused;
  rejections_.push_back(
      absl::StrCat(refused,
                   " rows; the connection broke before it could say why, its "
                   "log does"));
}

void InsertBuffer::BeginSession() {
  trimmed_ = 0;
  session_rows_ = 0;
  uint64_t number = 0;
  for (Batch& batch : batches_) {
    batch.request->mutable_batch()->set_seq(++number);
    batch.rejected = false;
  }
}

std::shared_ptr<const v1::InsertRequest> InsertBuffer::NextBatch() {
  if (next_ == batches_.size()) FormBatch();
  if (next_ == batches_.size()) return nullptr;
  const Batch& batch = batches_[next_];
  if (on_the_way_ + batch.bytes > credit_) return nullptr;
  on_the_way_ += batch.bytes;
  ++next_;
  return batch.request;
}

void InsertBuffer::FormBatch() {
  if (max_batch_bytes_ == 0) return;  // no stream has been opened
  RejectOversized();
  const uint64_t credit = credit_ - std::min(credit_, on_the_way_);
  const uint64_t most_bytes = std::min(credit, max_batch_bytes_);
  const uint64_t most_rows = Unsigned(options_.batch_rows);
  Batch batch{std::make_shared<v1::InsertRequest>(), 0, kBatchOverhead};
  v1::Batch* message = batch.request->mutable_batch();
  while (!unsent_.empty()) {
    Block& block = unsent_.front();
    const uint64_t rows = block.message.rows();
    if (batch.bytes + block.bytes > most_bytes) break;
    if (batch.rows > 0 && batch.rows + rows > most_rows) break;
    batch.rows += rows;
    batch.bytes += block.bytes;
    *message->add_blocks() = std::move(block.message);
    unsent_.pop_front();
  }
  if (message->blocks().empty()) return;
  message->set_seq(last_numbered() + 1);
  bytes_ += kBatchOverhead;
  batches_.push_back(std::move(batch));
}

void InsertBuffer::RejectOversized() {
  while (!unsent_.empty() &&
         unsent_.front().bytes + kBatchOverhead > max_batch_bytes_) {
    const Block& block = unsent_.front();
    rejections_.push_back(
        absl::StrCat("a block of ", block.message.rows(), " rows and ",
                     block.bytes, " bytes is larger than the shard's limit of ",
                     max_batch_bytes_, " bytes; set actor.block_rows lower"));
    counts_.rejected += block.message.rows();
    counts_.pending -= block.message.rows();
    bytes_ -= block.bytes;
    unsent_.pop_front();
  }
}

absl::Status InsertBuffer::Acknowledge(
    const v1::Acknowledgement& acknowledgement) {
  const uint64_t highest =
      std::max(acknowledgement.applied(), acknowledgement.durable());
  if (highest > last_numbered()) {
    return absl::InternalError(absl::StrCat("the shard acknowledges batch ",
                                            highest, ", the last is ",
                                            last_numbered()));
  }
  credit_ = acknowledgement.credit_bytes();
  Reject(acknowledgement.rejected());
  Trim(acknowledgement.durable());
  return absl::OkStatus();
}

void InsertBuffer::Reject(
    const google::protobuf::RepeatedPtrField<v1::Rejection>& rejections) {
  for (const v1::Rejection& rejection : rejections) {
    if (rejection.seq() <= trimmed_ || rejection.seq() > last_numbered()) {
      continue;
    }
    Batch& batch = batches_[rejection.seq() - trimmed_ - 1];
    if (batch.rejected) continue;
    batch.rejected = true;
    rejections_.push_back(absl::StrCat("batch ", rejection.seq(), " of ",
                                       batch.rows,
                                       " rows: ", rejection.reason()));
  }
}

void InsertBuffer::Trim(uint64_t durable) {
  while (trimmed_ < durable) {
    const Batch& batch = batches_.front();
    if (batch.rejected) {
      counts_.rejected += batch.rows;
    } else {
      counts_.acknowledged += batch.rows;
      session_rows_ += batch.rows;
    }
    counts_.pending -= batch.rows;
    bytes_ -= batch.bytes;
    if (next_ > 0) {
      on_the_way_ -= batch.bytes;
      --next_;
    }
    batches_.pop_front();
    ++trimmed_;
  }
}

std::vector<std::string> InsertBuffer::TakeRejections() {
  return std::exchange(rejections_, {});
}

}  // namespace softfleet
