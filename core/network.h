// SPDX-License-Identifier: Apache-2.0
// Network addresses as people write them in flags: "127.0.0.1:7200",
// "learner:7200", "[::1]:7200". Thread-safe: free functions over values.
#ifndef SOFTFLEET_CORE_NETWORK_H_
#define SOFTFLEET_CORE_NETWORK_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace softfleet {

struct Address {
  std::string host;  // a name or a number, without brackets
  int port = 0;      // 0 to 65535; a listener on 0 gets a free one

  // As ParseAddress reads it: with brackets around a host with colons.
  std::string ToString() const;
  bool operator==(const Address&) const = default;
};

// "host:port" or "[IPv6 address]:port"; InvalidArgument says what was given
// and what is expected. Does not look names up.
absl::StatusOr<Address> ParseAddress(absl::string_view text);

// Whether only this machine can reach a listener on `host`: localhost,
// 127.0.0.0/8, ::1. A name that would have to be looked up is not.
bool IsLoopback(absl::string_view host);

// Where a process on the same machine reaches a listener on `address`: itself,
// but 127.0.0.1 for 0.0.0.0 and ::, which mean "everywhere".
Address ProbeAddress(Address address);

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_NETWORK_H_
