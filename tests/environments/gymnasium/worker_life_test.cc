// SPDX-License-Identifier: Apache-2.0
// Workers leave nothing behind, and outlive no parent.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/thread.h"
#include "gmock/gmock.h"
#include "tests/end_to_end/child_process.h"
#include "tests/environments/gymnasium/gymnasium_fixture.h"

namespace softfleet {
namespace {

using WorkerLife = GymnasiumTest;

const std::vector<float> kAction = {0};

TEST_F(WorkerLife, NoProcessAndNoFileIsLeft) {
  // What is made once stays.
  Make(Gymnasium("Pendulum-v1"));
  ASSERT_THAT(Children(), ::testing::IsEmpty());
  const size_t files = OpenFiles();
  {
    std::vector<std::unique_ptr<Environment>> many;
    for (int i = 0; i < 12; ++i) {
      many.push_back(Make(Gymnasium("Pendulum-v1")));
      ASSERT_TRUE(many.back()->Reset(1).ok());
    }
    EXPECT_EQ(Children().size(), 12u);
    ::kill(WorkerOf(*many[3]), SIGKILL);
    EXPECT_FALSE(many[3]->Step(kAction).ok());
  }
  EXPECT_FALSE(MakeEnvironment(Gymnasium("Nothing-v9")).ok());
  EXPECT_FALSE(MakeEnvironment(Faulty("make")).ok());
  EXPECT_THAT(Children(), ::testing::IsEmpty());
  EXPECT_EQ(OpenFiles(), files);
}

TEST_F(WorkerLife, MujocosWarningsAreNotWrittenWhereTheProgramIs) {
  const std::string log = "MUJOCO_LOG.TXT";
  ::unlink(log.c_str());
  Make(Gymnasium("HalfCheetah-v5"));  // its model is warned about
  EXPECT_NE(::access(log.c_str(), F_OK), 0);
}

TEST_F(WorkerLife, AWorkerInheritsNoOtherFile) {
  // Files of this process that are not closed on exec.
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const auto pendulum = Make(Gymnasium("Pendulum-v1"));
  char link[64] = {};
  for (const int file : {ends[0], ends[1]}) {
    const std::string path =
        absl::StrCat("/proc/", WorkerOf(*pendulum), "/fd/", file);
    const ssize_t size = ::readlink(path.c_str(), link, sizeof(link));
    const std::string theirs(link, size > 0 ? size : 0);
    const ssize_t own = ::readlink(absl::StrCat("/proc/self/fd/", file).c_str(),
                                   link, sizeof(link));
    EXPECT_NE(theirs, std::string(link, own));
    ::close(file);
  }
}

TEST_F(WorkerLife, ItOutlivesTheThreadThatMadeIt) {
  std::unique_ptr<Environment> pendulum;
  Thread("maker", [&] { pendulum = Make(Gymnasium("Pendulum-v1")); }).Join();
  for (uint64_t seed = 0; seed < 20; ++seed) {
    ASSERT_TRUE(pendulum->Reset(seed).ok());
    ASSERT_TRUE(pendulum->Step(kAction).ok());
  }
}

TEST_F(WorkerLife, AnInterruptFromTheTerminalIsNotForIt) {
  const auto pendulum = Make(Gymnasium("Pendulum-v1"));
  EXPECT_NE(::getpgid(WorkerOf(*pendulum)), ::getpgrp());
}

TEST_F(WorkerLife, ThreadsMayEachHaveTheirOwn) {
  std::atomic<int> right = 0;
  {
    std::vector<Thread> threads;
    for (uint64_t t = 0; t < 6; ++t) {
      threads.emplace_back("stepper", [t, &right] {
        const auto made = Make(Gymnasium("softfleet/EverySpace-v0"));
        for (uint64_t seed = 0; seed < 20; ++seed) {
          if (!made->Reset(100 * t + seed).ok()) return;
          for (int i = 0; i < 50; ++i) {
            if (!made->Step(0).ok()) return;
          }
          right +=
              Floats(*made, 4)[0] == static_cast<float>(100 * t + seed + 50);
        }
      });
    }
  }
  EXPECT_EQ(right, 6 * 20);
}

// worker_parent has two workers; one of them never returns from its step.
TEST_F(WorkerLife, ItEndsWithItsParentEvenInTheMiddleOfAStep) {
  ChildProcess parent({SOFTFLEET_BINARY_DIR "/bin/worker_parent"},
                      SOFTFLEET_SOURCE_DIR);
  ASSERT_TRUE(parent.WaitFor("hanging now")) << parent.err();
  std::vector<pid_t> workers;
  for (const absl::string_view word : absl::StrSplit(parent.out(), ' ')) {
    int pid = 0;
    if (absl::SimpleAtoi(word, &pid)) workers.push_back(pid);
  }
  ASSERT_EQ(workers.size(), 2u);
  parent.Signal(SIGKILL);
  for (const pid_t worker : workers) {
    EXPECT_TRUE(EndsWithin(worker, absl::Seconds(20)));
  }
}

}  // namespace
}  // namespace softfleet
