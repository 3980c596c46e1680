// SPDX-License-Identifier: Apache-2.0
// How processes reach each other: credentials, channels, limits. A listener
// that is not loopback needs TLS, or --insecure spelled out. Thread-safe: free
// functions.
#ifndef SOFTFLEET_TRANSPORT_CHANNEL_H_
#define SOFTFLEET_TRANSPORT_CHANNEL_H_

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace softfleet {

// Largest message either side accepts.
inline constexpr int kMaxMessageBytes = 16 << 20;
// What is larger travels in pieces of so many bytes.
inline constexpr size_t kChunkBytes = 1 << 20;

// PEM files, all three or none: mutual TLS.
struct TlsFiles {
  std::string certificate;
  std::string key;
  std::string authority;
  bool empty() const {
    return certificate.empty() && key.empty() && authority.empty();
  }
};

struct Security {
  TlsFiles tls;
  // Allows plaintext beyond loopback.
  bool insecure = false;
};

// InvalidArgument for a malformed address; FailedPrecondition when it is not
// loopback and there is neither TLS nor `insecure`, which says both ways out.
absl::Status CheckAddress(const std::string& address, const Security& security);

// What CheckAddress says; NotFound and InvalidArgument name a TLS file that is
// missing, empty or not PEM.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const std::string& address, const Security& security);

// A channel with the message limits and keep-alive of this program. Connects
// on first use. InvalidArgument for port 0; otherwise as above.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(
    const std::string& address, const Security& security);

// OK when the server at `address` says by grpc.health.v1 that `service` ("" =
// the whole) is serving; Unavailable says what it said instead.
absl::Status ProbeHealth(const std::string& address, const Security& security,
                         const std::string& service, absl::Duration timeout);

}  // namespace softfleet

#endif  // SOFTFLEET_TRANSPORT_CHANNEL_H_
