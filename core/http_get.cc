// SPDX-License-Identifier: Apache-2.0
#include "core/http_get.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/clock.h"
#include "core/network.h"
#include "core/status.h"

namespace softfleet {
namespace {

constexpr size_t kMostBytes = 16 << 20;

absl::Status SystemError(absl::string_view operation, int error) {
  return absl::UnavailableError(
      absl::StrCat(operation, ": ", std::strerror(error)));
}

// A TCP connection of which every operation ends at one deadline.
class Connection {
 public:
  explicit Connection(absl::Duration deadline) : deadline_(deadline) {}
  ~Connection() {
    if (socket_ >= 0) close(socket_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  absl::Status Connect(const addrinfo& to);
  absl::Status Send(absl::string_view bytes);
  // Everything until the other side closes.
  absl::StatusOr<std::string> ReadAll();

 private:
  absl::Status WaitUntilReady(short events);

  const absl::Duration deadline_;  // by the monotonic clock
  int socket_ = -1;
};

absl::Status Connection::WaitUntilReady(short events) {
  while (true) {
    const absl::Duration left = deadline_ - SystemClock().Monotonic();
    if (left <= absl::ZeroDuration()) {
      return absl::DeadlineExceededError("no answer in time");
    }
    pollfd ready = {.fd = socket_, .events = events, .revents = 0};
    // poll counts milliseconds in an int; rounded up, so as not to spin.
    const absl::Duration slice = std::min(left, absl::Hours(1));
    const int count =
        poll(&ready, 1, static_cast<int>(absl::ToInt64Milliseconds(slice)) + 1);
    if (count > 0) return absl::OkStatus();
    if (count < 0 && errno != EINTR) return SystemError("poll", errno);
  }
}

absl::Status Connection::Connect(const addrinfo& to) {
  if (socket_ >= 0) close(socket_);
  socket_ =
      socket(to.ai_family, to.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return SystemError("socket", errno);
  if (connect(socket_, to.ai_addr, to.ai_addrlen) == 0) return {};
  if (errno != EINPROGRESS) return SystemError("connect", errno);
  SF_RETURN_IF_ERROR(WaitUntilReady(POLLOUT));
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? absl::OkStatus() : SystemError("connect", error);
}

absl::Status Connection::Send(absl::string_view bytes) {
  while (!bytes.empty()) {
    SF_RETURN_IF_ERROR(WaitUntilReady(POLLOUT));
    const ssize_t sent =
        send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(sent);
    } else if (errno != EAGAIN && errno != EINTR) {
      return SystemError("send", errno);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Connection::ReadAll() {
  std::string all;
  char chunk[16 << 10];
  while (true) {
    SF_RETURN_IF_ERROR(WaitUntilReady(POLLIN));
    const ssize_t received = recv(socket_, chunk, sizeof(chunk), 0);
    if (received == 0) return all;
    if (received > 0) {
      all.append(chunk, received);
    } else if (errno != EAGAIN && errno != EINTR) {
      return SystemError("recv", errno);
    }
    if (all.size() > kMostBytes) {
      return absl::UnavailableError(
          absl::StrCat("the answer is longer than ", kMostBytes, " bytes"));
    }
  }
}

// The body of an answer, if it is whole and its status is 200.
absl::StatusOr<std::string> Body(absl::string_view answer) {
  const size_t end = answer.find("\r\n\r\n");
  if (end == absl::string_view::npos || !absl::StartsWith(answer, "HTTP/")) {
    return absl::UnavailableError("the answer is not HTTP");
  }
  const std::vector<absl::string_view> head =
      absl::StrSplit(answer.substr(0, end), "\r\n");
  const std::vector<absl::string_view> status = absl::StrSplit(head[0], ' ');
  if (status.size() < 2 || status[1] != "200") {
    return absl::UnavailableError(absl::StrCat("the answer is ", head[0]));
  }
  const absl::string_view body = answer.substr(end + 4);
  for (const absl::string_view line : head) {
    size_t length;
    if (absl::StartsWithIgnoreCase(line, "content-length:") &&
        absl::SimpleAtoi(line.substr(line.find(':') + 1), &length) &&
        length != body.size()) {
      return absl::UnavailableError(absl::StrCat("the answer has ", body.size(),
                                                 " of ", length, " bytes"));
    }
  }
  return std::string(body);
}

absl::StatusOr<std::string> Ask(const Address& address, absl::string_view path,
                                absl::Duration deadline) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(
      address.host.c_str(), absl::StrCat(address.port).c_str(), &hints, &found);
  if (error != 0) return absl::UnavailableError(gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all(found,
                                                               freeaddrinfo);
  Connection connection(deadline);
  absl::Status connected;
  for (const addrinfo* to = found; to != nullptr; to = to->ai_next) {
    connected = connection.Connect(*to);
    if (connected.ok()) break;
  }
  SF_RETURN_IF_ERROR(connected);
  SF_RETURN_IF_ERROR(connection.Send(
      absl::StrCat("GET ", path, " HTTP/1.0\r\nHost: ", address.ToString(),
                   "\r\nConnection: close\r\n\r\n")));
  SF_ASSIGN_OR_RETURN(const std::string answer, connection.ReadAll());
  return Body(answer);
}

}  // namespace

absl::StatusOr<std::string> HttpGet(absl::string_view address,
                                    absl::string_view path,
                                    absl::Duration timeout) {
  const absl::Duration deadline = SystemClock().Monotonic() + timeout;
  SF_ASSIGN_OR_RETURN(const Address parsed, ParseAddress(address));
  absl::StatusOr<std::string> body = Ask(parsed, path, deadline);
  if (body.ok()) return body;
  return Annotate(body.status(), absl::StrCat("GET http://", address, path));
}

}  // namespace softfleet
