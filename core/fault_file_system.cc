// SPDX-License-Identifier: Apache-2.0
#include "core/fault_file_system.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace softfleet {
namespace {

absl::Status Injected(Fault fault, absl::string_view operation,
                      absl::string_view path, int64_t count) {
  const std::string where = absl::StrCat(operation, " ", path, ": ");
  const std::string note = absl::StrCat(" (injected, operation ", count, ")");
  switch (fault) {
    case Fault::kDiskFull:
      return absl::ResourceExhaustedError(
          absl::StrCat(where, "No space left on device", note));
    case Fault::kCrash:
      return absl::AbortedError(absl::StrCat(where, "crashed", note));
    default:
      return absl::InternalError(
          absl::StrCat(where, "Input/output error", note));
  }
}

}  // namespace

class FaultInjectingFileSystem::File : public WritableFile {
 public:
  File(FaultInjectingFileSystem& files, std::string path,
       std::unique_ptr<WritableFile> base)
      : files_(files), path_(std::move(path)), base_(std::move(base)) {}

  absl::Status Append(absl::string_view bytes) override {
    double torn = 0;
    const absl::Status status =
        files_.Check(Kind::kNeedsSpace, "write", path_, &torn);
    if (status.ok()) return base_->Append(bytes);
    const double size = static_cast<double>(bytes.size()) * torn;
    base_->Append(bytes.substr(0, static_cast<size_t>(size))).IgnoreError();
    return status;
  }
  absl::Status Sync() override {
    SF_RETURN_IF_ERROR(files_.Check(Kind::kNeedsSpace, "sync", path_));
    return base_->Sync();
  }
  absl::Status Close() override {
    SF_RETURN_IF_ERROR(files_.Check(Kind::kNeedsNoSpace, "close", path_));
    return base_->Close();
  }

 private:
  FaultInjectingFileSystem& files_;
  const std::string path_;
  const std::unique_ptr<WritableFile> base_;
};

FaultInjectingFileSystem::FaultInjectingFileSystem(FileSystem& base,
                                                   FaultPlan plan)
    : base_(base), plan_(plan) {}

void FaultInjectingFileSystem::SetPlan(FaultPlan plan) {
  MutexLock lock(mutex_);
  plan_ = plan;
  operations_ = 0;
  fired_ = false;
}

int64_t FaultInjectingFileSystem::operations() const {
  MutexLock lock(mutex_);
  return operations_;
}

bool FaultInjectingFileSystem::fired() const {
  MutexLock lock(mutex_);
  return fired_;
}

absl::Status FaultInjectingFileSystem::Check(Kind kind,
                                             absl::string_view operation,
                                             absl::string_view path,
                                             double* torn) {
  MutexLock lock(mutex_);
  const int64_t count = operations_;
  const bool counted = kind != Kind::kRead || plan_.count_reads;
  if (counted) ++operations_;
  const bool first =
      counted && plan_.fault != Fault::kNone && count == plan_.at;
  if (!first && !StillFails(kind)) return absl::OkStatus();
  if (first) fired_ = true;
  if (first && torn != nullptr) *torn = plan_.torn_fraction;
  return Injected(plan_.fault, operation, path, count);
}

bool FaultInjectingFileSystem::StillFails(Kind kind) const {
  if (!fired_) return false;
  if (plan_.fault == Fault::kCrash) return true;
  if (!plan_.sticky) return false;
  if (plan_.fault == Fault::kDiskFull) return kind == Kind::kNeedsSpace;
  return kind != Kind::kRead || plan_.count_reads;
}

absl::StatusOr<std::string> FaultInjectingFileSystem::Read(
    const std::string& path) {
  SF_RETURN_IF_ERROR(Check(Kind::kRead, "read", path));
  return base_.Read(path);
}

absl::StatusOr<std::unique_ptr<WritableFile>> FaultInjectingFileSystem::Open(
    const std::string& path, OpenMode mode) {
  SF_RETURN_IF_ERROR(Check(Kind::kNeedsSpace, "open", path));
  SF_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file,
                      base_.Open(path, mode));
  return std::make_unique<File>(*this, path, std::move(file));
}

bool FaultInjectingFileSystem::Exists(const std::string& path) {
  return base_.Exists(path);
}

absl::StatusOr<uint64_t> FaultInjectingFileSystem::Size(
    const std::string& path) {
  SF_RETURN_IF_ERROR(Check(Kind::kRead, "stat", path));
  return base_.Size(path);
}

absl::StatusOr<std::vector<std::string>> FaultInjectingFileSystem::List(
    const std::string& directory) {
  SF_RETURN_IF_ERROR(Check(Kind::kRead, "list", directory));
  return base_.List(directory);
}

absl::Status FaultInjectingFileSystem::CreateDirectories(
    const std::string& path) {
  SF_RETURN_IF_ERROR(Check(Kind::kNeedsSpace, "create directory", path));
  return base_.CreateDirectories(path);
}

absl::Status FaultInjectingFileSystem::Rename(const std::string& from,
                                              const std::string& to) {
  SF_RETURN_IF_ERROR(
      Check(Kind::kNeedsSpace, "rename", absl::StrCat(from, " to ", to)));
  return base_.Rename(from, to);
}

absl::Status FaultInjectingFileSystem::Remove(const std::string& path) {
  SF_RETURN_IF_ERROR(Check(Kind::kNeedsNoSpace, "remove", path));
  return base_.Remove(path);
}

absl::Status FaultInjectingFileSystem::RemoveAll(const std::string& path) {
  SF_RETURN_IF_ERROR(Check(Kind::kNeedsNoSpace, "remove", path));
  return base_.RemoveAll(path);
}

absl::Status FaultInjectingFileSystem::Truncate(const std::string& path,
                                                uint64_t size) {
  SF_RETURN_IF_ERROR(Check(Kind::kNeedsNoSpace, "truncate", path));
  return base_.Truncate(path, size);
}

absl::Status FaultInjectingFileSystem::SyncDirectory(
    const std::string& directory) {
  SF_RETURN_IF_ERROR(Check(Kind::kNeedsNoSpace, "sync directory", directory));
  return base_.SyncDirectory(directory);
}

absl::StatusOr<std::unique_ptr<FileLock>> FaultInjectingFileSystem::Lock(
    const std::string& path) {
  SF_RETURN_IF_ERROR(Check(Kind::kNeedsSpace, "lock", path));
  return base_.Lock(path);
}

}  // namespace softfleet
