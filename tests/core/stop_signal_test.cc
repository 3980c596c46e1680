// SPDX-License-Identifier: Apache-2.0
// Signals go to child processes (death tests), never to the test itself.
#include "core/stop_signal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "core/thread.h"

namespace softfleet {
namespace {

using testing::ExitedWithCode;

class StopSignalDeathTest : public testing::TestWithParam<int> {
 protected:
  StopSignalDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

// Exits 0 if `claim` holds.
[[noreturn]] void ExitTrue(bool claim) { std::_Exit(claim ? 0 : 1); }

TEST_P(StopSignalDeathTest, TheFirstSignalAsksToStop) {
  EXPECT_EXIT(
      {
        CatchStopSignals();
        const bool before = StopRequested();
        raise(GetParam());
        ExitTrue(!before && StopRequested() &&
                 WaitForStop(absl::ZeroDuration()) &&
                 WaitForStop(absl::InfiniteDuration()));
      },
      ExitedWithCode(0), "");
}

TEST_P(StopSignalDeathTest, ASignalEndsAWait) {
  EXPECT_EXIT(
      {
        CatchStopSignals();
        Thread sender("sender", [] { kill(getpid(), GetParam()); });
        ExitTrue(WaitForStop(absl::InfiniteDuration()));
      },
      ExitedWithCode(0), "");
}

TEST_P(StopSignalDeathTest, ASecondSignalEndsTheProcessAtOnce) {
  EXPECT_EXIT(
      {
        CatchStopSignals();
        raise(SIGTERM);
        raise(GetParam());
        ExitTrue(true);
      },
      ExitedWithCode(128 + GetParam()), "");
}

INSTANTIATE_TEST_SUITE_P(Both, StopSignalDeathTest,
                         testing::Values(SIGINT, SIGTERM));

TEST(StopSignalTest, WithoutASignalAWaitEndsAtItsTimeout) {
  EXPECT_FALSE(WaitForStop(absl::Milliseconds(5)));
  EXPECT_FALSE(WaitForStop(absl::ZeroDuration()));
  EXPECT_FALSE(StopRequested());
}

}  // namespace
}  // namespace softfleet
