// SPDX-License-Identifier: Apache-2.0
#include "core/file_system.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace softfleet {
namespace {

constexpr mode_t kFileMode = 0644;

absl::StatusCode CodeOf(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return absl::StatusCode::kResourceExhausted;
    case ENOENT:
      return absl::StatusCode::kNotFound;
    case EACCES:
    case EROFS:
      return absl::StatusCode::kPermissionDenied;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::Status Error(absl::string_view operation, absl::string_view path,
                   int error) {
  return absl::Status(CodeOf(error),
                      absl::StrCat(operation, " ", path, ": ",
                                   std::generic_category().message(error)));
}

absl::Status ToStatus(absl::string_view operation, absl::string_view path,
                      const std::error_code& error) {
  if (!error) return absl::OkStatus();
  return Error(operation, path, error.value());
}

// Calls `call` again while a signal interrupts it.
template <typename Call>
auto Retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

absl::StatusOr<Descriptor> OpenDescriptor(absl::string_view operation,
                                          const std::string& path, int flags) {
  const int fd =
      Retry([&] { return ::open(path.c_str(), flags | O_CLOEXEC, kFileMode); });
  if (fd < 0) return Error(operation, path, errno);
  return Descriptor(fd);
}

class PosixWritableFile : public WritableFile {
 public:
  PosixWritableFile(std::string path, Descriptor descriptor)
      : path_(std::move(path)), descriptor_(std::move(descriptor)) {}

  absl::Status Append(absl::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = Retry([&] {
        return ::write(descriptor_.get(), bytes.data(), bytes.size());
      });
      if (written < 0) return Error("write", path_, errno);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return absl::OkStatus();
  }

  absl::Status Sync() override {
    if (Retry([&] { return ::fdatasync(descriptor_.get()); }) != 0) {
      return Error("sync", path_, errno);
    }
    return absl::OkStatus();
  }

  // An interrupted close has closed: Linux frees the descriptor first.
  absl::Status Close() override {
    const int fd = descriptor_.Release();
    if (fd >= 0 && ::close(fd) != 0 && errno != EINTR) {
      return Error("close", path_, errno);
    }
    return absl::OkStatus();
  }

 private:
  const std::string path_;
  Descriptor descriptor_;
};

class PosixFileLock : public FileLock {
 public:
  explicit PosixFileLock(Descriptor descriptor)
      : descriptor_(std::move(descriptor)) {}

 private:
  Descriptor descriptor_;
};

class PosixFileSystem : public FileSystem {
 public:
  absl::StatusOr<std::string> Read(const std::string& path) override {
    SF_ASSIGN_OR_RETURN(const Descriptor descriptor,
                        OpenDescriptor("read", path, O_RDONLY));
    struct stat info;
    if (::fstat(descriptor.get(), &info) != 0) {
      return Error("read", path, errno);
    }
    return ReadAll(path, descriptor.get(), static_cast<size_t>(info.st_size));
  }

  absl::StatusOr<std::unique_ptr<WritableFile>> Open(const std::string& path,
                                                     OpenMode mode) override {
    const int flags = mode == OpenMode::kAppend ? O_APPEND : O_TRUNC;
    SF_ASSIGN_OR_RETURN(
        Descriptor descriptor,
        OpenDescriptor("open", path, O_WRONLY | O_CREAT | flags));
    return std::make_unique<PosixWritableFile>(path, std::move(descriptor));
  }

  bool Exists(const std::string& path) override {
    struct stat info;
    return ::stat(path.c_str(), &info) == 0;
  }

  absl::StatusOr<uint64_t> Size(const std::string& path) override {
    struct stat info;
    if (::stat(path.c_str(), &info) != 0) return Error("stat", path, errno);
    return static_cast<uint64_t>(info.st_size);
  }

  absl::StatusOr<std::vector<std::string>> List(
      const std::string& directory) override {
    std::error_code error;
    std::vector<std::string> names;
    std::filesystem::directory_iterator entry(directory, error);
    for (; !error && entry != std::filesystem::directory_iterator();
         entry.increment(error)) {
      names.push_back(entry->path().filename().string());
    }
    SF_RETURN_IF_ERROR(ToStatus("list", directory, error));
    std::sort(names.begin(), names.end());
    return names;
  }

  absl::Status CreateDirectories(const std::string& path) override {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    return ToStatus("create directory", path, error);
  }

  absl::Status Rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) {
      return Error("rename", absl::StrCat(from, " to ", to), errno);
    }
    return absl::OkStatus();
  }

