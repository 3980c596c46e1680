// SPDX-License-Identifier: Apache-2.0
// Names in the store's directory, N being a step:
//   step-N            a checkpoint
//   step-N.tmp        one that is being written, or removed: never read
//   step-N.replaced   the older one of the same step while a newer one takes
//                     its name; counts where step-N is not there
// Writing: fill step-N.tmp, sync its files and itself; rename step-N, if there
// is one, to step-N.replaced; rename step-N.tmp to step-N; sync the directory;
// remove step-N.replaced. A crash between the renames leaves step-N.replaced,
// which the next Write renames back. Removing: rename to step-N.tmp, sync the
// directory, remove.
#include "run/checkpoint_store.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "core/crc32c.h"
#include "core/log.h"
#include "core/status.h"
#include "run/checkpoint_manifest.h"

namespace softfleet {
namespace {

constexpr absl::string_view kTemporary = ".tmp";
constexpr absl::string_view kReplaced = ".replaced";

std::string NameOf(uint64_t step) {
  return absl::StrFormat("step-%012d", step);
}

// The step of "step-<12 or more digits>"; nullopt for every other name.
std::optional<uint64_t> StepOf(absl::string_view name) {
  uint64_t step = 0;
  absl::string_view digits = name;
  if (!absl::ConsumePrefix(&digits, "step-") ||
      !absl::SimpleAtoi(digits, &step) || NameOf(step) != name) {
    return std::nullopt;
  }
  return step;
}

absl::Status CheckFile(FileSystem& files, const std::string& directory,
                       const std::string& name, const FileDigest& wanted) {
  const std::string path = JoinPath(directory, name);
  SF_ASSIGN_OR_RETURN(const std::string bytes, files.Read(path));
  if (bytes.size() != wanted.size) {
    return absl::DataLossError(absl::StrCat(path, " has ", bytes.size(),
                                            " bytes, its manifest says ",
                                            wanted.size));
  }
  const uint32_t crc = Crc32c(bytes);
  if (crc == wanted.crc32c) return absl::OkStatus();
  return absl::DataLossError(absl::StrFormat(
      "%s has CRC-32C %08x, its manifest says %08x", path, crc, wanted.crc32c));
}

absl::StatusOr<CheckpointManifest> ReadManifest(FileSystem& files,
                                                const std::string& directory,
                                                uint64_t step) {
  const std::string path = JoinPath(directory, kManifestFile);
  SF_ASSIGN_OR_RETURN(const std::string text, files.Read(path));
  absl::StatusOr<CheckpointManifest> manifest = DecodeManifest(text);
  if (!manifest.ok()) return Annotate(manifest.status(), path);
  if (manifest->step != step) {
    return absl::DataLossError(
        absl::StrCat(path, " is that of step ", manifest->step));
  }
  return manifest;
}

// The manifest of a checkpoint that is whole.
absl::StatusOr<CheckpointManifest> CheckDirectory(FileSystem& files,
                                                  const std::string& directory,
                                                  uint64_t step) {
  SF_ASSIGN_OR_RETURN(CheckpointManifest manifest,
                      ReadManifest(files, directory, step));
  for (const auto& [name, digest] : manifest.files) {
    SF_RETURN_IF_ERROR(CheckFile(files, directory, name, digest));
  }
  return manifest;
}

}  // namespace

absl::StatusOr<CheckpointStore> CheckpointStore::Open(
    FileSystem& files, const std::string& directory) {
  CheckpointStore store(files, directory);
  SF_RETURN_IF_ERROR(store.Directories().status());
  return store;
}

absl::StatusOr<std::map<uint64_t, std::string>> CheckpointStore::Directories()
    const {
  std::map<uint64_t, std::string> directories;
  if (!files_->Exists(directory_)) return directories;
  SF_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                      files_->List(directory_));
  // Sorted: step-N comes before step-N.replaced, and emplace keeps the first.
  for (const std::string& name : names) {
    const auto step = StepOf(absl::StripSuffix(name, kReplaced));
    if (step.has_value()) directories.emplace(*step, name);
  }
  return directories;
}

absl::StatusOr<std::vector<uint64_t>> CheckpointStore::Steps() const {
  SF_ASSIGN_OR_RETURN(const auto directories, Directories());
  std::vector<uint64_t> steps;
  for (const auto& [step, name] : directories) steps.push_back(step);
  return steps;
}

absl::StatusOr<uint64_t> CheckpointStore::Bytes() const {
  SF_ASSIGN_OR_RETURN(const auto directories, Directories());
  uint64_t bytes = 0;
  for (const auto& [step, name] : directories) {
    const std::string directory = Path(name);
    SF_ASSIGN_OR_RETURN(const auto files, files_->List(directory));
    for (const std::string& file : files) {
      SF_ASSIGN_OR_RETURN(const uint64_t size,
                          files_->Size(JoinPath(directory, file)));
      bytes += size;
    }
  }
  return bytes;
}

absl::StatusOr<std::optional<CheckpointStore::Found>>
CheckpointStore::NewestValid() const {
  SF_ASSIGN_OR_RETURN(const auto directories, Directories());
  if (directories.empty()) return std::nullopt;
  Found found;
  for (auto it = directories.rbegin(); it != directories.rend(); ++it) {
    found.directory = Path(it->second);
    auto manifest = CheckDirectory(*files_, found.directory, it->first);
    if (manifest.ok()) {
      found.manifest = *std::move(manifest);
      return found;
    }
    found.skipped.emplace_back(manifest.status().message());
  }
  return absl::DataLossError(
      absl::StrCat("no valid checkpoint in ", directory_, ":\n  ",
                   absl::StrJoin(found.skipped, "\n  ")));
}

