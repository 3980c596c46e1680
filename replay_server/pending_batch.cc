// SPDX-License-Identifier: Apache-2.0
#include "replay_server/pending_batch.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "transport/codec.h"

namespace softfleet {
namespace {

// From the bytes that came, because the number may be anything.
uint64_t RowsOf(const v1::Batch& batch) {
  uint64_t rows = 0;
  for (const v1::StepBlock& block : batch.blocks()) {
    rows += block.rewards().size() / sizeof(float);
  }
  return rows;
}

void Refuse(PendingBatch* pending, absl::Status problem, std::string kind) {
  pending->blocks.clear();
  pending->problem = std::move(problem);
  pending->problem_kind = std::move(kind);
}

}  // namespace

PendingBatch CheckBatch(const Binding& binding, const v1::Batch& batch,
                        uint64_t bytes, uint64_t max_batch_bytes) {
  PendingBatch pending;
  pending.seq = batch.seq();
  pending.bytes = bytes;
  pending.rows = RowsOf(batch);
  if (bytes > max_batch_bytes) {
    Refuse(&pending,
           absl::InvalidArgumentError(absl::StrCat(
               "batch has ", bytes, " bytes, the most is ", max_batch_bytes)),
           "too_large");
    return pending;
  }
  if (batch.blocks().empty()) {
    Refuse(&pending, absl::InvalidArgumentError("batch has no blocks"),
           "malformed");
    return pending;
  }
  for (const v1::StepBlock& message : batch.blocks()) {
    const auto context = [&] {
      return absl::StrCat("block ", pending.blocks.size(), " (environment ",
                          message.environment(), ", episode ",
                          message.episode(), ")");
    };
    absl::StatusOr<StepBlock> block = DecodeStepBlock(binding.schema, message);
    if (!block.ok()) {
      Refuse(&pending, Annotate(block.status(), context()), "malformed");
      return pending;
    }
    const absl::Status checked =
        CheckStepBlock(binding.schema, *block, binding.max_block_rows);
    if (!checked.ok()) {
      Refuse(&pending, Annotate(checked, context()), "invalid");
      return pending;
    }
    pending.blocks.push_back(*std::move(block));
  }
  return pending;
}

}  // namespace softfleet
