// SPDX-License-Identifier: Apache-2.0
#include "run/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/core/test_directory.h"

namespace softfleet {
namespace {

class EventLogTest : public ::testing::Test {
 protected:
  void Write(const std::string& event,
             const std::vector<EventLog::Field>& fields) {
    auto log = EventLog::Open(RealFileSystem(), path(), clock_).value();
    ASSERT_TRUE(log->Write(event, fields).ok());
  }
  std::string path() { return directory_ / "log.jsonl"; }
  std::string Content() { return RealFileSystem().Read(path()).value(); }

  TestDirectory directory_;
  FakeClock clock_;
};

TEST_F(EventLogTest, AnEventIsOneLineWithItsTime) {
  clock_.Advance(absl::Milliseconds(1500));
  Write("evaluation", {{"step", int64_t{1000}},
                       {"return", -12.5},
                       {"note", std::string("a \"quoted\" line\n")},
                       {"finished", true}});
  EXPECT_EQ(Content(),
            "{\"time\":\"1970-01-01T00:00:01.500Z\",\"event\":\"evaluation\","
            "\"step\":1000,\"return\":-12.5,"
            "\"note\":\"a \\\"quoted\\\" line\\n\",\"finished\":true}\n");
}

TEST_F(EventLogTest, ANumberThatIsNotFiniteIsNull) {
  Write("metrics", {{"loss", std::nan("")}, {"rate", HUGE_VAL}});
  EXPECT_THAT(Content(), ::testing::HasSubstr("\"loss\":null,\"rate\":null"));
}

TEST_F(EventLogTest, ALaterProcessAppendsAfterATornLine) {
  Write("start", {});
  auto file =
      RealFileSystem().Open(path(), FileSystem::OpenMode::kAppend).value();
  ASSERT_TRUE(file->Append("{\"time\":\"19").ok());
  ASSERT_TRUE(file->Close().ok());
  Write("resume", {});
  EXPECT_THAT(Content(), ::testing::ContainsRegex(
                             "\"start\"}\n\\{\"time\":\"19\n.*\"resume\"}\n"));
}

TEST_F(EventLogTest, TextThatIsNotUtf8IsReplaced) {
  Write("path", {{"name", std::string("a\xff")}});
  EXPECT_THAT(Content(), ::testing::HasSubstr("\"name\":\"a\xef\xbf\xbd\""));
}

}  // namespace
}  // namespace softfleet
