// SPDX-License-Identifier: Apache-2.0
#include "transport/server_host.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server_builder.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/network.h"
#include "core/status.h"

namespace softfleet {
namespace {

constexpr int kKeepaliveMs = 20'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
// Half of what clients wait: who pings more often is put out.
constexpr int kLeastPingIntervalMs = 10'000;
// Who connects and says nothing of use is put out.
constexpr int kHandshakeMs = 10'000;
// One client's calls at a time; programs of a run need fewer than ten.
constexpr int kMaxConcurrentStreams = 128;
// What all connections together may buffer; the tables come on top.
constexpr size_t kBufferBytes = size_t{1} << 30;

// Why nobody can listen there, asked of the system by trying.
int BindError(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(),
                    &hints, &found) != 0) {
    return EADDRNOTAVAIL;
  }
  int error = 0;
  const int socket = ::socket(found->ai_family, found->ai_socktype, 0);
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (::bind(socket, found->ai_addr, found->ai_addrlen) != 0 ||
      ::listen(socket, 1) != 0) {
    error = errno;
  }
  ::close(socket);
  ::freeaddrinfo(found);
  return error;
}

absl::Status ListenError(const Address& address) {
  const int error = BindError(address);
  const std::string reason = error == 0 ? "unknown" : std::strerror(error);
  const char* const advice =
      error == EADDRNOTAVAIL
          ? "listen on an address of this machine, such as 127.0.0.1, or on "
            "0.0.0.0 for all of them"
      : error == EACCES ? "take a port above 1023"
                        : "stop the process that listens there (ss -ltnp "
                          "shows it), or take another port";
  return absl::UnavailableError(absl::StrCat(
      "cannot listen on ", address.ToString(), ": ", reason, "; ", advice));
}

void SetLimits(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  const std::pair<const char*, int> arguments[] = {
      {GRPC_ARG_ALLOW_REUSEPORT, 0},  // a taken port is an error
      {GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs},
      {GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs},
      {GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1},
      {GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0},
      {GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
       kLeastPingIntervalMs},
      {GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMs},
      {GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxConcurrentStreams},
  };
  for (const auto& [name, value] : arguments) {
    builder.AddChannelArgument(name, value);
  }
  grpc::ResourceQuota quota("softfleet");
  quota.Resize(kBufferBytes);
  builder.SetResourceQuota(quota);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServerHost>> ServerHost::Start(Options options) {
  SF_ASSIGN_OR_RETURN(Address address, ParseAddress(options.address));
  if (options.services.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.address, ": a server needs a service"));
  }
  SF_ASSIGN_OR_RETURN(std::shared_ptr<grpc::ServerCredentials> credentials,
                      MakeServerCredentials(options.address, options.security));
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  SetLimits(builder);
  int port = 0;
  builder.AddListeningPort(address.ToString(), credentials, &port);
  for (grpc::Service* service : options.services) {
    builder.RegisterService(service);
  }
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port <= 0) return ListenError(address);
  server->GetHealthCheckService()->SetServingStatus(false);
  address.port = port;
  std::unique_ptr<ServerHost> host(new ServerHost);
  host->server_ = std::move(server);
  host->port_ = port;
  host->address_ = address.ToString();
  return host;
}

ServerHost::~ServerHost() { Drain(absl::ZeroDuration()); }

void ServerHost::SetServing(const std::string& service, bool serving) {
  server_->GetHealthCheckService()->SetServingStatus(service, serving);
}

void ServerHost::Drain(absl::Duration grace) {
  server_->GetHealthCheckService()->Shutdown();
  server_->Shutdown(absl::ToChronoTime(absl::Now() + grace));
  server_->Wait();
}

}  // namespace softfleet
