// SPDX-License-Identifier: Apache-2.0
#include "evaluation/report_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "run/config.h"
#include "tests/core/test_directory.h"

namespace softfleet {
namespace {

using ::testing::ElementsAre;
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

TEST(ReportDataTest, AnyKindOfEnvironmentIsNamed) {
  for (const char* kind : {"name", "plugin", "gymnasium"}) {
    SCOPED_TRACE(kind);
    const TestDirectory directory;
    v1::RunConfig config;
    ASSERT_TRUE(
        ApplyOverride(absl::StrCat("environment.", kind, "=some"), &config)
            .ok());
    Write(directory / "config.textproto", EffectiveConfig(config));
    const ReportData data = GatherOrFail(directory.path());
    EXPECT_EQ(data.environment, "some");
    EXPECT_THAT(data.differences, IsEmpty());
  }
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

}  // namespace
}  // namespace softfleet
