// SPDX-License-Identifier: Apache-2.0
// What goes wrong in a worker is said, and stays there.
#include <signal.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "gmock/gmock.h"
#include "tests/environments/gymnasium/gymnasium_fixture.h"

namespace softfleet {
namespace {

using ::testing::HasSubstr;
using Code = absl::StatusCode;

const std::vector<float> kAction = {0};

// Two good steps, and the status of the third.
absl::Status ThirdStep(Environment& environment) {
  EXPECT_TRUE(environment.Reset(1).ok());
  EXPECT_TRUE(environment.Step(kAction).ok());
  EXPECT_TRUE(environment.Step(kAction).ok());
  return environment.Step(kAction).status();
}

using GymnasiumFault = GymnasiumTest;

TEST_F(GymnasiumFault, APythonThatIsNotThereIsNamed) {
  ::setenv("SOFTFLEET_PYTHON", "/nowhere/python3", 1);
  ExpectError(
      MakeEnvironment(Gymnasium("Pendulum-v1")).status(),
      Code::kFailedPrecondition,
      "Pendulum-v1: cannot start /nowhere/python3: No such file or "
      "directory; set SOFTFLEET_PYTHON to a Python 3 that has gymnasium");
}

TEST_F(GymnasiumFault, APythonWithoutGymnasiumIsNamed) {
  // -S leaves installed packages out.
  const std::string path = JoinPath(::testing::TempDir(), "bare_python");
  std::ofstream(path) << "#!/bin/sh\nexec " << std::getenv("SOFTFLEET_PYTHON")
                      << " -S \"$@\"\n";
  ::chmod(path.c_str(), 0755);
  ::setenv("SOFTFLEET_PYTHON", path.c_str(), 1);
  ExpectError(MakeEnvironment(Gymnasium("Pendulum-v1")).status(),
              Code::kFailedPrecondition,
              "cannot import gymnasium (ModuleNotFoundError: No module named "
              "'gymnasium'); install it there (");
}

TEST_F(GymnasiumFault, WhatIsNoPythonIsSaid) {
  ::setenv("SOFTFLEET_PYTHON", "/bin/false", 1);
  ExpectError(MakeEnvironment(Gymnasium("Pendulum-v1")).status(),
              Code::kAborted, "its process ended with exit code 1");
}

TEST_F(GymnasiumFault, WhatIsThrownWhileItIsMadeIsSaid) {
  ExpectError(MakeEnvironment(Faulty("make")).status(), Code::kInternal,
              "RuntimeError: no licence for this simulator");
}

TEST_F(GymnasiumFault, WhatIsThrownInAResetIsSaid) {
  const auto faulty = Make(Faulty("reset"));
  ExpectError(faulty->Reset(1), Code::kInternal,
              "softfleet/Faulty-v0: ValueError: the gripper\nis stuck");
  EXPECT_TRUE(faulty->Reset(1).ok());
}

struct Wrong {
  const char* fault;
  const char* message;
  Code code = Code::kInternal;
};

class GymnasiumStepFault : public GymnasiumTest,
                           public ::testing::WithParamInterface<Wrong> {};

TEST_P(GymnasiumStepFault, EndsTheEpisodeAndTheNextOneCanBegin) {
  const auto faulty = Make(Faulty(GetParam().fault));
  for (int episode = 0; episode < 2; ++episode) {
    ExpectError(ThirdStep(*faulty), GetParam().code,
                absl::StrCat("softfleet/Faulty-v0: ", GetParam().message));
    EXPECT_EQ(faulty->Step(kAction).status().code(), Code::kFailedPrecondition);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Faults, GymnasiumStepFault,
    ::testing::Values(
        Wrong{"step", "ZeroDivisionError: the arm has length 0"},
        Wrong{"exit", "SystemExit: 3"},
        Wrong{"nan reward", "reward is nan", Code::kDataLoss},
        Wrong{"text reward", "ValueError: could not convert string to float"},
        Wrong{"nan observation", "observation group state element 1 is nan",
              Code::kDataLoss},
        Wrong{"wrong shape",
              "ValueError: an observation has shape (1,), its space has (2,)"},
        Wrong{"no observation", "ValueError: an observation has shape ()"},
        Wrong{"short executed", "ValueError: info['executed_action'] is"}),
    [](const auto& info) {
      std::string name = info.param.fault;
      std::erase(name, ' ');
      return name;
    });

TEST_F(GymnasiumFault, TheLogHasTheTraceback) {
  const auto faulty = Make(Faulty("step"));
  ::testing::internal::CaptureStderr();
  EXPECT_FALSE(ThirdStep(*faulty).ok());
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("in deeper"));
  EXPECT_THAT(log,
              HasSubstr("raise ZeroDivisionError(\"the arm has length 0\")"));
}

struct Death {
  const char* fault;
  const char* message;
};

class GymnasiumDeath : public GymnasiumTest,
                       public ::testing::WithParamInterface<Death> {};

TEST_P(GymnasiumDeath, IsSaidAndANewOneCanBeMade) {
  const EnvironmentOptions options = Faulty(GetParam().fault);
  auto faulty = Make(options);
  const pid_t worker = WorkerOf(*faulty);
  const absl::Status status = ThirdStep(*faulty);
  ExpectError(status, Code::kAborted, GetParam().message);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(absl::StrCat("softfleet/Faulty-v0 (process ", worker)));
  EXPECT_THAT(Children(), ::testing::Not(::testing::Contains(worker)));
  ExpectError(faulty->Reset(1), Code::kAborted, GetParam().message);
  EXPECT_TRUE(faulty->state().empty());
  faulty = Make(options);
  EXPECT_TRUE(faulty->Reset(1).ok());
}

INSTANTIATE_TEST_SUITE_P(
    Deaths, GymnasiumDeath,
    ::testing::Values(
        Death{"kill",
              "its process was killed by signal 9 (Killed), by somebody "
              "or for lack of memory"},
        Death{"segfault", "was killed by signal 11 (Segmentation fault)"},
        Death{"os exit",
              "its process ended with exit code 7; it last said: the "
              "licence server has gone"},
        Death{"close files", "its process"}),
    [](const auto& info) {
      std::string name = info.param.fault;
      std::erase(name, ' ');
      return name;
    });

TEST_F(GymnasiumFault, KilledFromOutsideBetweenTwoStepsItSaysSo) {
  const auto frames = Make(Gymnasium("softfleet/Frames-v0"));
  ASSERT_TRUE(frames->Reset(1).ok());
  ASSERT_TRUE(frames->Step(kAction).ok());
  ::kill(WorkerOf(*frames), SIGKILL);
  ExpectError(frames->Step(kAction).status(), Code::kAborted,
              "killed by signal 9");
}

TEST_F(GymnasiumFault, OneThatHangsIsKilledAtTheDeadline) {
  const std::string path = JoinPath(::testing::TempDir(), "child_of_worker");
  EnvironmentOptions options = Faulty("hang with a child");
  options.settings.push_back({"file", {}, {}, path});
  options.step_deadline = absl::Milliseconds(500);
  const auto faulty = Make(options);
  const pid_t worker = WorkerOf(*faulty);
  const absl::Status status = ThirdStep(*faulty);
  ExpectError(status, Code::kDeadlineExceeded,
              "a step took longer than 500ms; its process was killed");
  EXPECT_EQ(::kill(worker, 0), -1);
  EXPECT_EQ(faulty->Reset(1), status);
  // So is what it had started.
  pid_t child = 0;
  std::ifstream(path) >> child;
  ASSERT_GT(child, 0);
  EXPECT_TRUE(EndsWithin(child, absl::Seconds(20)));
}

TEST_F(GymnasiumFault, AResetHasADeadlineToo) {
  EnvironmentOptions options = Faulty("slow reset");
  options.step_deadline = absl::Milliseconds(300);
  ExpectError(Make(options)->Reset(1), Code::kDeadlineExceeded,
              "a reset took longer than 300ms");
}

TEST_F(GymnasiumFault, WhatItPrintsGoesToTheLogHoweverMuch) {
  const auto faulty = Make(Faulty("chatter"));
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(ThirdStep(*faulty).ok());
  EXPECT_TRUE(faulty->Step(kAction).ok());
  const std::string log = ::testing::internal::GetCapturedStderr();
  const std::string name =
      absl::StrCat("softfleet/Faulty-v0 (process ", WorkerOf(*faulty), "): ");
  EXPECT_THAT(log, HasSubstr(name + "line 0\n"));
  EXPECT_THAT(log, HasSubstr(name + "line 19999\n"));
}

}  // namespace
}  // namespace softfleet
