// SPDX-License-Identifier: Apache-2.0
#include "transport/status.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace softfleet {
namespace {

constexpr size_t kMostCharacters = 1000;

// What a failed connection may lack, as far as gRPC's words tell.
absl::string_view Advice(absl::string_view message) {
  if (absl::StrContains(message, "wrong version number")) {
    return " (does it speak without TLS? leave out --tls_cert, --tls_key and "
           "--tls_ca here, or give them there too)";
  }
  if (absl::StrContains(message, "failed to connect") &&
      absl::EndsWith(message, "Socket closed")) {
    return " (does it want TLS? give --tls_cert, --tls_key and --tls_ca)";
  }
  return "";
}

// Of a status without a message, as gRPC itself makes them.
std::string Meaning(absl::StatusCode code) {
  if (code == absl::StatusCode::kUnimplemented) {
    return "the program at this address is of another kind or version: it does "
           "not know the call; compare the address with those that the "
           "programs log when they start";
  }
  if (code == absl::StatusCode::kCancelled) return "the peer ended the call";
  return absl::StrCat("the call ended with ", absl::StatusCodeToString(code));
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      std::string(status.message().substr(0, kMostCharacters)));
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  const std::string& message = status.error_message();
  if (message.empty()) return absl::Status(code, Meaning(code));
  return absl::Status(code, absl::StrCat(message, Advice(message)));
}

bool IsTransient(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kUnknown:
      return true;
    default:
      return false;
  }
}

}  // namespace softfleet
