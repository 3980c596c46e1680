// SPDX-License-Identifier: Apache-2.0
#include "core/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace softfleet {
namespace {

absl::Status NotAnAddress(absl::string_view text, absl::string_view reason) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is not an address: ", reason,
                   " (expected host:port, such as 127.0.0.1:7200, "
                   "learner:7200 or [::1]:7200)"));
}

// Digits only: SimpleAtoi would take "+7" and " 7".
bool ParsePort(absl::string_view text, int& port) {
  for (const char c : text) {
    if (!absl::ascii_isdigit(c)) return false;
  }
  return absl::SimpleAtoi(text, &port) && port <= 65535;
}

bool IsHostCharacter(char c) {
  return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '_';
}

bool IsIpv6(const std::string& host, in6_addr& address) {
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

}  // namespace

std::string Address::ToString() const {
  if (absl::StrContains(host, ':')) return absl::StrCat("[", host, "]:", port);
  return absl::StrCat(host, ":", port);
}

absl::StatusOr<Address> ParseAddress(absl::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) {
    return NotAnAddress(text, "it has no port");
  }
  Address address;
  if (!ParsePort(text.substr(colon + 1), address.port)) {
    return NotAnAddress(text,
                        absl::StrCat("the port is \"", text.substr(colon + 1),
                                     "\", not 0 to 65535"));
  }
  absl::string_view host = text.substr(0, colon);
  if (host.empty()) return NotAnAddress(text, "it has no host");
  if (absl::ConsumePrefix(&host, "[")) {
    address.host = std::string(absl::StripSuffix(host, "]"));
    in6_addr unused;
    if (!absl::EndsWith(host, "]") || !IsIpv6(address.host, unused)) {
      return NotAnAddress(text, "no IPv6 address stands between the brackets");
    }
    return address;
  }
  for (const char c : host) {
    if (c == ':') return NotAnAddress(text, "an IPv6 address needs brackets");
    if (!IsHostCharacter(c)) {
      return NotAnAddress(text, absl::StrCat("a host has no \"",
                                             absl::string_view(&c, 1), "\""));
    }
  }
  address.host = std::string(host);
  return address;
}

bool IsLoopback(absl::string_view host) {
  const std::string name(host);
  in_addr ipv4;
  if (inet_pton(AF_INET, name.c_str(), &ipv4) == 1) {
    return ntohl(ipv4.s_addr) >> 24 == 127;
  }
  in6_addr ipv6;
  if (IsIpv6(name, ipv6)) {
    if (IN6_IS_ADDR_V4MAPPED(&ipv6)) return ipv6.s6_addr[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(&ipv6);
  }
  return absl::EqualsIgnoreCase(host, "localhost");
}

Address ProbeAddress(Address address) {
  in6_addr ipv6;
  if (address.host == "0.0.0.0" ||
      (IsIpv6(address.host, ipv6) && IN6_IS_ADDR_UNSPECIFIED(&ipv6))) {
    address.host = "127.0.0.1";
  }
  return address;
}

}  // namespace softfleet
