// SPDX-License-Identifier: Apache-2.0
// The real files without the waiting: syncs are written down instead of done,
// as are renames, so that tests can check their order and repeat thousands of
// writes. Not thread-safe.
#ifndef SOFTFLEET_TESTS_RUN_RECORDING_FILE_SYSTEM_H_
#define SOFTFLEET_TESTS_RUN_RECORDING_FILE_SYSTEM_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "core/mutex.h"
#include "core/status.h"

namespace softfleet {

class RecordingFileSystem : public FileSystem {
 public:
  // "sync a/b", "sync directory a", "rename a/b to a/c", in their order. To be
  // read while no other thread writes.
  std::vector<std::string> log;

  absl::StatusOr<std::string> Read(const std::string& path) override {
    return real_.Read(path);
  }
  absl::StatusOr<std::unique_ptr<WritableFile>> Open(const std::string& path,
                                                     OpenMode mode) override {
    SF_ASSIGN_OR_RETURN(auto file, real_.Open(path, mode));
    return std::make_unique<File>(std::move(file), path, *this);
  }
  bool Exists(const std::string& path) override { return real_.Exists(path); }
  absl::StatusOr<uint64_t> Size(const std::string& path) override {
    return real_.Size(path);
  }
  absl::StatusOr<std::vector<std::string>> List(
      const std::string& directory) override {
    return real_.List(directory);
  }
  absl::Status CreateDirectories(const std::string& path) override {
    return real_.CreateDirectories(path);
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    Record(absl::StrCat("rename ", from, " to ", to));
    return real_.Rename(from, to);
  }
  absl::Status Remove(const std::string& path) override {
    return real_.Remove(path);
  }
  absl::Status RemoveAll(const std::string& path) override {
    return real_.RemoveAll(path);
  }
  absl::Status Truncate(const std::string& path, uint64_t size) override {
    return real_.Truncate(path, size);
  }
  absl::Status SyncDirectory(const std::string& directory) override {
    Record(absl::StrCat("sync directory ", directory));
    return absl::OkStatus();
  }
  absl::StatusOr<std::unique_ptr<FileLock>> Lock(
      const std::string& path) override {
    return real_.Lock(path);
  }

 private:
  class File : public WritableFile {
   public:
    File(std::unique_ptr<WritableFile> real, std::string path,
         RecordingFileSystem& recorder)
        : real_(std::move(real)), path_(std::move(path)), recorder_(recorder) {}
    absl::Status Append(absl::string_view bytes) override {
      return real_->Append(bytes);
    }
    absl::Status Sync() override {
      recorder_.Record(absl::StrCat("sync ", path_));
      return absl::OkStatus();
    }
    absl::Status Close() override { return real_->Close(); }

   private:
    const std::unique_ptr<WritableFile> real_;
    const std::string path_;
    RecordingFileSystem& recorder_;
  };

  void Record(std::string line) {
    MutexLock lock(mutex_);
    log.push_back(std::move(line));
  }

  FileSystem& real_ = RealFileSystem();
  Mutex mutex_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_RUN_RECORDING_FILE_SYSTEM_H_
