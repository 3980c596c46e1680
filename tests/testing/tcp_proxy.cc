// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/tcp_proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/clock.h"

namespace softfleet::testing {
namespace {

constexpr size_t kPieceBytes = 16384;
// More than this on the way, and the source is not read.
constexpr size_t kMostWaiting = 1 << 20;

sockaddr_in LocalAddress(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int NewSocket() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_GE(socket, 0);
  return socket;
}

void Prepare(int socket) {
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  ::fcntl(socket, F_SETFL, O_NONBLOCK);
}

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK; }

}  // namespace

TcpProxy::TcpProxy(int target_port, const Options& options)
    : options_(options),
      target_port_(target_port),
      listener_(NewSocket()),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      random_(options.seed, Purpose::kTest) {
  sockaddr_in address = LocalAddress(0);
  socklen_t size = sizeof(address);
  EXPECT_EQ(
      ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
      0);
  EXPECT_EQ(::listen(listener_, 64), 0);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  ::fcntl(listener_, F_SETFL, O_NONBLOCK);
  port_ = ntohs(address.sin_port);
  thread_ = Thread("proxy", [this] { Run(); });
}

TcpProxy::~TcpProxy() {
  stop_ = true;
  ::eventfd_write(wake_, 1);
  thread_.Join();
  for (Connection& connection : connections_) Close(connection, true);
  ::close(listener_);
  ::close(wake_);
}

std::string TcpProxy::address() const {
  return absl::StrCat("127.0.0.1:", port_);
}

void TcpProxy::CutAll() {
  cut_all_ = true;
  ::eventfd_write(wake_, 1);
}

void TcpProxy::Run() {
  while (!stop_) {
    Wait();
    Accept();
    const bool cut_all = cut_all_.exchange(false);
    for (auto it = connections_.begin(); it != connections_.end();) {
      if (cut_all) {
        ++cuts_;
        Close(*it, true);
        it = connections_.erase(it);
      } else {
        it = Move(*it) ? std::next(it) : connections_.erase(it);
      }
    }
  }
}

void TcpProxy::Accept() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int target = NewSocket();
  const sockaddr_in address = LocalAddress(target_port_);
  if (::connect(target, reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)) != 0) {
    ::close(client);
    ::close(target);
    return;
  }
  Prepare(client);
  Prepare(target);
  uint64_t left = std::numeric_limits<uint64_t>::max();
  if (options_.mean_bytes > 0) {
    left = static_cast<uint64_t>(-std::log(1 - random_.NextUniform()) *
                                 static_cast<double>(options_.mean_bytes));
  }
  connections_.push_back({{client, target}, {}, left});
}

bool TcpProxy::Move(Connection& connection) {
  for (const int from : {0, 1}) {
    if (!Receive(connection, from) || !Deliver(connection, from)) {
      const bool cut = connection.left == 0;
      if (cut) ++cuts_;
      Close(connection, cut && random_.NextBelow(2) == 0);
      return false;
    }
  }
  return true;
}

bool TcpProxy::Receive(Connection& connection, int from) {
  Way& way = connection.ways[from];
  if (way.ended || way.waiting >= kMostWaiting) return true;
  std::string bytes(kPieceBytes, '\0');
  const ssize_t size =
      ::recv(connection.sockets[from], bytes.data(), bytes.size(), 0);
  if (size < 0) return WouldBlock();
  if (size == 0) {
    way.ended = true;
    return true;
  }
  bytes.resize(static_cast<size_t>(size));
  absl::Duration due = SystemClock().Monotonic();
  if (!healed_) due += random_.NextUniform() * options_.max_delay;
  if (!way.pieces.empty()) due = std::max(due, way.pieces.back().due);
  way.waiting += bytes.size();
  way.pieces.push_back({due, std::move(bytes)});
  return true;
}

bool TcpProxy::Deliver(Connection& connection, int from) {
  Way& way = connection.ways[from];
  const absl::Duration now = SystemClock().Monotonic();
  while (!way.pieces.empty() && way.pieces.front().due <= now) {
    std::string& bytes = way.pieces.front().bytes;
    const size_t most = healed_
                            ? bytes.size()
                            : std::min<uint64_t>(bytes.size(), connection.left);
    const ssize_t size =
        ::send(connection.sockets[1 - from], bytes.data(), most, MSG_NOSIGNAL);
    if (size < 0) return WouldBlock();
    way.waiting -= static_cast<size_t>(size);
    if (!healed_) connection.left -= static_cast<uint64_t>(size);
    if (connection.left == 0) return false;
    bytes.erase(0, static_cast<size_t>(size));
    if (!bytes.empty()) return true;
    way.pieces.pop_front();
  }
  // Either side's end is the connection's: HTTP/2 does not close by halves.
  return !way.ended || !way.pieces.empty();
}

void TcpProxy::Close(Connection& connection, bool abruptly) {
  for (const int socket : connection.sockets) {
    if (abruptly) {
      const linger reset = {.l_onoff = 1, .l_linger = 0};
      ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    }
    ::close(socket);
  }
}

void TcpProxy::Wait() {
  std::vector<pollfd> events = {{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
  int timeout = -1;
  for (const Connection& connection : connections_) {
    for (const int from : {0, 1}) {
      const Way& way = connection.ways[from];
      if (!way.ended && way.waiting < kMostWaiting) {
        events.push_back({connection.sockets[from], POLLIN, 0});
      }
      if (!way.pieces.empty()) timeout = 1;  // milliseconds
    }
  }
  ::poll(events.data(), events.size(), timeout);
  eventfd_t count;
  ::eventfd_read(wake_, &count);
}

}  // namespace softfleet::testing
