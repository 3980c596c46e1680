// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/simulated_disk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/status.h"

namespace softfleet::testing {
namespace {

absl::Status NotThere(absl::string_view operation, absl::string_view path) {
  return absl::NotFoundError(
      absl::StrCat(operation, " ", path, ": No such file or directory"));
}

absl::Status WrongKind(absl::string_view operation, absl::string_view path) {
  return absl::InternalError(absl::StrCat(
      operation, " ", path, ": Is a directory, or is none where one is meant"));
}

std::vector<std::string> Parts(absl::string_view path) {
  std::vector<std::string> parts = absl::StrSplit(path, '/', absl::SkipEmpty());
  std::erase(parts, ".");
  return parts;
}

bool Happens(std::mt19937_64& random, double probability) {
  return std::bernoulli_distribution(probability)(random);
}

}  // namespace

class SimulatedDisk::File : public WritableFile {
 public:
  File(SimulatedDisk& disk, std::string path, NodePtr node, int64_t epoch)
      : disk_(disk),
        path_(std::move(path)),
        node_(std::move(node)),
        epoch_(epoch) {}

  absl::Status Append(absl::string_view bytes) override {
    MutexLock lock(disk_.mutex_);
    SF_RETURN_IF_ERROR(Check("write"));
    absl::StrAppend(&node_->bytes, bytes);
    return absl::OkStatus();
  }
  absl::Status Sync() override {
    MutexLock lock(disk_.mutex_);
    SF_RETURN_IF_ERROR(Check("sync"));
    node_->synced_bytes = node_->bytes;
    return absl::OkStatus();
  }
  absl::Status Close() override { return absl::OkStatus(); }

 private:
  absl::Status Check(absl::string_view operation) SF_REQUIRES(disk_.mutex_) {
    if (epoch_ == disk_.power_losses_) return absl::OkStatus();
    return absl::AbortedError(
        absl::StrCat(operation, " ", path_, ": the power was lost"));
  }

  SimulatedDisk& disk_;
  const std::string path_;
  const NodePtr node_;
  const int64_t epoch_;
};

class SimulatedDisk::HeldLock : public FileLock {
 public:
  HeldLock(SimulatedDisk& disk, NodePtr node, int64_t epoch)
      : disk_(disk), node_(std::move(node)), epoch_(epoch) {}
  ~HeldLock() override {
    MutexLock lock(disk_.mutex_);
    if (epoch_ == disk_.power_losses_) node_->locked = false;
  }

