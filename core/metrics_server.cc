// SPDX-License-Identifier: Apache-2.0
#include "core/metrics_server.h"

#include <netdb.h>
#include <prometheus/exposer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/mutex.h"
#include "core/status.h"
#include "core/thread.h"

namespace softfleet {
namespace {

constexpr char kWhatToDo[] =
    "; give --metrics_listen another address, port 0 for any free port";

absl::Status CannotListen(absl::StatusCode code, absl::string_view address,
                          absl::string_view reason) {
  return absl::Status(code, absl::StrCat("cannot serve metrics on ", address,
                                         ": ", reason, kWhatToDo));
}

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

absl::StatusOr<Addresses> Resolve(const Address& address) {
  if (address.host.find(':') != std::string::npos) {
    return CannotListen(absl::StatusCode::kInvalidArgument, address.ToString(),
                        "Debian's web server knows IPv4 only");
  }
  addrinfo hints = {};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(
      address.host.c_str(), absl::StrCat(address.port).c_str(), &hints, &found);
  if (error != 0) {
    return CannotListen(absl::StatusCode::kInvalidArgument, address.ToString(),
                        gai_strerror(error));
  }
  return Addresses(found, freeaddrinfo);
}

// `address` with a number for its host: the web server takes no names.
absl::StatusOr<Address> Numeric(const Address& address,
                                const addrinfo& resolved) {
  char host[NI_MAXHOST];
  const int error = getnameinfo(resolved.ai_addr, resolved.ai_addrlen, host,
                                sizeof(host), nullptr, 0, NI_NUMERICHOST);
  if (error != 0) {
    return CannotListen(absl::StatusCode::kInvalidArgument, address.ToString(),
                        gai_strerror(error));
  }
  return Address{host, address.port};
}

// Why nobody can listen on `resolved`: the web server says only that it could
// not.
absl::Status Diagnose(const Address& address, const addrinfo& resolved) {
  const int listener =
      socket(resolved.ai_family, resolved.ai_socktype | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  int error = 0;
  if (bind(listener, resolved.ai_addr, resolved.ai_addrlen) != 0 ||
      listen(listener, 1) != 0) {
    error = errno;
  }
  if (listener >= 0) close(listener);
  const absl::StatusCode code = error == EADDRNOTAVAIL
                                    ? absl::StatusCode::kInvalidArgument
                                    : absl::StatusCode::kUnavailable;
  return CannotListen(
      code, address.ToString(),
      error == 0 ? "the web server did not start" : std::strerror(error));
}

// Connects and goes away.
void Knock(const Address& address) {
  const absl::StatusOr<Addresses> resolved = Resolve(ProbeAddress(address));
  if (!resolved.ok()) return;
  const addrinfo& to = **resolved;
  const int client =
      socket(to.ai_family, to.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (client < 0) return;
  connect(client, to.ai_addr, to.ai_addrlen);
  close(client);
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(
    const std::string& address, MetricRegistry& registry) {
  SF_ASSIGN_OR_RETURN(const Address parsed, ParseAddress(address));
  SF_ASSIGN_OR_RETURN(const Addresses resolved, Resolve(parsed));
  SF_ASSIGN_OR_RETURN(Address numeric, Numeric(parsed, *resolved));
  std::unique_ptr<prometheus::Exposer> exposer;
  try {  // The library reports this, and only this, by an exception.
    exposer = std::make_unique<prometheus::Exposer>(numeric.ToString());
  } catch (const std::exception&) {
    return Diagnose(parsed, *resolved);
  }
  exposer->RegisterCollectable(registry.collectable());
  numeric.port = exposer->GetListeningPorts().at(0);
  return std::unique_ptr<MetricsServer>(
      new MetricsServer(std::move(numeric), std::move(exposer)));
}

MetricsServer::MetricsServer(Address address,
                             std::unique_ptr<prometheus::Exposer> exposer)
    : address_(std::move(address)), exposer_(std::move(exposer)) {}

// The web server sees that it shall stop after the next connection, or else
// only every two seconds.
MetricsServer::~MetricsServer() {
  constexpr absl::Duration kBetweenKnocks = absl::Milliseconds(10);
  Mutex mutex;
  Condition changed;
  bool stopped = false;
  Thread stopper("metrics-stop", [&] {
    exposer_.reset();
    MutexLock lock(mutex);
    stopped = true;
    changed.NotifyAll();
  });
  MutexLock lock(mutex);
  while (!changed.WaitFor(lock, kBetweenKnocks, [&] { return stopped; })) {
    Knock(address_);
  }
}

}  // namespace softfleet
