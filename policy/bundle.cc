// SPDX-License-Identifier: Apache-2.0
#include "policy/bundle.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/crc32c.h"
#include "core/finite.h"
#include "core/safetensors.h"
#include "core/status.h"
#include "policy/manifest.h"

namespace softfleet {
namespace {

constexpr char kTensorsFile[] = "policy.safetensors";
constexpr char kManifestFile[] = "manifest.json";

FileDigest DigestOf(absl::string_view bytes) {
  return {.size = bytes.size(), .crc32c = Crc32c(bytes)};
}

absl::Status CheckBounds(const Snapshot& snapshot) {
  const auto dimension = static_cast<size_t>(snapshot.schema.action.columns());
  const ActionBounds& bounds = snapshot.bounds;
  if (bounds.low.size() != dimension || bounds.high.size() != dimension) {
    return absl::InvalidArgumentError(absl::StrCat(
        "action_low has ", bounds.low.size(), " numbers and action_high ",
        bounds.high.size(), ", the action ", dimension, " dimensions"));
  }
  for (size_t i = 0; i < dimension; ++i) {
    if (!(bounds.low[i] < bounds.high[i])) {
      return absl::InvalidArgumentError(
          absl::StrCat("action_low[", i, "] ", bounds.low[i],
                       " is not below action_high[", i, "] ", bounds.high[i]));
    }
  }
  return absl::OkStatus();
}

// Whether somebody who has only this snapshot can act.
absl::Status CheckDeployable(const Snapshot& snapshot) {
  // Not owned: the policy is gone before the function returns.
  const std::shared_ptr<const Snapshot> view(std::shared_ptr<void>(),
                                             &snapshot);
  SF_RETURN_IF_ERROR(Policy::Create(view).status());
  return CheckBounds(snapshot);
}

absl::Status CheckNumbers(const TensorMap& tensors, const std::string& path) {
  for (const auto& [name, tensor] : tensors) {
    if (AllFinite(tensor)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", name, " has a number that is not finite"));
  }
  return absl::OkStatus();
}

absl::Status CheckDigest(const FileDigest& found, const FileDigest& expected,
                         const std::string& path) {
  if (found == expected) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      path, " has ", found.size, " bytes and checksum ", found.crc32c,
      ", its manifest says ", expected.size, " and ", expected.crc32c));
}

}  // namespace

absl::Status WritePolicyBundle(FileSystem& files, const std::string& directory,
                               const PolicyBundle& bundle) {
  const std::string manifest_path = JoinPath(directory, kManifestFile);
  SF_RETURN_IF_ERROR(Annotate(CheckDeployable(bundle.snapshot), manifest_path));
  SF_ASSIGN_OR_RETURN(const std::string tensors,
                      SerializeSafetensors(bundle.snapshot.tensors, {}));
  const absl::StatusOr<std::string> manifest =
      FormatManifest(bundle, DigestOf(tensors));
  if (!manifest.ok()) return Annotate(manifest.status(), manifest_path);

  SF_RETURN_IF_ERROR(CreateDirectoriesDurably(files, directory));
  SF_RETURN_IF_ERROR(
      WriteFileAtomically(files, JoinPath(directory, kTensorsFile), tensors));
  return WriteFileAtomically(files, manifest_path, *manifest);
}

absl::StatusOr<PolicyBundle> ReadPolicyBundle(FileSystem& files,
                                              const std::string& directory) {
  const std::string manifest_path = JoinPath(directory, kManifestFile);
  SF_ASSIGN_OR_RETURN(const std::string text, files.Read(manifest_path));
  absl::StatusOr<Manifest> manifest = ParseManifest(text);
  if (!manifest.ok()) return Annotate(manifest.status(), manifest_path);

  const std::string tensors_path = JoinPath(directory, kTensorsFile);
  SF_ASSIGN_OR_RETURN(const std::string bytes, files.Read(tensors_path));
  SF_RETURN_IF_ERROR(
      CheckDigest(DigestOf(bytes), manifest->digest, tensors_path));
  SF_ASSIGN_OR_RETURN(SafetensorsContent content,
                      ParseSafetensors(bytes, tensors_path));
  SF_RETURN_IF_ERROR(CheckNumbers(content.tensors, tensors_path));
  PolicyBundle bundle = std::move(manifest->bundle);
  bundle.snapshot.tensors = std::move(content.tensors);
  SF_RETURN_IF_ERROR(Annotate(CheckDeployable(bundle.snapshot), manifest_path));
  return bundle;
}

}  // namespace softfleet
