// SPDX-License-Identifier: Apache-2.0
// Memory that this process and a child have in common: a file without a name,
// which the child inherits before anybody knows its size. One owner.
#ifndef SOFTFLEET_ENVIRONMENTS_GYMNASIUM_SHARED_MEMORY_H_
#define SOFTFLEET_ENVIRONMENTS_GYMNASIUM_SHARED_MEMORY_H_

#include <cstddef>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "environments/gymnasium/file_descriptor.h"

namespace softfleet {

class SharedMemory {
 public:
  static absl::StatusOr<SharedMemory> Create();
  SharedMemory(SharedMemory&& other) noexcept;
  ~SharedMemory();

  // What the child inherits; closed by Map.
  const FileDescriptor& file() const { return file_; }
  // Gives it its size, all zeros, and maps it. Once.
  absl::Status Map(size_t size);

  // What is at an offset of the layout, aligned there for T.
  template <typename T>
  T* At(size_t offset) const {
    return reinterpret_cast<T*>(bytes_.data() + offset);
  }

 private:
  explicit SharedMemory(FileDescriptor file) : file_(std::move(file)) {}

  FileDescriptor file_;
  std::span<std::byte> bytes_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_GYMNASIUM_SHARED_MEMORY_H_
