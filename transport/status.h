// SPDX-License-Identifier: Apache-2.0
// Between absl::Status, used inside, and grpc::Status, used on the wire. The
// codes have equal numbers; messages are cut at 1,000 characters, and a failure
// without one gets a sentence on its code, one to connect a hint where TLS may
// be why. Thread-safe.
#ifndef SOFTFLEET_TRANSPORT_STATUS_H_
#define SOFTFLEET_TRANSPORT_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace softfleet {

grpc::Status ToGrpcStatus(const absl::Status& status);
absl::Status FromGrpcStatus(const grpc::Status& status);

// Whether trying again later may help: the peer is away, restarting or
// overloaded. Everything else is a mistake that a person must know of.
bool IsTransient(const absl::Status& status);

}  // namespace softfleet

#endif  // SOFTFLEET_TRANSPORT_STATUS_H_
