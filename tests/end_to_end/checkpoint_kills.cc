// SPDX-License-Identifier: Apache-2.0
#include "tests/end_to_end/checkpoint_kills.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "core/file_system.h"
#include "core/philox.h"
#include "tests/end_to_end/program.h"

namespace softfleet {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kResumed[] = "resumed at step ";

// The step that a start went on from, -1 where it began anew.
int64_t ResumedAt(const std::string& err) {
  const size_t at = err.find(kResumed);
  if (at == std::string::npos) return -1;
  return std::strtoll(err.c_str() + at + sizeof(kResumed) - 1, nullptr, 10);
}

bool OneIsUnfinished(const std::string& run_dir) {
  const auto names = RealFileSystem().List(JoinPath(run_dir, "checkpoints"));
  if (!names.ok()) return false;
  return std::ranges::any_of(*names, [](const std::string& name) {
    return absl::StartsWith(name, "step-") && absl::EndsWith(name, ".tmp");
  });
}

// Waits until `process` writes a checkpoint.
void AwaitWriting(ChildProcess& process, const std::string& run_dir) {
  const absl::Time end = absl::Now() + absl::Seconds(60);
  while (!OneIsUnfinished(run_dir)) {
    ASSERT_LT(absl::Now(), end) << process.err();
    ASSERT_FALSE(process.Ended(absl::Microseconds(200))) << process.err();
  }
}

}  // namespace

void KillWhileCheckpointsAreWritten(uint64_t seed, int kills,
                                    const std::vector<std::string>& set,
                                    const std::string& config,
                                    const std::string& run_dir) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Philox random(seed, Purpose::kTest);
  int64_t newest = -1;
  int unfinished = 0;
  for (int kill = 0; kill < kills; ++kill) {
    const auto process = Start(Train(config, run_dir, set));
    // Some steps on, so that starts add up.
    ASSERT_TRUE(process->WaitFor(" steps/s")) << process->err();
    ASSERT_NO_FATAL_FAILURE(AwaitWriting(*process, run_dir));
    process->Ended(absl::Microseconds(random.NextBelow(2000)));
    process->Signal(SIGKILL);
    ASSERT_EQ(process->Wait(), 128 + SIGKILL) << process->err();
    ASSERT_THAT(process->err(), Not(HasSubstr("broken checkpoint")));
    if (kill > 0) {
      ASSERT_GE(ResumedAt(process->err()), newest);
    }
    newest = std::max(newest, ResumedAt(process->err()));
    if (OneIsUnfinished(run_dir)) ++unfinished;
  }
  std::printf("%d of %d kills left a checkpoint unfinished\n", unfinished,
              kills);
  EXPECT_GT(unfinished, 0);
  const Finished last = Softfleet(Train(config, run_dir, set));
  EXPECT_EQ(last.exit_code, 0) << last.err;
  EXPECT_THAT(last.err, Not(HasSubstr("broken checkpoint")));
}

}  // namespace softfleet
