// SPDX-License-Identifier: Apache-2.0
#include "core/metrics_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/http_get.h"
#include "tests/core/exposition.h"

namespace softfleet {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;

constexpr absl::Duration kTimeout = absl::Minutes(1);

class MetricsServerTest : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<MetricsServer>> Start(
      const std::string& address) {
    return MetricsServer::Start(address, registry_);
  }
  std::string StartError(const std::string& address) {
    return Start(address).status().ToString();
  }
  static std::map<std::string, double> Scrape(const std::string& address) {
    const absl::StatusOr<std::string> text =
        HttpGet(address, "/metrics", kTimeout);
    EXPECT_TRUE(text.ok()) << text.status();
    return ParseExposition(text.value_or(""));
  }

  MetricRegistry registry_;
  Counter& rows_ = registry_.AddCounter({.name = "sac_test_rows_total",
                                         .kind = MetricKind::kCounter,
                                         .unit = "rows",
                                         .help = "Rows."});
};

TEST_F(MetricsServerTest, AScrapeSeesTheValuesOfThatMoment) {
  const auto server = Start("127.0.0.1:0");
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ((*server)->address(),
            absl::StrCat("127.0.0.1:", (*server)->port()));
  rows_.Increment(5);
  EXPECT_THAT(Scrape((*server)->address()),
              Contains(Pair("sac_test_rows_total", 5)));
  rows_.Increment(2);
  EXPECT_THAT(Scrape((*server)->address()),
              Contains(Pair("sac_test_rows_total", 7)));
}

TEST_F(MetricsServerTest, AScrapeRefreshesFirst) {
  MetricRefresh refresh(registry_, [&] { rows_.Increment(3); });
  const auto server = Start("127.0.0.1:0");
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_THAT(Scrape((*server)->address()),
              Contains(Pair("sac_test_rows_total", 3)));
}

TEST_F(MetricsServerTest, OnlyMetricsAreServed) {
  const auto server = Start("127.0.0.1:0");
  ASSERT_TRUE(server.ok()) << server.status();
  for (const char* path : {"/", "/etc/passwd", "/../etc/passwd"}) {
    EXPECT_FALSE(HttpGet((*server)->address(), path, kTimeout).ok()) << path;
  }
}

TEST_F(MetricsServerTest, ServersOnPortZeroTakePortsOfTheirOwn) {
  MetricRegistry other;
  const auto first = Start("127.0.0.1:0");
  const auto second = MetricsServer::Start("127.0.0.1:0", other);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE((*first)->port(), (*second)->port());
  EXPECT_THAT(Scrape((*first)->address()),
              Contains(Pair("sac_test_rows_total", 0)));
  EXPECT_EQ(Scrape((*second)->address()).count("sac_test_rows_total"), 0);
}

TEST_F(MetricsServerTest, ANameOfThisMachineIsLookedUp) {
  const auto server = Start("localhost:0");
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_THAT(Scrape(absl::StrCat("localhost:", (*server)->port())),
              Contains(Pair("sac_test_rows_total", 0)));
}

TEST_F(MetricsServerTest, ATakenPortIsAnErrorThatSaysWhatToDo) {
  const auto server = Start("127.0.0.1:0");
  ASSERT_TRUE(server.ok()) << server.status();
  const std::string address = (*server)->address();
  EXPECT_THAT(StartError(address),
              AllOf(StartsWith("UNAVAILABLE"), HasSubstr(address),
                    HasSubstr("Address already in use"),
                    HasSubstr("--metrics_listen")));
  EXPECT_THAT(Scrape(address), Contains(Pair("sac_test_rows_total", 0)));
}

TEST_F(MetricsServerTest, AnAddressThatCannotBeServedIsRefused) {
  // 192.0.2.0/24 belongs to documentation (RFC 5737), to no machine.
  EXPECT_THAT(StartError("192.0.2.1:0"),
              AllOf(StartsWith("INVALID_ARGUMENT"), HasSubstr("192.0.2.1:0"),
                    HasSubstr("--metrics_listen")));
  EXPECT_THAT(
      StartError("no-such-host.invalid:0"),
      AllOf(StartsWith("INVALID_ARGUMENT"), HasSubstr("no-such-host.invalid")));
  EXPECT_THAT(StartError("[::1]:0"),
              AllOf(StartsWith("INVALID_ARGUMENT"), HasSubstr("IPv4")));
  EXPECT_THAT(StartError("9100"),
              AllOf(StartsWith("INVALID_ARGUMENT"), HasSubstr("host:port")));
}

TEST_F(MetricsServerTest, ItsEndFreesThePort) {
  auto server = Start("127.0.0.1:0");
  ASSERT_TRUE(server.ok()) << server.status();
  const std::string address = (*server)->address();
  Scrape(address);
  server->reset();
  EXPECT_FALSE(HttpGet(address, "/metrics", kTimeout).ok());
  const auto again = Start(address);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ((*again)->address(), address);
}

}  // namespace
}  // namespace softfleet
