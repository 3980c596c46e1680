// SPDX-License-Identifier: Apache-2.0
#include "cli/report_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "cli/machine.h"
#include "run/config.h"
#include "tests/cli/run_fixture.h"
#include "tests/core/test_directory.h"

namespace softfleet {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ReportData GatherOrFail(const std::string& run_dir) {
  auto data = GatherReport(RealFileSystem(), run_dir);
  EXPECT_TRUE(data.ok()) << data.status();
  return data.value_or(ReportData{});
}

void Write(const std::string& path, const std::string& text) {
  ASSERT_TRUE(WriteFileAtomically(RealFileSystem(), path, text).ok()) << path;
}

void Append(const std::string& path, const std::string& text) {
  const auto old = RealFileSystem().Read(path);
  Write(path, old.value_or("") + text);
}

constexpr char kMetrics[] = "step,updates,wall_seconds\n100,50,2.5\n";

TEST(ReportDataTest, AFinishedRunIsGatheredWhole) {
  const TestDirectory directory;
  const std::string run = directory / "run";
  const v1::RunConfig config = With(ShortRun("Pendulum-v1"), {"seed=5"});
  ASSERT_TRUE(Drive(RealFileSystem(), config, run).ok());
  const ReportData data = GatherOrFail(run);
  EXPECT_THAT(data.problems, IsEmpty());
  EXPECT_EQ(data.environment, "Pendulum-v1");
  EXPECT_EQ(data.config_hash, ConfigHash(config));
  EXPECT_EQ(data.config_text, EffectiveConfig(config));
  EXPECT_EQ(data.seed, 5u);
  EXPECT_EQ(data.total_steps, 600u);
  EXPECT_EQ(data.starts, 1u);
  EXPECT_EQ(data.metrics.Column("step").back(), 560);
  EXPECT_EQ(data.audit.size(), 3u);
  EXPECT_EQ(data.run_id, data.audit.back().run_id);
  EXPECT_TRUE(data.best_step.has_value());
  const ReportHeadline headline = Headline(data);
  EXPECT_TRUE(headline.finished);
  EXPECT_EQ(headline.steps, 600u);
  EXPECT_EQ(headline.wall_seconds, 0);  // the fixture's clock stands still
}

TEST(ReportDataTest, DifferencesAreThoseFromTheDefaults) {
  const TestDirectory directory;
  v1::RunConfig config;
  config.mutable_environment()->set_name("Pendulum-v1");
  config.mutable_sac()->set_gamma(0.5);
  Write(directory / "config.textproto", EffectiveConfig(config));
  const ReportData data = GatherOrFail(directory.path());
  ASSERT_EQ(data.differences.size(), 1u);
  EXPECT_EQ(data.differences[0].path, "sac.gamma");
  EXPECT_EQ(data.differences[0].stored, "0.99");
  EXPECT_EQ(data.differences[0].wanted, "0.5");
}

TEST(ReportDataTest, ARunThatWentOnAfterItsEndIsNotFinished) {
  const TestDirectory directory;
  const std::string finish =
      R"({"event":"finish","step":100,"stopped_by":"stop.patience: x",)"
      R"("wall_seconds":7.5})"
      "\n";
  Write(directory / "metrics.csv", kMetrics);
  Write(directory / "log.jsonl", "{\"torn\n" + finish);
  ReportData data = GatherOrFail(directory.path());
  EXPECT_TRUE(Headline(data).finished);
  EXPECT_EQ(data.stopped_by, "stop.patience: x");
  EXPECT_EQ(Headline(data).wall_seconds, 7.5);

  Append(directory / "metrics.csv", "200,150,9\n");
  data = GatherOrFail(directory.path());
  EXPECT_FALSE(Headline(data).finished);
  EXPECT_EQ(data.stopped_by, "");
  EXPECT_EQ(Headline(data).wall_seconds, 9);
}

TEST(ReportDataTest, MissingFilesLeaveTheirPartEmpty) {
  const TestDirectory directory;
  Write(directory / "metrics.csv", kMetrics);
  const ReportData data = GatherOrFail(directory.path());
  EXPECT_THAT(data.problems, IsEmpty());
  EXPECT_THAT(data.audit, IsEmpty());
  EXPECT_EQ(data.config_text, "");
  EXPECT_EQ(Headline(data).steps, 100u);
  EXPECT_FALSE(Headline(data).finished);
}

TEST(ReportDataTest, DamagedFilesAreNamedAndTheRestIsThere) {
  const TestDirectory directory;
  Write(directory / "run.json", "{");
  Write(directory / "audit.json", "[{}]");
  Write(directory / "config.textproto", "sac { gama: 1 }");
  Write(directory / "machine.json", "[]");
  Write(directory / "metrics.csv", kMetrics);
  const ReportData data = GatherOrFail(directory.path());
  EXPECT_THAT(data.problems,
              ElementsAre(HasSubstr("run.json"), HasSubstr("gama"),
                          HasSubstr("audit.json"), HasSubstr("machine.json")));
  EXPECT_EQ(Headline(data).updates, 50u);
}

TEST(ReportDataTest, ADirectoryThatIsNoRunIsRefused) {
  const TestDirectory directory;
  const auto data = GatherReport(RealFileSystem(), directory.path());
  EXPECT_TRUE(absl::IsNotFound(data.status()));
  EXPECT_THAT(std::string(data.status().message()),
              HasSubstr("is not a run's directory"));
}

TEST(MachineTest, WhatIsWrittenIsReadBackInItsOrder) {
  const TestDirectory directory;
  const MachineFacts facts = {{"softfleet", "1"}, {"CPU", "a \"b\""}};
  const std::string path = directory / "machine.json";
  ASSERT_TRUE(WriteMachine(RealFileSystem(), path, facts).ok());
  const auto read = ReadMachine(RealFileSystem(), path);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, facts);
}

TEST(MachineTest, ThisMachineNamesItsVersionAndCores) {
  const MachineFacts facts = ThisMachine(RealFileSystem());
  for (const char* name : {"softfleet", "LibTorch", "compiler", "cores"}) {
    EXPECT_THAT(facts, Contains(Field(&MachineFacts::value_type::first, name)));
  }
}

}  // namespace
}  // namespace softfleet
