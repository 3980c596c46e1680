// SPDX-License-Identifier: Apache-2.0
// A table's content as one safetensors file. Metadata: format, schema,
// capacity_rows, slots, in decimal. Tensors:
//   counters             U64 [4]     head, tail, rows appended, sampleable
//   streams              U64 [n, 4]  environment, episode, next step, closing
//                                    id of every stream that can continue
//   observation/<group>  [m, ...]    then action, reward_or_link and flags:
//                                    the columns of slots [0, m), as they
//                                    lie, m = min(head, slots)
#ifndef SOFTFLEET_REPLAY_TABLE_FILE_H_
#define SOFTFLEET_REPLAY_TABLE_FILE_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "core/safetensors.h"
#include "experience/schema.h"
#include "replay/ring.h"
#include "replay/streams.h"
#include "replay/table_instant.h"

namespace softfleet {

// What a table holds now, to be written later. The ring outlives it.
std::unique_ptr<TableInstant> FreezeTable(const Schema& schema, Ring& ring,
                                          const Streams& streams);
// Writes it now.
absl::StatusOr<FileDigest> SaveTable(FileSystem& files, const std::string& path,
                                     const Schema& schema, const Ring& ring,
                                     const Streams& streams);

// Checks everything a table relies on (schema, capacity, shapes, kinds of
// slots, links, streams, ranges of values) before it changes anything.
// FailedPrecondition where the file is of another table, naming both values;
// DataLoss where it contradicts itself, naming tensor and id.
absl::Status RestoreTable(const SafetensorsContent& saved, const Schema& schema,
                          Ring* ring, Streams* streams);

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_TABLE_FILE_H_
