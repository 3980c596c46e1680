// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/python.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

namespace softfleet::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Sets the environment variable while it lives.
class ScopedTestPython {
 public:
  explicit ScopedTestPython(const char* value) {
    if (const char* before = std::getenv(kName)) before_ = before;
    setenv(kName, value, 1);
  }
  ~ScopedTestPython() {
    if (before_) {
      setenv(kName, before_->c_str(), 1);
    } else {
      unsetenv(kName);
    }
  }

 private:
  static constexpr const char* kName = "SOFTFLEET_TEST_PYTHON";
  std::optional<std::string> before_;
};

TEST(TestPythonTest, AMissingInterpreterIsAReasonThatSaysWhatToDo) {
  const ScopedTestPython python("/nowhere/python");
  EXPECT_THAT(
      TestPython().status().message(),
      AllOf(HasSubstr("/nowhere/python"), HasSubstr("scripts/setup --python")));
}

TEST(TestPythonTest, AnInterpreterOfOnesOwnIsTaken) {
  const ScopedTestPython python("/bin/sh");
  EXPECT_EQ(*TestPython(), "/bin/sh");
}

TEST(TestPythonTest, ThePinnedPackagesAreThere) {
  const absl::StatusOr<std::string> python = TestPython();
  if (!python.ok()) GTEST_SKIP() << python.status().message();
  const std::string command =
      *python +
      " -c 'import Box2D, google.protobuf, grpc, gymnasium, mujoco, numpy\n"
      "assert gymnasium.__version__ == \"1.4.0\", gymnasium.__version__\n"
      "assert mujoco.__version__ == \"4.0.0\", mujoco.__version__'";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

}  // namespace
}  // namespace softfleet::testing
