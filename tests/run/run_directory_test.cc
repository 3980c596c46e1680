// SPDX-License-Identifier: Apache-2.0
#include "run/run_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/fault_file_system.h"
#include "run/config.h"
#include "tests/core/test_directory.h"
#include "tests/run/config_testing.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class RunDirectoryTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<RunDirectory>> Open(
      const v1::RunConfig& config = Pendulum()) {
    return RunDirectory::Open(files_, path_, config);
  }
  // The error of opening, which must have this code.
  std::string ErrorOf(absl::StatusCode code,
                      const v1::RunConfig& config = Pendulum()) {
    const auto run = Open(config);
    EXPECT_EQ(run.status().code(), code) << run.status();
    return std::string(run.status().message());
  }
  std::string Read(const std::string& name) {
    return files_.Read(JoinPath(path_, name)).value();
  }
  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(files_.CreateDirectories(path_).ok());
    ASSERT_TRUE(WriteFileAtomically(files_, JoinPath(path_, name), text).ok());
  }

  FileSystem& files_ = RealFileSystem();
  TestDirectory directory_;
  std::string path_ = directory_ / "runs/pendulum";
};

TEST_F(RunDirectoryTest, ANewRunHasAnIdentityAndItsConfiguration) {
  const auto run = Open();
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_TRUE((*run)->created());
  EXPECT_EQ((*run)->incarnation(), 1u);
  EXPECT_THAT((*run)->run_id(), MatchesRegex("[0-9a-f]{16}"));
  EXPECT_EQ((*run)->path(), path_);
  EXPECT_EQ((*run)->File("metrics.csv"), path_ + "/metrics.csv");
  EXPECT_EQ(Read("config.textproto"), EffectiveConfig(Pendulum()));
  EXPECT_THAT(files_.List(path_).value(),
              ElementsAre("config.textproto", "lock", "run.json"));
}

TEST_F(RunDirectoryTest, RunJsonHasItsDocumentedFields) {
  const auto run = Open();
  ASSERT_TRUE(run.ok());
  const auto json = nlohmann::json::parse(Read("run.json"));
  EXPECT_EQ(json.at("format_version"), 1);
  EXPECT_EQ(json.at("run_id"), (*run)->run_id());
  EXPECT_EQ(json.at("incarnation"), 1);
  EXPECT_EQ(json.at("config"), EffectiveConfig(Pendulum()));
  absl::Time created;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full,
                              json.at("created").get<std::string>(), &created,
                              &error))
      << error;
}

TEST_F(RunDirectoryTest, EveryOpeningIsANewIncarnationOfTheSameRun) {
  const std::string run_id = Open().value()->run_id();
  for (uint64_t incarnation = 2; incarnation < 6; ++incarnation) {
    const auto run = Open();
    ASSERT_TRUE(run.ok()) << run.status();
    EXPECT_EQ((*run)->incarnation(), incarnation);
    EXPECT_EQ((*run)->run_id(), run_id);
    EXPECT_FALSE((*run)->created());
  }
}

TEST_F(RunDirectoryTest, TwoRunsHaveDifferentIdentities) {
  const std::string run_id = Open().value()->run_id();
  path_ = directory_ / "runs/other";
  EXPECT_NE(Open().value()->run_id(), run_id);
}

TEST_F(RunDirectoryTest, SlashesAtTheEndDoNotMatter) {
  Open().value();
  path_ += "//";
  const auto run = Open();
  ASSERT_TRUE(run.ok());
  EXPECT_EQ((*run)->path(), directory_ / "runs/pendulum");
  EXPECT_EQ((*run)->incarnation(), 2u);
}

TEST_F(RunDirectoryTest, ASecondWriterIsRefusedAndToldWho) {
  const auto run = Open();
  ASSERT_TRUE(run.ok());
  EXPECT_EQ(ErrorOf(absl::StatusCode::kUnavailable),
            absl::StrCat("run directory ", path_, " is in use by process ",
                         ::getpid(),
                         ": wait for it, stop it, or choose "
                         "another --run_dir"));
  EXPECT_EQ(nlohmann::json::parse(Read("run.json")).at("incarnation"), 1);
}

