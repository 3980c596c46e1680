// SPDX-License-Identifier: Apache-2.0
// A bundle in a fresh directory, and ways to damage it.
#ifndef SOFTFLEET_TESTS_POLICY_BUNDLE_FIXTURE_H_
#define SOFTFLEET_TESTS_POLICY_BUNDLE_FIXTURE_H_

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "core/file_system.h"
#include "policy/bundle.h"
#include "tests/core/test_directory.h"

namespace softfleet::testing {

// A bundle that has a value other than the default everywhere.
PolicyBundle SomeBundle();

// Everything but Snapshot::state and act_uniformly, which bundles leave out.
void ExpectSameBundle(const PolicyBundle& actual, const PolicyBundle& expected);

class BundleFixture : public ::testing::Test {
 protected:
  std::string ReadFile(const std::string& name);
  // In place and without syncing: tests damage files thousands of times.
  void WriteFile(const std::string& name, const std::string& contents);

  void WriteSomeBundle();
  nlohmann::json ReadManifest();
  absl::Status Read() { return ReadPolicyBundle(files_, directory_).status(); }
  // The status of reading SomeBundle after `edit` of its manifest.
  absl::Status ReadAfter(const std::function<void(nlohmann::json*)>& edit);

  FileSystem& files_ = RealFileSystem();
  TestDirectory root_;
  const std::string directory_ = root_ / "policy";  // made by the first write

 private:
  std::string good_manifest_;  // once ReadAfter has written one
};

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_POLICY_BUNDLE_FIXTURE_H_
