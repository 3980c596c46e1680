// SPDX-License-Identifier: Apache-2.0
// manifest.json of a checkpoint as text. Internal to the room. Thread-safe:
// free functions over values.
#ifndef SOFTFLEET_RUN_CHECKPOINT_MANIFEST_H_
#define SOFTFLEET_RUN_CHECKPOINT_MANIFEST_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "run/checkpoint_store.h"

namespace softfleet {

inline constexpr absl::string_view kManifestFile = "manifest.json";

// A JSON object whose last line is the CRC-32C of all bytes before that line,
// so that no flipped bit goes unnoticed. InvalidArgument when state_json is no
// JSON object or a file's name is not a plain one.
absl::StatusOr<std::string> EncodeManifest(const CheckpointManifest& manifest);

// DataLoss, with what is wrong, for anything that EncodeManifest did not write.
absl::StatusOr<CheckpointManifest> DecodeManifest(absl::string_view text);

}  // namespace softfleet

#endif  // SOFTFLEET_RUN_CHECKPOINT_MANIFEST_H_
