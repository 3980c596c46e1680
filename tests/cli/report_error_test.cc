// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"

namespace softfleet {
namespace {

TEST(ReportErrorTest, TheExitCodeTellsBadInputFromFailure) {
  EXPECT_EQ(ReportError(absl::OkStatus()), 0);
  using Code = absl::StatusCode;
  const std::vector<std::pair<Code, int>> cases = {
      {Code::kInvalidArgument, 2},    {Code::kNotFound, 2},
      {Code::kFailedPrecondition, 2}, {Code::kOutOfRange, 2},
      {Code::kUnavailable, 1},        {Code::kDataLoss, 1},
      {Code::kInternal, 1},           {Code::kResourceExhausted, 1},
      {Code::kPermissionDenied, 1},   {Code::kAborted, 1}};
  for (const auto& [code, exit_code] : cases) {
    testing::internal::CaptureStderr();
    const int got = ReportError(absl::Status(code, "what is wrong"));
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "softfleet: what is wrong\n");
    EXPECT_EQ(got, exit_code) << absl::StatusCodeToString(code);
  }
}

}  // namespace
}  // namespace softfleet
