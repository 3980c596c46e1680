// SPDX-License-Identifier: Apache-2.0
#include "transport/channel.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/network.h"
#include "core/status.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "transport/status.h"
#include "transport/tls.h"

namespace softfleet {
namespace {

// Pings find a peer that vanished without a word within half a minute.
constexpr int kKeepaliveMs = 20'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
// The library's own waits between connection attempts would grow to two
// minutes; a shard that is back must be found soon.
constexpr int kReconnectMs = 100;
constexpr int kLongestReconnectMs = 1'000;
constexpr int kConnectTimeoutMs = 5'000;
// A container that was made anew has another address.
constexpr int kResolveAgainMs = 250;
// How often gRPC looks at sockets while no call waits, as between two tries to
// join. Its own value, five seconds, is how long a peer that has just come up
// would go unnoticed.
constexpr char kPollVariable[] = "GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS";
constexpr char kPollMs[] = "100";

// Once per process. What the libraries say of their errors comes back in
// statuses; their own lines are for who looks closer. gRPC is never shut down:
// with the last channel or server it would end its threads, and that may wait
// ten seconds for a poll of theirs to time out.
void PrepareLibraries() {
  [[maybe_unused]] static const bool prepared = [] {
    ::setenv(kPollVariable, kPollMs, /*overwrite=*/0);  // there is no argument
    grpc_init();
    gpr_set_log_function([](gpr_log_func_args* line) {
      LogDebug(absl::StrCat("grpc: ", line->message));
    });
    google::protobuf::SetLogHandler([](google::protobuf::LogLevel, const char*,
                                       int, const std::string& message) {
      LogDebug(absl::StrCat("protobuf: ", message));
    });
    return true;
  }();
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ClientCredentials(
    const Security& security, bool verify_host) {
  if (security.tls.empty()) return grpc::InsecureChannelCredentials();
  SF_RETURN_IF_ERROR(CheckTlsFiles(security.tls));
  return TlsClient(security.tls, verify_host);
}

grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLongestReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeoutMs);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS,
                   kResolveAgainMs);
  // A connection of its own, no proxy from the environment, no configuration
  // from DNS, no retries but ours.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return arguments;
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(
    const std::string& address, const Security& security, bool verify_host) {
  PrepareLibraries();
  SF_RETURN_IF_ERROR(CheckAddress(address, security));
  SF_ASSIGN_OR_RETURN(const Address parsed, ParseAddress(address));
  if (parsed.port == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(address,
                     " has port 0, which nobody can call; give the "
                     "port that the server listens on"));
  }
  SF_ASSIGN_OR_RETURN(std::shared_ptr<grpc::ChannelCredentials> credentials,
                      ClientCredentials(security, verify_host));
  return grpc::CreateCustomChannel(parsed.ToString(), credentials, Arguments());
}

}  // namespace

absl::Status CheckAddress(const std::string& address,
                          const Security& security) {
  SF_ASSIGN_OR_RETURN(const Address parsed, ParseAddress(address));
  if (!security.tls.empty() || security.insecure || IsLoopback(parsed.host)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      address,
      " is not a loopback address and nothing would be encrypted; "
      "give --tls_cert, --tls_key and --tls_ca, or --insecure where "
      "the network itself is trusted"));
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const std::string& address, const Security& security) {
  PrepareLibraries();
  SF_RETURN_IF_ERROR(CheckAddress(address, security));
  if (security.tls.empty()) return grpc::InsecureServerCredentials();
  SF_RETURN_IF_ERROR(CheckTlsFiles(security.tls));
  return TlsServer(security.tls);
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(
    const std::string& address, const Security& security) {
  return OpenChannel(address, security, /*verify_host=*/true);
}

absl::Status ProbeHealth(const std::string& address, const Security& security,
                         const std::string& service, absl::Duration timeout) {
  // The process is on this machine, whatever names its certificate has.
  SF_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel,
                      OpenChannel(address, security, /*verify_host=*/false));
  const auto stub = grpc::health::v1::Health::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  grpc::health::v1::HealthCheckResponse response;
  const grpc::Status status = stub->Check(&context, request, &response);
  if (!status.ok()) {
    return absl::UnavailableError(
        absl::StrCat(address, ": ", status.error_message()));
  }
  using Response = grpc::health::v1::HealthCheckResponse;
  if (response.status() == Response::SERVING) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(
      address, " says ", Response::ServingStatus_Name(response.status())));
}

}  // namespace softfleet