TEST_F(RunDirectoryTest, ALookBeforehandSaysWhatOpeningWouldAndChangesNothing) {
  EXPECT_TRUE(RunDirectory::Check(files_, path_, Pendulum()).ok());
  EXPECT_FALSE(files_.Exists(path_));
  {
    const auto run = Open();
    ASSERT_TRUE(run.ok()) << run.status();
    const absl::Status held = RunDirectory::Check(files_, path_, Pendulum());
    EXPECT_EQ(held.code(), absl::StatusCode::kUnavailable) << held;
  }
  const std::string before = Read("run.json");
  EXPECT_TRUE(RunDirectory::Check(files_, path_, Pendulum()).ok());
  v1::RunConfig other = Pendulum();
  other.set_seed(other.seed() + 1);
  const absl::Status differs = RunDirectory::Check(files_, path_, other);
  EXPECT_EQ(differs.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(differs.message()), HasSubstr("seed"));
  EXPECT_EQ(Read("run.json"), before);
}

TEST_F(RunDirectoryTest, AHolderWhoseNumberIsTornIsAnotherProcess) {
  const auto run = Open();
  ASSERT_TRUE(run.ok());
  for (const char* text : {"", "12", "x\n"}) {
    auto file = files_.Open(path_ + "/lock", FileSystem::OpenMode::kReplace);
    ASSERT_TRUE((*file)->Append(text).ok());
    EXPECT_THAT(ErrorOf(absl::StatusCode::kUnavailable),
                HasSubstr(" is in use by another process:"));
  }
}

TEST_F(RunDirectoryTest, TheLockEndsWithTheProcessHoweverItEnds) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto run = Open();
    const char answer = run.ok() ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) == 1) ::pause();
    ::_exit(1);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_THAT(ErrorOf(absl::StatusCode::kUnavailable),
              HasSubstr(absl::StrCat("is in use by process ", child, ":")));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  const auto run = Open();
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ((*run)->incarnation(), 2u);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(RunDirectoryTest, AnotherConfigurationIsRefusedWithEveryDifference) {
  Open().value();
  const std::string before = Read("run.json");
  v1::RunConfig other = Pendulum();
  other.mutable_environment()->set_name("CartPole-v1");
  other.mutable_sac()->set_gamma(0.5);
  other.set_total_steps(77);  // may change, so it is not the reason
  EXPECT_EQ(
      ErrorOf(absl::StatusCode::kFailedPrecondition, other),
      absl::StrCat("run directory ", path_,
                   " holds a run with other values (stored -> wanted):\n"
                   "  environment.name: \"Pendulum-v1\" -> \"CartPole-v1\"\n"
                   "  sac.gamma: 0.99 -> 0.5\n"
                   "restore the stored values, or choose another --run_dir"));
  EXPECT_EQ(Read("run.json"), before);
  EXPECT_EQ(Read("config.textproto"), EffectiveConfig(Pendulum()));
  EXPECT_TRUE(Open().ok());  // the lock is free again
}

TEST_F(RunDirectoryTest, WhatMayChangeIsTakenOver) {
  const std::string run_id = Open().value()->run_id();
  v1::RunConfig longer = Pendulum();
  longer.set_total_steps(5000000);
  longer.mutable_evaluation()->mutable_success()->set_return_at_least(-150);
  EXPECT_EQ(Open(longer).value()->run_id(), run_id);
  EXPECT_EQ(Read("config.textproto"), EffectiveConfig(longer));
  EXPECT_EQ(nlohmann::json::parse(Read("run.json")).at("config"),
            EffectiveConfig(longer));
}

TEST_F(RunDirectoryTest, AnEditedCopyOfTheConfigurationIsOnlyACopy) {
  Open().value();
  Write("config.textproto", "sac { gamma: 0.5 }");
  EXPECT_TRUE(Open().ok());
  EXPECT_EQ(Read("config.textproto"), EffectiveConfig(Pendulum()));
}

TEST_F(RunDirectoryTest, AnEmptyDirectoryIsTaken) {
  ASSERT_TRUE(files_.CreateDirectories(path_).ok());
  EXPECT_TRUE(Open().value()->created());
}

TEST_F(RunDirectoryTest, AnInterruptedCreationIsTakenOver) {
  Write("lock", "1234\n");
  Write("run.json.tmp", "{\"format_ver");
  EXPECT_TRUE(Open().value()->created());
  EXPECT_THAT(files_.List(path_).value(),
              ElementsAre("config.textproto", "lock", "run.json"));
}

TEST_F(RunDirectoryTest, TheFolderOfALocalClusterIsNoObstacle) {
  Write("cluster", "");
  EXPECT_TRUE(Open().ok());
}

TEST_F(RunDirectoryTest, SomebodyElsesDirectoryIsRefusedAndNotTouched) {
  for (const char* name : {"a", "b", "c", "thesis.tex"}) Write(name, "x");
  EXPECT_EQ(ErrorOf(absl::StatusCode::kInvalidArgument),
            absl::StrCat("directory ", path_,
                         " is not a run and not empty (it holds a, b, c, ...): "
                         "choose another --run_dir"));
  EXPECT_THAT(files_.List(path_).value(),
              ElementsAre("a", "b", "c", "thesis.tex"));
}