 private:
  SimulatedDisk& disk_;
  const NodePtr node_;
  const int64_t epoch_;
};

SimulatedDisk::SimulatedDisk() : root_(std::make_shared<Node>()) {
  root_->is_directory = true;
}
SimulatedDisk::~SimulatedDisk() = default;

void SimulatedDisk::LosePower(uint64_t seed, double kept) {
  MutexLock lock(mutex_);
  ++power_losses_;
  Random random(seed);
  LosePower(*root_, random, kept);
}

void SimulatedDisk::LosePower(Node& node, Random& random, double kept) {
  node.locked = false;
  if (!node.is_directory) return LoseBytes(node, random, kept);
  LoseChanges(node, random, kept);
  for (const auto& [name, entry] : node.entries) {
    LosePower(*entry, random, kept);
  }
}

void SimulatedDisk::LoseBytes(Node& file, Random& random, double kept) {
  const std::string& written = file.bytes;
  std::string left = file.synced_bytes;
  left.resize(Happens(random, kept) ? written.size() : left.size(), '\0');
  for (size_t page = 0; page < std::min(left.size(), written.size());
       page += kPage) {
    if (!Happens(random, kept)) continue;
    size_t end = std::min({page + kPage, left.size(), written.size()});
    if (!Happens(random, kept)) {  // torn
      end = std::uniform_int_distribution<size_t>(page, end)(random);
    }
    left.replace(page, end - page, written, page, end - page);
  }
  file.bytes = file.synced_bytes = left;
}

void SimulatedDisk::LoseChanges(Node& directory, Random& random, double kept) {
  directory.entries = directory.synced_entries;
  for (Change& change : std::exchange(directory.changes, {})) {
    if (Happens(random, kept)) Apply(directory, std::move(change));
  }
  directory.synced_entries = directory.entries;
  directory.changes.clear();
}

void SimulatedDisk::Apply(Node& directory, Change change) {
  for (const auto& [name, node] : change) {
    if (node == nullptr) {
      directory.entries.erase(name);
    } else {
      directory.entries[name] = node;
    }
  }
  directory.changes.push_back(std::move(change));
}

absl::StatusOr<SimulatedDisk::Place> SimulatedDisk::Find(
    absl::string_view operation, const std::string& path) {
  Place place = {nullptr, "", root_};
  for (std::string& part : Parts(path)) {
    if (place.node == nullptr) return NotThere(operation, path);
    if (!place.node->is_directory) return WrongKind(operation, path);
    place.directory = place.node;
    const auto found = place.directory->entries.find(part);
    place.node =
        found == place.directory->entries.end() ? nullptr : found->second;
    place.name = std::move(part);
  }
  return place;
}

absl::StatusOr<SimulatedDisk::NodePtr> SimulatedDisk::FindFile(
    absl::string_view operation, const std::string& path) {
  SF_ASSIGN_OR_RETURN(const Place place, Find(operation, path));
  if (place.node == nullptr) return NotThere(operation, path);
  if (place.node->is_directory) return WrongKind(operation, path);
  return place.node;
}

absl::StatusOr<SimulatedDisk::NodePtr> SimulatedDisk::FindDirectory(
    absl::string_view operation, const std::string& path) {
  SF_ASSIGN_OR_RETURN(const Place place, Find(operation, path));
  if (place.node == nullptr) return NotThere(operation, path);
  if (!place.node->is_directory) return WrongKind(operation, path);
  return place.node;
}

absl::StatusOr<SimulatedDisk::NodePtr> SimulatedDisk::FindOrCreate(
    absl::string_view operation, const std::string& path) {
  SF_ASSIGN_OR_RETURN(Place place, Find(operation, path));
  if (place.node == nullptr) {
    place.node = std::make_shared<Node>();
    Apply(*place.directory, {{place.name, place.node}});
  }
  if (place.node->is_directory) return WrongKind(operation, path);
  return place.node;
}

absl::StatusOr<std::string> SimulatedDisk::Read(const std::string& path) {
  MutexLock lock(mutex_);
  SF_ASSIGN_OR_RETURN(const NodePtr file, FindFile("read", path));
  return file->bytes;
}

absl::StatusOr<std::unique_ptr<WritableFile>> SimulatedDisk::Open(
    const std::string& path, OpenMode mode) {
  MutexLock lock(mutex_);
  SF_ASSIGN_OR_RETURN(NodePtr file, FindOrCreate("open", path));
  if (mode == OpenMode::kReplace) file->bytes.clear();
  return std::make_unique<File>(*this, path, std::move(file), power_losses_);
}

bool SimulatedDisk::Exists(const std::string& path) {
  MutexLock lock(mutex_);
  const auto place = Find("stat", path);
  return place.ok() && place->node != nullptr;
}

absl::StatusOr<uint64_t> SimulatedDisk::Size(const std::string& path) {
  MutexLock lock(mutex_);
  SF_ASSIGN_OR_RETURN(const NodePtr file, FindFile("stat", path));
  return file->bytes.size();
}

absl::StatusOr<std::vector<std::string>> SimulatedDisk::List(
    const std::string& directory) {
  MutexLock lock(mutex_);
  SF_ASSIGN_OR_RETURN(const NodePtr node, FindDirectory("list", directory));
  std::vector<std::string> names;
  for (const auto& [name, entry] : node->entries) names.push_back(name);
  return names;
}

absl::Status SimulatedDisk::CreateDirectories(const std::string& path) {
  MutexLock lock(mutex_);
  NodePtr at = root_;
  for (const std::string& part : Parts(path)) {
    NodePtr next = at->entries.contains(part) ? at->entries[part] : nullptr;
    if (next == nullptr) {
      next = std::make_shared<Node>();
      next->is_directory = true;
      Apply(*at, {{part, next}});
    }
    if (!next->is_directory) return WrongKind("create directory", path);
    at = next;
  }
  return absl::OkStatus();
}

absl::Status SimulatedDisk::Rename(const std::string& from,
                                   const std::string& to) {
  MutexLock lock(mutex_);
  SF_ASSIGN_OR_RETURN(const Place source, Find("rename", from));
  SF_ASSIGN_OR_RETURN(const Place target, Find("rename", to));
  if (source.node == nullptr) return NotThere("rename", from);
  if (target.node != nullptr && target.node->is_directory &&
      !target.node->entries.empty()) {
    return WrongKind("rename", to);
  }
  if (source.directory == target.directory) {
    Apply(*source.directory,
          {{source.name, nullptr}, {target.name, source.node}});
    return absl::OkStatus();
  }
  Apply(*target.directory, {{target.name, source.node}});
  Apply(*source.directory, {{source.name, nullptr}});
  return absl::OkStatus();
}

absl::Status SimulatedDisk::Remove(const std::string& path) {
  MutexLock lock(mutex_);
  SF_ASSIGN_OR_RETURN(const Place place, Find("remove", path));
  if (place.node == nullptr) return NotThere("remove", path);
  if (!place.node->entries.empty()) return WrongKind("remove", path);
  Apply(*place.directory, {{place.name, nullptr}});
  return absl::OkStatus();
}

absl::Status SimulatedDisk::RemoveAll(const std::string& path) {
  MutexLock lock(mutex_);
  const auto place = Find("remove", path);
  if (place.ok() && place->node != nullptr) {
    Apply(*place->directory, {{place->name, nullptr}});
  }
  return absl::OkStatus();
}

absl::Status SimulatedDisk::Truncate(const std::string& path, uint64_t size) {
  MutexLock lock(mutex_);
  SF_ASSIGN_OR_RETURN(const NodePtr file, FindFile("truncate", path));
  file->bytes.resize(size, '\0');
  return absl::OkStatus();
}

absl::Status SimulatedDisk::SyncDirectory(const std::string& directory) {
  MutexLock lock(mutex_);
  SF_ASSIGN_OR_RETURN(const NodePtr node,
                      FindDirectory("sync directory", directory));
  node->synced_entries = node->entries;
  node->changes.clear();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<FileLock>> SimulatedDisk::Lock(
    const std::string& path) {
  MutexLock lock(mutex_);
  SF_ASSIGN_OR_RETURN(NodePtr file, FindOrCreate("lock", path));
  if (file->locked) {
    return absl::UnavailableError(
        absl::StrCat("lock ", path, ": held by somebody else"));
  }
  file->locked = true;
  return std::make_unique<HeldLock>(*this, std::move(file), power_losses_);
}

}  // namespace softfleet::testing
