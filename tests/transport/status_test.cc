// SPDX-License-Identifier: Apache-2.0
#include "transport/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace softfleet {
namespace {

TEST(Status, EveryCodeAndMessageCrossesTheWire) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_TRUE(FromGrpcStatus(grpc::Status::OK).ok());
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "why");
    EXPECT_EQ(ToGrpcStatus(status).error_code(), code);
    EXPECT_EQ(FromGrpcStatus(ToGrpcStatus(status)), status);
  }
}

TEST(Status, AFailureWithoutAMessageGetsOne) {
  for (int code = 1; code <= 16; ++code) {
    const grpc::Status status(static_cast<grpc::StatusCode>(code), "");
    EXPECT_FALSE(FromGrpcStatus(status).message().empty()) << code;
  }
  EXPECT_THAT(FromGrpcStatus(grpc::Status(grpc::UNIMPLEMENTED, "")).message(),
              testing::HasSubstr("of another kind or version"));
}

TEST(Status, LongMessagesAreCut) {
  const grpc::Status status =
      ToGrpcStatus(absl::InternalError(std::string(100'000, 'x')));
  EXPECT_EQ(status.error_message(), std::string(1000, 'x'));
}

TEST(Status, MistakesAreNotTriedAgain) {
  for (const absl::Status& mistake :
       {absl::InvalidArgumentError(""), absl::FailedPreconditionError(""),
        absl::NotFoundError(""), absl::UnimplementedError(""),
        absl::PermissionDeniedError(""), absl::UnauthenticatedError(""),
        absl::DataLossError(""), absl::InternalError("")}) {
    EXPECT_FALSE(IsTransient(mistake)) << mistake;
  }
  for (const absl::Status& passing :
       {absl::UnavailableError(""), absl::DeadlineExceededError(""),
        absl::ResourceExhaustedError("")}) {
    EXPECT_TRUE(IsTransient(passing)) << passing;
  }
}

}  // namespace
}  // namespace softfleet