TEST_F(RunDirectoryTest, AFileIsNotADirectory) {
  const std::string file = directory_ / "file";
  ASSERT_TRUE(WriteFileAtomically(files_, file, "x").ok());
  path_ = file;
  EXPECT_EQ(ErrorOf(absl::StatusCode::kInvalidArgument),
            file + " is not a directory: choose another --run_dir");
  path_ = file + "/below";
  EXPECT_THAT(ErrorOf(absl::StatusCode::kInternal),
              AllOf(HasSubstr(path_), HasSubstr("Not a directory")));
}

TEST_F(RunDirectoryTest, NoPathIsAnError) {
  path_ = "";
  ErrorOf(absl::StatusCode::kInvalidArgument);
}

TEST_F(RunDirectoryTest, ADamagedRunJsonIsDataLossAndStays) {
  Open().value();
  const std::string whole = Read("run.json");
  for (size_t size = 0; size + 2 < whole.size(); size += 7) {
    Write("run.json", whole.substr(0, size));
    EXPECT_THAT(ErrorOf(absl::StatusCode::kDataLoss),
                AllOf(StartsWith(path_ + "/run.json is damaged ("),
                      HasSubstr("choose another --run_dir")));
    EXPECT_EQ(Read("run.json"), whole.substr(0, size));
  }
  Write("run.json", "{\"format_version\": 1, \"run_id\": 3}");
  ErrorOf(absl::StatusCode::kDataLoss);
}

TEST_F(RunDirectoryTest, ARunOfALaterProgramIsRefused) {
  Open().value();
  std::string text = Read("run.json");
  auto json = nlohmann::json::parse(text);
  json["config"] = "sac { hyper_gamma: 3 }";
  Write("run.json", json.dump());
  EXPECT_THAT(ErrorOf(absl::StatusCode::kFailedPrecondition),
              AllOf(HasSubstr("unknown key \"hyper_gamma\" in sac"),
                    HasSubstr("was written by another version")));
  json["format_version"] = 2;
  Write("run.json", json.dump());
  EXPECT_THAT(ErrorOf(absl::StatusCode::kFailedPrecondition),
              HasSubstr("has format version 2, this program reads 1"));
}

// Somebody else creates the run between the first look and the lock.
class OvertakingFileSystem : public FaultInjectingFileSystem {
 public:
  OvertakingFileSystem() : FaultInjectingFileSystem(RealFileSystem()) {}
  absl::StatusOr<std::unique_ptr<FileLock>> Lock(
      const std::string& path) override {
    run_id = RunDirectory::Open(RealFileSystem(), ParentPath(path), Pendulum())
                 .value()
                 ->run_id();
    return FaultInjectingFileSystem::Lock(path);
  }
  std::string run_id;
};

TEST_F(RunDirectoryTest, ARunThatAppearedMeanwhileIsOpenedNotReplaced) {
  OvertakingFileSystem overtaking;
  const auto run = RunDirectory::Open(overtaking, path_, Pendulum());
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ((*run)->run_id(), overtaking.run_id);
  EXPECT_EQ((*run)->incarnation(), 2u);
  EXPECT_FALSE((*run)->created());
}

// Root may write anywhere, so the refusal is played.
class ReadOnlyFileSystem : public FaultInjectingFileSystem {
 public:
  ReadOnlyFileSystem() : FaultInjectingFileSystem(RealFileSystem()) {}
  absl::Status CreateDirectories(const std::string& path) override {
    return absl::PermissionDeniedError(
        absl::StrCat("create directory ", path, ": Permission denied"));
  }
  absl::StatusOr<std::unique_ptr<FileLock>> Lock(
      const std::string& path) override {
    return absl::PermissionDeniedError(
        absl::StrCat("lock ", path, ": Permission denied"));
  }
};

TEST_F(RunDirectoryTest, AnUnwritablePlaceIsNamed) {
  ReadOnlyFileSystem read_only;
  auto run = RunDirectory::Open(read_only, path_, Pendulum());
  EXPECT_EQ(run.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(run.status().message()), HasSubstr(path_));
  Open().value();
  run = RunDirectory::Open(read_only, path_, Pendulum());
  EXPECT_EQ(run.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(run.status().message()), HasSubstr(path_));
}

}  // namespace
}  // namespace softfleet
