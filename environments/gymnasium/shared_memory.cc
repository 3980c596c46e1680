// SPDX-License-Identifier: Apache-2.0
#include "environments/gymnasium/shared_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace softfleet {
namespace {

absl::Status SystemError(absl::string_view what) {
  return absl::ResourceExhaustedError(
      absl::StrCat(what, ": ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<SharedMemory> SharedMemory::Create() {
  FileDescriptor file(::memfd_create("softfleet-environment", MFD_CLOEXEC));
  if (!file.open()) return SystemError("memfd_create");
  return SharedMemory(std::move(file));
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : file_(std::move(other.file_)), bytes_(std::exchange(other.bytes_, {})) {}

SharedMemory::~SharedMemory() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

absl::Status SharedMemory::Map(size_t size) {
  if (::ftruncate(file_.number(), static_cast<off_t>(size)) != 0) {
    return SystemError(absl::StrCat("shared memory of ", size, " bytes"));
  }
  void* const begin = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED,
                             file_.number(), 0);
  if (begin == MAP_FAILED) {
    return SystemError(absl::StrCat("mapping ", size, " bytes"));
  }
  bytes_ = {static_cast<std::byte*>(begin), size};
  file_.Close();
  return absl::OkStatus();
}

}  // namespace softfleet