absl::StatusOr<std::optional<CheckpointManifest>>
CheckpointStore::NewestManifest() const {
  SF_ASSIGN_OR_RETURN(const auto directories, Directories());
  if (directories.empty()) return std::nullopt;
  const auto& [step, name] = *directories.rbegin();
  SF_ASSIGN_OR_RETURN(CheckpointManifest manifest,
                      ReadManifest(*files_, Path(name), step));
  return manifest;
}

absl::Status CheckpointStore::CleanUp() {
  SF_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                      files_->List(directory_));
  for (absl::string_view name : names) {
    const std::string path = Path(name);
    if (absl::ConsumeSuffix(&name, kTemporary) && StepOf(name)) {
      SF_RETURN_IF_ERROR(files_->RemoveAll(path));
    } else if (absl::ConsumeSuffix(&name, kReplaced) && StepOf(name)) {
      SF_RETURN_IF_ERROR(files_->Exists(Path(name))
                             ? files_->RemoveAll(path)
                             : files_->Rename(path, Path(name)));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckpointStore::Write(
    CheckpointManifest manifest,
    const std::function<absl::Status(const std::string& directory,
                                     CheckpointManifest* manifest)>&
        write_files) {
  const uint64_t step = manifest.step;
  const std::string name = NameOf(step);
  const std::string temporary = absl::StrCat(name, kTemporary);
  SF_RETURN_IF_ERROR(files_->CreateDirectories(directory_));
  SF_RETURN_IF_ERROR(CleanUp());
  SF_ASSIGN_OR_RETURN(const auto directories, Directories());
  if (directories.empty()) {  // the store's directory may be new
    SF_RETURN_IF_ERROR(files_->SyncDirectory(ParentPath(directory_)));
  }
  absl::Status status = Fill(temporary, std::move(manifest), write_files);
  if (status.ok()) status = Publish(temporary, name);
  if (!status.ok()) {
    files_->RemoveAll(Path(temporary)).IgnoreError();
    return status;
  }
  std::vector<std::string> future;
  for (auto it = directories.upper_bound(step); it != directories.end(); ++it) {
    future.push_back(it->second);
  }
  const absl::Status removed = Remove(future);
  if (!removed.ok()) LogWarning(removed.message());
  return absl::OkStatus();
}

absl::Status CheckpointStore::Fill(
    const std::string& temporary, CheckpointManifest manifest,
    const std::function<absl::Status(const std::string& directory,
                                     CheckpointManifest* manifest)>&
        write_files) {
  const std::string directory = Path(temporary);
  SF_RETURN_IF_ERROR(files_->CreateDirectories(directory));
  SF_RETURN_IF_ERROR(write_files(directory, &manifest));
  for (const auto& [name, digest] : manifest.files) {
    const std::string path = JoinPath(directory, name);
    SF_ASSIGN_OR_RETURN(const uint64_t size, files_->Size(path));
    if (size == digest.size) continue;
    return absl::InternalError(absl::StrCat(
        path, " has ", size, " bytes, its digest says ", digest.size));
  }
  SF_ASSIGN_OR_RETURN(const std::string text, EncodeManifest(manifest));
  // Its last operation syncs the directory, and with it the files' names.
  return WriteFileAtomically(*files_, JoinPath(directory, kManifestFile), text);
}

absl::Status CheckpointStore::Publish(const std::string& temporary,
                                      const std::string& name) {
  const std::string path = Path(name);
  const std::string replaced = absl::StrCat(path, kReplaced);
  const bool replaces = files_->Exists(path);
  if (replaces) SF_RETURN_IF_ERROR(files_->Rename(path, replaced));
  const absl::Status renamed = files_->Rename(Path(temporary), path);
  if (!renamed.ok()) {
    if (replaces) files_->Rename(replaced, path).IgnoreError();
    return renamed;
  }
  SF_RETURN_IF_ERROR(files_->SyncDirectory(directory_));
  if (replaces) files_->RemoveAll(replaced).IgnoreError();
  return absl::OkStatus();
}

absl::Status CheckpointStore::Remove(const std::vector<std::string>& names) {
  if (names.empty()) return absl::OkStatus();
  for (const std::string& name : names) {
    SF_RETURN_IF_ERROR(
        files_->Rename(Path(name), Path(absl::StrCat(name, kTemporary))));
  }
  SF_RETURN_IF_ERROR(files_->SyncDirectory(directory_));
  for (const std::string& name : names) {
    SF_RETURN_IF_ERROR(files_->RemoveAll(Path(absl::StrCat(name, kTemporary))));
  }
  return absl::OkStatus();
}

absl::Status CheckpointStore::Retain(int keep, std::optional<uint64_t> best) {
  if (keep < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("keep at least 1 checkpoint, not ", keep));
  }
  if (!files_->Exists(directory_)) return absl::OkStatus();
  SF_RETURN_IF_ERROR(CleanUp());
  SF_ASSIGN_OR_RETURN(const auto directories, Directories());
  std::vector<std::string> old;
  size_t left = directories.size();
  for (const auto& [step, name] : directories) {
    const bool newest = left-- <= static_cast<size_t>(keep);
    if (!newest && step != best) old.push_back(name);
  }
  return Remove(old);
}

}  // namespace softfleet
