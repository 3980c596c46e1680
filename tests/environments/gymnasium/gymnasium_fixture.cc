// SPDX-License-Identifier: Apache-2.0
#include "tests/environments/gymnasium/gymnasium_fixture.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "environments/observation_buffer.h"
#include "gmock/gmock.h"
#include "tests/testing/python.h"

namespace softfleet {

void GymnasiumTest::SetUp() {
  const absl::StatusOr<std::string> python = testing::TestPython();
  if (!python.ok()) GTEST_SKIP() << python.status().message();
  ::setenv("SOFTFLEET_PYTHON", python->c_str(), 1);
  ::setenv("PYTHONPATH", SOFTFLEET_SOURCE_DIR "/tests/data/gymnasium", 1);
  ::setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
}

EnvironmentOptions Gymnasium(const std::string& id) {
  EnvironmentOptions options;
  options.gymnasium = id;
  if (absl::StartsWith(id, "softfleet/")) {
    options.module = "softfleet_test_environments";
  }
  options.step_deadline = absl::Seconds(60);
  return options;
}

EnvironmentOptions Faulty(const std::string& fault) {
  EnvironmentOptions options = Gymnasium("softfleet/Faulty-v0");
  options.settings.push_back({"fault", {}, {}, fault});
  return options;
}

std::unique_ptr<Environment> Make(const EnvironmentOptions& options) {
  return MakeEnvironment(options).value();
}

pid_t WorkerOf(const Environment& environment) {
  return dynamic_cast<const GymnasiumEnvironment&>(environment).worker();
}

std::vector<float> Floats(const Environment& environment, size_t group) {
  ObservationBuffer buffer(environment.spec());
  buffer.Read(environment);
  const auto bytes = buffer.groups()[group];
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::vector<int> Bytes(const Environment& environment, size_t group) {
  ObservationBuffer buffer(environment.spec());
  buffer.Read(environment);
  std::vector<int> values;
  for (const std::byte byte : buffer.groups()[group]) {
    values.push_back(std::to_integer<int>(byte));
  }
  return values;
}

std::vector<pid_t> Children() {
  std::vector<pid_t> children;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "children");
    for (pid_t pid = 0; file >> pid;) children.push_back(pid);
  }
  return children;
}

size_t OpenFiles() {
  const std::filesystem::directory_iterator files("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(files), end(files)));
}

bool EndsWithin(pid_t pid, absl::Duration deadline) {
  const FileDescriptor file(
      static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!file.open()) return errno == ESRCH;
  // It can be read when the process has ended.
  pollfd poll = {file.number(), POLLIN, 0};
  const auto timeout = absl::ToInt64Milliseconds(deadline);
  return ::poll(&poll, 1, static_cast<int>(timeout)) == 1;
}

void ExpectError(const absl::Status& status, absl::StatusCode code,
                 const std::string& part) {
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(part));
}

}  // namespace softfleet
