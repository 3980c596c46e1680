// SPDX-License-Identifier: Apache-2.0
#include "core/http_get.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "core/thread.h"

namespace softfleet {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr absl::Duration kLong = absl::Minutes(1);

// Takes connections on a free port and, where there is one, gives each the
// same answer.
class CannedServer {
 public:
  explicit CannedServer(std::string answer)
      : answer_(std::move(answer)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const to = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, to, size), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    EXPECT_EQ(getsockname(listener_, to, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~CannedServer() {
    shutdown(listener_, SHUT_RDWR);  // ends accept
    thread_.Join();
    close(listener_);
  }
  // Without it connections wait in the listener's queue, unanswered.
  void Run() {
    thread_ = Thread("canned", [this] {
      for (int client; (client = accept(listener_, nullptr, nullptr)) >= 0;) {
        Answer(client);
        close(client);
      }
    });
  }
  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }
  // What the last client asked; call after it has its answer.
  const std::string& request() const { return request_; }

 private:
  void Answer(int client) {
    request_.clear();
    char c;
    while (request_.find("\r\n\r\n") == std::string::npos &&
           recv(client, &c, 1, 0) == 1) {
      request_ += c;
    }
    // In small pieces, to be put together again.
    for (size_t at = 0; at < answer_.size(); at += kPiece) {
      const std::string piece = answer_.substr(at, kPiece);
      if (send(client, piece.data(), piece.size(), MSG_NOSIGNAL) < 0) return;
    }
  }

  static constexpr size_t kPiece = 1000;
  const std::string answer_;
  const int listener_;
  int port_ = 0;
  std::string request_;
  Thread thread_;
};

std::string Fetch(const std::string& answer) {
  CannedServer server(answer);
  server.Run();
  const absl::StatusOr<std::string> body =
      HttpGet(server.address(), "/metrics", kLong);
  if (!body.ok()) {
    EXPECT_EQ(body.status().code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(std::string(body.status().message()),
                StartsWith(absl::StrCat("GET http://", server.address(),
                                        "/metrics: ")));
    return std::string(body.status().message());
  }
  return *body;
}

TEST(HttpGetTest, AsksForThePathOfTheHost) {
  CannedServer server("HTTP/1.1 200 OK\r\n\r\n");
  server.Run();
  ASSERT_TRUE(HttpGet(server.address(), "/metrics", kLong).ok());
  EXPECT_THAT(
      server.request(),
      AllOf(StartsWith("GET /metrics HTTP/1.0\r\n"),
            HasSubstr(absl::StrCat("\r\nHost: ", server.address(), "\r\n"))));
}

TEST(HttpGetTest, TheBodyFollowsTheHeaders) {
  EXPECT_EQ(Fetch("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\na\r\n\r\nb"),
            "a\r\n\r\nb");
  EXPECT_EQ(Fetch("HTTP/1.0 200 OK\r\n\r\nno length"), "no length");
  std::string large(100'000, 'x');
  large[77'777] = 'y';
  EXPECT_EQ(Fetch("HTTP/1.0 200 OK\r\n\r\n" + large), large);
}

TEST(HttpGetTest, AnswersOtherThan200AreErrors) {
  EXPECT_THAT(Fetch("HTTP/1.1 404 Not Found\r\n\r\nnothing"),
              HasSubstr("HTTP/1.1 404 Not Found"));
  EXPECT_THAT(Fetch("HTTP/1.1 503 200\r\n\r\n"), HasSubstr("503"));
}

TEST(HttpGetTest, ABrokenAnswerIsAnError) {
  EXPECT_THAT(Fetch("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"),
              HasSubstr("3 of 10 bytes"));
  EXPECT_THAT(Fetch("SSH-2.0-OpenSSH_9.2\r\n"), HasSubstr("not HTTP"));
  EXPECT_THAT(Fetch(""), HasSubstr("not HTTP"));
  EXPECT_THAT(Fetch(std::string(17 << 20, 'x')), HasSubstr("longer than"));
}

TEST(HttpGetTest, NobodyListeningIsAnError) {
  std::string address;
  {
    CannedServer server("");
    address = server.address();
  }
  const absl::Status status = HttpGet(address, "/metrics", kLong).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(address), HasSubstr("refused")));
}

TEST(HttpGetTest, AServerThatNeverAnswersEndsAtTheDeadline) {
  CannedServer server("");
  const absl::Status status =
      HttpGet(server.address(), "/metrics", absl::Milliseconds(20)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr(server.address()));
}

TEST(HttpGetTest, AnAddressThatIsNoneIsRefused) {
  EXPECT_EQ(HttpGet("127.0.0.1", "/metrics", kLong).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace softfleet
