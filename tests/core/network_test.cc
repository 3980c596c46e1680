// SPDX-License-Identifier: Apache-2.0
#include "core/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace softfleet {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(ParseAddressTest, ReadsNamesNumbersAndBrackets) {
  EXPECT_EQ(*ParseAddress("127.0.0.1:7200"), (Address{"127.0.0.1", 7200}));
  EXPECT_EQ(*ParseAddress("learner:1"), (Address{"learner", 1}));
  EXPECT_EQ(*ParseAddress("a-b.c_d.example:0"),
            (Address{"a-b.c_d.example", 0}));
  EXPECT_EQ(*ParseAddress("[::1]:7"), (Address{"::1", 7}));
  EXPECT_EQ(*ParseAddress("[fe80::1:2]:65535"), (Address{"fe80::1:2", 65535}));
}

TEST(ParseAddressTest, WritesWhatItReads) {
  for (const char* text : {"127.0.0.1:7200", "learner:1", "[::]:0"}) {
    EXPECT_EQ(ParseAddress(text)->ToString(), text);
  }
}

TEST(ParseAddressTest, ErrorsSayWhatWasGivenAndWhatIsExpected) {
  for (const char* text : {"",
                           ":",
                           "host",
                           "host:",
                           ":7200",
                           "host:x",
                           "host:65536",
                           "host:-1",
                           "host:+1",
                           "host: 1",
                           "host:1 ",
                           "host:99999999999999999999",
                           "::1:7",
                           "[::1]",
                           "[::1:7",
                           "[]:7",
                           "[host]:7",
                           "[::1]x:7",
                           "::1]:7",
                           "ho st:1",
                           "http://host:1",
                           "unix:/tmp/socket",
                           "host:1:2",
                           "host/path:1"}) {
    const absl::Status status = ParseAddress(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(absl::StrCat("\"", text, "\"")),
                      HasSubstr("expected host:port")));
  }
}

TEST(ParseAddressTest, EveryPortOfTheRangeIsOne) {
  for (int port = 0; port <= 65535; ++port) {
    ASSERT_EQ(ParseAddress(absl::StrCat("h:", port))->port, port);
  }
  EXPECT_FALSE(ParseAddress("h:65536").ok());
}

TEST(IsLoopbackTest, IsTrueOfWhatOnlyThisMachineReaches) {
  for (const char* host : {"127.0.0.1", "127.255.255.254", "localhost",
                           "LocalHost", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(IsLoopback(host)) << host;
  }
}

TEST(IsLoopbackTest, IsFalseOfEverythingElse) {
  for (const char* host :
       {"0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "126.255.255.255",
        "1.0.0.127", "::2", "::ffff:10.0.0.1", "learner",
        "127.0.0.1.example.org", "localhost.example.org", ""}) {
    EXPECT_FALSE(IsLoopback(host)) << host;
  }
}

TEST(ProbeAddressTest, EverywhereIsAskedOnThisMachine) {
  EXPECT_EQ(ProbeAddress({"0.0.0.0", 7200}), (Address{"127.0.0.1", 7200}));
  EXPECT_EQ(ProbeAddress({"::", 7200}), (Address{"127.0.0.1", 7200}));
  EXPECT_EQ(ProbeAddress({"0:0::0", 7200}), (Address{"127.0.0.1", 7200}));
}

TEST(ProbeAddressTest, OtherAddressesStay) {
  for (const char* host : {"127.0.0.1", "10.0.0.1", "learner", "::1"}) {
    EXPECT_EQ(ProbeAddress({host, 9}), (Address{host, 9}));
  }
}

}  // namespace
}  // namespace softfleet
