// SPDX-License-Identifier: Apache-2.0
// A file descriptor that is closed with its owner. Not thread-safe.
#ifndef SOFTFLEET_ENVIRONMENTS_GYMNASIUM_FILE_DESCRIPTOR_H_
#define SOFTFLEET_ENVIRONMENTS_GYMNASIUM_FILE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace softfleet {

class FileDescriptor {
 public:
  explicit FileDescriptor(int number) : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  ~FileDescriptor() { Close(); }

  int number() const { return number_; }  // -1 where there is none
  bool open() const { return number_ >= 0; }
  void Close() {
    if (open()) ::close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_GYMNASIUM_FILE_DESCRIPTOR_H_