  absl::Status Remove(const std::string& path) override {
    if (::remove(path.c_str()) != 0) return Error("remove", path, errno);
    return absl::OkStatus();
  }

  absl::Status RemoveAll(const std::string& path) override {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    return ToStatus("remove", path, error);
  }

  absl::Status Truncate(const std::string& path, uint64_t size) override {
    const int result = Retry(
        [&] { return ::truncate(path.c_str(), static_cast<off_t>(size)); });
    if (result != 0) return Error("truncate", path, errno);
    return absl::OkStatus();
  }

  absl::Status SyncDirectory(const std::string& directory) override {
    SF_ASSIGN_OR_RETURN(
        const Descriptor descriptor,
        OpenDescriptor("sync directory", directory, O_RDONLY | O_DIRECTORY));
    if (Retry([&] { return ::fsync(descriptor.get()); }) != 0) {
      return Error("sync directory", directory, errno);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<FileLock>> Lock(
      const std::string& path) override {
    SF_ASSIGN_OR_RETURN(Descriptor descriptor,
                        OpenDescriptor("lock", path, O_RDWR | O_CREAT));
    if (Retry([&] { return ::flock(descriptor.get(), LOCK_EX | LOCK_NB); }) ==
        0) {
      return std::make_unique<PosixFileLock>(std::move(descriptor));
    }
    if (errno != EWOULDBLOCK) return Error("lock", path, errno);
    return absl::UnavailableError(
        absl::StrCat("lock ", path, ": held by somebody else"));
  }

 private:
  // The size is a hint: a file may grow while it is read, and files of /proc
  // say 0.
  static absl::StatusOr<std::string> ReadAll(const std::string& path, int fd,
                                             size_t size_hint) {
    constexpr size_t kLeastRoom = 4096;
    std::string contents(size_hint + 1, '\0');
    size_t filled = 0;
    while (true) {
      if (filled == contents.size()) contents.resize(filled * 2 + kLeastRoom);
      const ssize_t got = Retry([&] {
        return ::read(fd, &contents[filled], contents.size() - filled);
      });
      if (got < 0) return Error("read", path, errno);
      if (got == 0) break;
      filled += static_cast<size_t>(got);
    }
    contents.resize(filled);
    return contents;
  }
};

absl::Status WriteAndClose(FileSystem& files, const std::string& path,
                           absl::string_view contents) {
  SF_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file,
                      files.Open(path, FileSystem::OpenMode::kReplace));
  SF_RETURN_IF_ERROR(file->Append(contents));
  SF_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

}  // namespace

FileSystem& RealFileSystem() {
  static PosixFileSystem* const files = new PosixFileSystem;
  return *files;
}

absl::Status WriteFileAtomically(FileSystem& files, const std::string& path,
                                 absl::string_view contents) {
  const std::string temporary = absl::StrCat(path, ".tmp");
  absl::Status status = WriteAndClose(files, temporary, contents);
  if (status.ok()) status = files.Rename(temporary, path);
  if (!status.ok()) {
    files.Remove(temporary).IgnoreError();
    return status;
  }
  return files.SyncDirectory(ParentPath(path));
}

absl::Status CreateDirectoriesDurably(FileSystem& files,
                                      const std::string& path) {
  std::vector<std::string> parents = {ParentPath(path)};
  while (!files.Exists(parents.back())) {
    parents.push_back(ParentPath(parents.back()));
  }
  SF_RETURN_IF_ERROR(files.CreateDirectories(path));
  for (const std::string& parent : parents) {
    SF_RETURN_IF_ERROR(files.SyncDirectory(parent));
  }
  return absl::OkStatus();
}

std::string JoinPath(absl::string_view directory, absl::string_view name) {
  if (directory.empty()) return std::string(name);
  return absl::StrCat(directory, directory.back() == '/' ? "" : "/", name);
}

std::string ParentPath(absl::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos) return ".";
  path = path.substr(0, slash);
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  return path.empty() ? "/" : std::string(path);
}

}  // namespace softfleet
