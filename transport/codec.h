// SPDX-License-Identifier: Apache-2.0
// Between the wire's messages and the program's values. Encoding cannot fail;
// decoding checks sizes, names and enumerators before it allocates, and names
// the field that is wrong. Thread-safe: free functions.
#ifndef SOFTFLEET_TRANSPORT_CODEC_H_
#define SOFTFLEET_TRANSPORT_CODEC_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "experience/run_phase.h"
#include "experience/schema.h"
#include "experience/shard_stream.h"
#include "experience/snapshot.h"
#include "experience/step_block.h"
#include "softfleet/v1/experience.pb.h"
#include "softfleet/v1/learner.pb.h"
#include "softfleet/v1/replay.pb.h"

namespace softfleet {

void EncodeSchema(const Schema& schema, v1::Schema* message);
// InvalidArgument: what Schema::Validate says, or an unknown dtype.
absl::StatusOr<Schema> DecodeSchema(const v1::Schema& message);

// Rewards, actions and observations are raw little-endian columns.
void EncodeStepBlock(const StepBlock& block, v1::StepBlock* message);
// Copies the columns; InvalidArgument names a column whose length does not
// fit `schema` and the block's rows. The values are CheckStepBlock's matter.
absl::StatusOr<StepBlock> DecodeStepBlock(const Schema& schema,
                                          const v1::StepBlock& message);

// A whole v1::Snapshot, serialised.
std::string EncodeSnapshot(const Snapshot& snapshot);
// DataLoss when the bytes are no Snapshot; InvalidArgument for a tensor whose
// bytes do not fit its shape, an unknown dtype, a bad schema.
absl::StatusOr<Snapshot> DecodeSnapshot(absl::string_view bytes);

void EncodePosition(const Position& position, v1::Position* message);
Position DecodePosition(const v1::Position& message);

}  // namespace softfleet

#endif  // SOFTFLEET_TRANSPORT_CODEC_H_
