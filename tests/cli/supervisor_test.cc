// SPDX-License-Identifier: Apache-2.0
// Real processes (/bin/sh), time from a fake clock.
#include "cli/supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <csignal>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/file_system.h"
#include "tests/core/test_directory.h"

namespace softfleet {
namespace {

using testing::Contains;
using testing::HasSubstr;

class SupervisorTest : public testing::Test {
 protected:
  ProcessSpec Shell(const std::string& script) {
    return {"child", {"/bin/sh", "-c", script}, directory_ / "child.log"};
  }

  // Runs until `condition` or ten real seconds; the supervisor's last word.
  template <typename Condition>
  absl::Status RunUntil(const Condition& condition) {
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    while (!condition()) {
      const absl::Status status = supervisor_.RunOnce();
      if (!status.ok()) return status;
      if (absl::Now() > deadline) return absl::DeadlineExceededError("10 s");
      ::poll(nullptr, 0, 1);
    }
    return absl::OkStatus();
  }
  std::string Log() {
    return RealFileSystem().Read(directory_ / "child.log").value_or("");
  }

  const TestDirectory directory_;
  FakeClock clock_;
  std::vector<std::string> notes_;
  Supervisor supervisor_{
      clock_, [this](const std::string& note) { notes_.push_back(note); }};
};

TEST_F(SupervisorTest, AProcessThatEndsWellIsDoneAndStaysDown) {
  ASSERT_TRUE(supervisor_.Add(Shell("echo hello")).ok());
  ASSERT_TRUE(RunUntil([&] { return supervisor_.done(0); }).ok());
  clock_.Advance(absl::Seconds(100));
  ASSERT_TRUE(supervisor_.RunOnce().ok());
  EXPECT_FALSE(supervisor_.running(0));
  EXPECT_EQ(supervisor_.restarts(), 0);
  EXPECT_EQ(Log(), "hello\n");
}

TEST_F(SupervisorTest, AKilledProcessIsStartedAgainAfterTheDelay) {
  ASSERT_TRUE(supervisor_.Add(Shell("exec sleep 100")).ok());
  const pid_t first = supervisor_.pid(0);
  supervisor_.Signal(0, SIGKILL);
  ASSERT_TRUE(RunUntil([&] { return !supervisor_.running(0); }).ok());
  EXPECT_THAT(notes_, Contains(HasSubstr("child ended with signal 9")));
  ASSERT_TRUE(supervisor_.RunOnce().ok());
  EXPECT_FALSE(supervisor_.running(0)) << "the delay has not passed";
  clock_.Advance(Supervisor::kFirstDelay);
  ASSERT_TRUE(supervisor_.RunOnce().ok());
  EXPECT_TRUE(supervisor_.running(0));
  EXPECT_NE(supervisor_.pid(0), first);
  EXPECT_EQ(supervisor_.restarts(), 1);
}

TEST_F(SupervisorTest, WhatBlamesItsInputEndsTheWholeWithItsLastWords) {
  ASSERT_TRUE(supervisor_.Add(Shell("echo one; echo two; exit 2")).ok());
  const absl::Status status = RunUntil([] { return false; });
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("child ended with exit code 2"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("one\n  two"));
}

TEST_F(SupervisorTest, DelaysDoubleAndAProcessThatOnlyDiesIsGivenUp) {
  ASSERT_TRUE(supervisor_.Add(Shell("exit 1")).ok());
  std::vector<absl::Duration> delays;
  absl::Status status;
  while (status.ok()) {
    status = RunUntil([&] { return !supervisor_.running(0); });
    if (!status.ok()) break;
    const absl::Duration down = clock_.Monotonic();
    while (!supervisor_.running(0) && status.ok()) {
      clock_.Advance(absl::Milliseconds(50));
      status = supervisor_.RunOnce();
      if (supervisor_.restarts() > static_cast<int>(delays.size())) {
        delays.push_back(clock_.Monotonic() - down);
      }
    }
  }
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(absl::StrCat(Supervisor::kMostDeaths, "th time")));
  ASSERT_EQ(delays.size(), Supervisor::kMostDeaths - 1u);
  EXPECT_EQ(delays[0], Supervisor::kFirstDelay);
  EXPECT_EQ(delays[2], 4 * Supervisor::kFirstDelay);
  EXPECT_EQ(delays.back(), Supervisor::kLongestDelay);
}

TEST_F(SupervisorTest, AProcessThatWasWellBeginsItsDelaysAnew) {
  ASSERT_TRUE(supervisor_.Add(Shell("exec sleep 100")).ok());
  for (int i = 0; i < 2 * Supervisor::kMostDeaths; ++i) {
    clock_.Advance(Supervisor::kWellAfter);
    supervisor_.Signal(0, SIGKILL);
    ASSERT_TRUE(RunUntil([&] { return !supervisor_.running(0); }).ok());
    clock_.Advance(Supervisor::kFirstDelay);
    ASSERT_TRUE(supervisor_.RunOnce().ok());
    ASSERT_TRUE(supervisor_.running(0));
  }
}

TEST_F(SupervisorTest, OnceStoppingNothingIsStartedAgain) {
  ASSERT_TRUE(supervisor_.Add(Shell("exec sleep 100")).ok());
  supervisor_.StopRestarting();
  supervisor_.Signal(0, SIGTERM);
  ASSERT_TRUE(RunUntil([&] { return !supervisor_.running(0); }).ok());
  clock_.Advance(absl::Seconds(100));
  ASSERT_TRUE(supervisor_.RunOnce().ok());
  EXPECT_FALSE(supervisor_.running(0));
}

TEST_F(SupervisorTest, AProgramThatIsNotThereIsNamed) {
  const auto added = supervisor_.Add(
      {"child", {directory_ / "nothing"}, directory_ / "child.log"});
  EXPECT_EQ(added.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(added.status().message()), HasSubstr("nothing"));
}

}  // namespace
}  // namespace softfleet
