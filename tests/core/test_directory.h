// SPDX-License-Identifier: Apache-2.0
// A fresh directory for one test, removed with everything in it at the end.
#ifndef SOFTFLEET_TESTS_CORE_TEST_DIRECTORY_H_
#define SOFTFLEET_TESTS_CORE_TEST_DIRECTORY_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>

#include "absl/strings/string_view.h"
#include "core/file_system.h"

namespace softfleet {

class TestDirectory {
 public:
  TestDirectory() : path_(testing::TempDir() + "/softfleet_XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) {
      ADD_FAILURE() << "no directory " << path_;
    }
  }
  ~TestDirectory() { RealFileSystem().RemoveAll(path_).IgnoreError(); }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(absl::string_view name) const {
    return JoinPath(path_, name);
  }

 private:
  std::string path_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_CORE_TEST_DIRECTORY_H_
