// SPDX-License-Identifier: Apache-2.0
// The report as a user gets it: from train, from a stop, from the command.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <string>

#include "core/file_system.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/program.h"

namespace softfleet {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

std::string Page(const std::string& path) {
  const auto text = RealFileSystem().Read(path);
  EXPECT_TRUE(text.ok()) << text.status();
  return text.value_or("");
}

TEST(ReportCommandTest, TrainEndsWithAReportAndTheCommandMakesItAgain) {
  const TestDirectory directory;
  const std::string run = directory / "run";
  const Finished train =
      Softfleet(Train(WriteShortConfig(directory.path()), run));
  ASSERT_EQ(train.exit_code, 0) << train.err;
  EXPECT_THAT(train.out, HasSubstr("report: " + run + "/report.html\n"));
  const std::string page = Page(run + "/report.html");
  EXPECT_THAT(page, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(page, HasSubstr("<p class=\"progress\">Finished: "));
  EXPECT_THAT(page, HasSubstr("<dt>CPU</dt>"));

  const std::string other = directory / "other.html";
  const Finished again =
      Softfleet({"report", "--run_dir", run, "--out", other});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.out, "report: " + other + "\n");
  EXPECT_EQ(Page(other), page);
}

TEST(ReportCommandTest, JsonHasTheHeadline) {
  const TestDirectory directory;
  const std::string run = directory / "run";
  const std::string config = WriteShortConfig(directory.path());
  ASSERT_EQ(Softfleet(Train(config, run)).exit_code, 0);
  const Finished report = Softfleet({"report", "--run_dir", run, "--json"});
  ASSERT_EQ(report.exit_code, 0) << report.err;
  const Json json = Json::parse(report.out);
  const AuditRecord last = AuditOf(run).back();
  EXPECT_EQ(json.at("finished"), true);
  EXPECT_EQ(json.at("environment"), "Pendulum-v1");
  EXPECT_EQ(json.at("step"), last.step);
  EXPECT_EQ(json.at("evaluation").at("deterministic_return_mean"),
            last.deterministic.return_mean);
}

TEST(ReportCommandTest, AStopLeavesAReportOfHowFarTheRunIs) {
  const TestDirectory directory;
  const std::string run = directory / "run";
  const auto train = Start(Train(WriteShortConfig(directory.path()), run));
  ASSERT_TRUE(train->WaitFor("step 150/")) << train->err();
  train->Signal(SIGINT);
  ASSERT_EQ(train->Wait(), 0) << train->err();
  EXPECT_THAT(train->out(), HasSubstr("report: " + run + "/report.html\n"));
  EXPECT_THAT(Page(run + "/report.html"),
              HasSubstr("<p class=\"progress\">So far: "));
}

TEST(ReportCommandTest, ARuleThatEndsTheRunIsNamed) {
  const TestDirectory directory;
  const std::string run = directory / "run";
  const Finished train = Softfleet(Train(WriteShortConfig(directory.path()),
                                         run, {"stop.target_return=-1e9"}));
  ASSERT_EQ(train.exit_code, 0) << train.err;
  const std::string page = Page(run + "/report.html");
  EXPECT_THAT(page, HasSubstr("<p class=\"progress\">Finished: "));
  EXPECT_THAT(page, HasSubstr("Ended early by stop.target_return"));
}

TEST(ReportCommandTest, AReportThatCannotBeWrittenDoesNotFailTheRun) {
  const TestDirectory directory;
  const std::string run = directory / "run";
  const std::string config = WriteShortConfig(directory.path());
  const auto stopped = Start(Train(config, run));
  ASSERT_TRUE(stopped->WaitFor("step 150/")) << stopped->err();
  stopped->Signal(SIGINT);
  ASSERT_EQ(stopped->Wait(), 0) << stopped->err();
  // A directory in its place.
  ASSERT_TRUE(RealFileSystem().Remove(run + "/report.html").ok());
  ASSERT_TRUE(RealFileSystem().CreateDirectories(run + "/report.html/x").ok());

  const Finished train = Softfleet(Train(config, run));
  EXPECT_EQ(train.exit_code, 0) << train.err;
  EXPECT_THAT(train.err, HasSubstr("no report: "));
  EXPECT_THAT(train.out, HasSubstr("policy: "));
}

TEST(ReportCommandTest, ADirectoryThatIsNoRunIsBadInput) {
  const TestDirectory directory;
  const Finished report = Softfleet({"report", "--run_dir", directory.path()});
  EXPECT_EQ(report.exit_code, 2);
  EXPECT_THAT(report.err, HasSubstr("is not a run's directory"));
}

}  // namespace
}  // namespace softfleet
