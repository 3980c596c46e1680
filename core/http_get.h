// SPDX-License-Identifier: Apache-2.0
// The one HTTP request that programs make themselves: asking a process on this
// machine for its metrics (--probe). No TLS, no redirects. Thread-safe.
#ifndef SOFTFLEET_CORE_HTTP_GET_H_
#define SOFTFLEET_CORE_HTTP_GET_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace softfleet {

// The body of http://`address``path` ("127.0.0.1:9100", "/metrics"), at most
// 16 MiB. The errors name the address: InvalidArgument for one that is none,
// DeadlineExceeded after `timeout` in all, Unavailable when nobody answers or
// the answer is not "200".
absl::StatusOr<std::string> HttpGet(absl::string_view address,
                                    absl::string_view path,
                                    absl::Duration timeout);

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_HTTP_GET_H_
