// SPDX-License-Identifier: Apache-2.0
#include "core/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace softfleet {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class LogTest : public testing::Test {
 protected:
  ~LogTest() override { SetLogLevel(LogLevel::kInfo); }
};

TEST_F(LogTest, ALineHasTimeLevelAndTextOnStandardError) {
  testing::internal::CaptureStderr();
  LogWarning("shard 2 is gone");
  EXPECT_THAT(
      testing::internal::GetCapturedStderr(),
      ContainsRegex("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
                    "\\.[0-9]{3}[+-][0-9]{2}:[0-9]{2} warning "
                    "shard 2 is gone\n$"));
}

TEST_F(LogTest, BracesAndPercentSignsAreOnlyText) {
  testing::internal::CaptureStderr();
  LogError("{} {0} %s %n {");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("{} {0} %s %n {\n"));
}

TEST_F(LogTest, LinesBelowTheLevelAreDropped) {
  testing::internal::CaptureStderr();
  LogDebug("before");
  LogInfo("told");
  SetLogLevel(LogLevel::kError);
  LogWarning("quiet");
  LogError("loud");
  SetLogLevel(LogLevel::kOff);
  LogError("nothing");
  SetLogLevel(LogLevel::kDebug);
  LogDebug("detail");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_THAT(text, Not(HasSubstr("before")));
  EXPECT_THAT(text, HasSubstr("told"));
  EXPECT_THAT(text, Not(HasSubstr("quiet")));
  EXPECT_THAT(text, HasSubstr("loud"));
  EXPECT_THAT(text, Not(HasSubstr("nothing")));
  EXPECT_THAT(text, HasSubstr("detail"));
}

TEST_F(LogTest, LevelsHaveNames) {
  EXPECT_EQ(*ParseLogLevel("debug"), LogLevel::kDebug);
  EXPECT_EQ(*ParseLogLevel("info"), LogLevel::kInfo);
  EXPECT_EQ(*ParseLogLevel("warning"), LogLevel::kWarning);
  EXPECT_EQ(*ParseLogLevel("error"), LogLevel::kError);
  EXPECT_EQ(*ParseLogLevel("off"), LogLevel::kOff);
  EXPECT_THAT(ParseLogLevel("loud").status().ToString(), HasSubstr("loud"));
}

}  // namespace
}  // namespace softfleet
