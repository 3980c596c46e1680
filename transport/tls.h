// SPDX-License-Identifier: Apache-2.0
// Mutual TLS from files. The files are checked when a program starts, so that
// a mistake is a sentence and not a failed handshake; they are read again every
// kReloadSeconds, so that renewed certificates need no restart. Thread-safe:
// free functions.
#ifndef SOFTFLEET_TRANSPORT_TLS_H_
#define SOFTFLEET_TRANSPORT_TLS_H_

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "absl/status/status.h"
#include "transport/channel.h"

namespace softfleet {

inline constexpr unsigned kReloadSeconds = 10;

// OK when all three files are there, the certificate is valid now and the key
// is its own, and the authority holds a certificate. Otherwise NotFound,
// InvalidArgument or what reading said; names the flag and the file.
absl::Status CheckTlsFiles(const TlsFiles& files);

// For files that CheckTlsFiles passed. Clients without a certificate of the
// authority are refused.
std::shared_ptr<grpc::ServerCredentials> TlsServer(
    const TlsFiles& files, unsigned reload_seconds = kReloadSeconds);
// `verify_host`: the server's certificate must name the host that is called;
// without it, it need only be the authority's.
std::shared_ptr<grpc::ChannelCredentials> TlsClient(const TlsFiles& files,
                                                    bool verify_host);

}  // namespace softfleet

#endif  // SOFTFLEET_TRANSPORT_TLS_H_
