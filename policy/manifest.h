// SPDX-License-Identifier: Apache-2.0
// The text of a policy bundle's manifest.json (policy/bundle.h lists its
// keys). Private to the room. Thread-safe: free functions.
#ifndef SOFTFLEET_POLICY_MANIFEST_H_
#define SOFTFLEET_POLICY_MANIFEST_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/safetensors.h"
#include "policy/bundle.h"

namespace softfleet {

// The version this program writes, and the newest it reads.
inline constexpr int64_t kBundleFormatVersion = 1;

// `digest` is that of policy.safetensors. InvalidArgument names a number that
// JSON cannot hold (infinity, NaN) or a text that is not UTF-8.
absl::StatusOr<std::string> FormatManifest(const PolicyBundle& bundle,
                                           const FileDigest& digest);

struct Manifest {
  PolicyBundle bundle;  // without tensors
  FileDigest digest;
};

// InvalidArgument names a missing or wrong key. Unknown keys are ignored, so
// that a newer program may add some without a new format_version.
absl::StatusOr<Manifest> ParseManifest(absl::string_view text);

}  // namespace softfleet

#endif  // SOFTFLEET_POLICY_MANIFEST_H_
