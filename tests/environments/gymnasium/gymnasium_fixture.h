// SPDX-License-Identifier: Apache-2.0
// Environments of Gymnasium itself and of tests/data/gymnasium, run by the
// tests' Python. Its tests are skipped where there is none.
#ifndef SOFTFLEET_TESTS_ENVIRONMENTS_GYMNASIUM_GYMNASIUM_FIXTURE_H_
#define SOFTFLEET_TESTS_ENVIRONMENTS_GYMNASIUM_GYMNASIUM_FIXTURE_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "environments/gymnasium/gymnasium_environment.h"
#include "environments/registry.h"
#include "gtest/gtest.h"

namespace softfleet {

class GymnasiumTest : public ::testing::Test {
 protected:
  void SetUp() override;
};

// "LunarLander-v3", or "softfleet/Frames-v0" with the module that has it.
EnvironmentOptions Gymnasium(const std::string& id);
// softfleet/Faulty-v0.
EnvironmentOptions Faulty(const std::string& fault);

std::unique_ptr<Environment> Make(const EnvironmentOptions& options);
// The process of an environment that Make made.
pid_t WorkerOf(const Environment& environment);

// The current observation's group as floats, or bytes as numbers.
std::vector<float> Floats(const Environment& environment, size_t group = 0);
std::vector<int> Bytes(const Environment& environment, size_t group = 0);

// Children of this process that run or are zombies, and its open files.
std::vector<pid_t> Children();
size_t OpenFiles();

// Whether the process, anybody's child, ends within the deadline.
bool EndsWithin(pid_t pid, absl::Duration deadline);

void ExpectError(const absl::Status& status, absl::StatusCode code,
                 const std::string& part);

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_ENVIRONMENTS_GYMNASIUM_GYMNASIUM_FIXTURE_H_
