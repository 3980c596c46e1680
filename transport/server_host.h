// SPDX-License-Identifier: Apache-2.0
// A gRPC server with health service, message limits, and an orderly end.
// Thread-safe.
#ifndef SOFTFLEET_TRANSPORT_SERVER_HOST_H_
#define SOFTFLEET_TRANSPORT_SERVER_HOST_H_

#include <grpcpp/server.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "transport/channel.h"

namespace softfleet {

class ServerHost {
 public:
  struct Options {
    std::string address = "127.0.0.1:0";  // port 0: a free one
    Security security;
    // At least one; they outlive the host.
    std::vector<grpc::Service*> services;
  };
  // Listens at once; everything is NOT_SERVING until SetServing says
  // otherwise. MakeServerCredentials' errors; Unavailable when the address
  // cannot be bound (in use, not this machine's), with what to do.
  static absl::StatusOr<std::unique_ptr<ServerHost>> Start(Options options);
  ~ServerHost();

  int port() const { return port_; }
  // host:port under which it listens.
  const std::string& address() const { return address_; }

  // What the health service says of `service` ("" = the whole, or the full
  // name, "softfleet.v1.ReplayService"). One that was never named here is
  // unknown to it.
  void SetServing(const std::string& service, bool serving);

  // NOT_SERVING, no new calls; calls in flight get `grace` to end and are then
  // cancelled. Returns when all have ended.
  void Drain(absl::Duration grace);

 private:
  ServerHost() = default;

  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  int port_ = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_TRANSPORT_SERVER_HOST_H_
