// SPDX-License-Identifier: Apache-2.0
#include "core/status.h"

#include <gtest/gtest.h>

#include <memory>

namespace softfleet {
namespace {

absl::Status ReturnIfError(const absl::Status& status, bool& reached) {
  SF_RETURN_IF_ERROR(status);
  reached = true;
  return absl::OkStatus();
}

absl::StatusOr<int> Sum(absl::StatusOr<int> a, absl::StatusOr<int> b) {
  SF_ASSIGN_OR_RETURN(int sum, std::move(a));
  SF_ASSIGN_OR_RETURN(const int more, std::move(b));
  sum += more;
  return sum;
}

TEST(StatusTest, AnErrorReturnsAndOkGoesOn) {
  bool reached = false;
  EXPECT_EQ(ReturnIfError(absl::DataLossError("torn"), reached),
            absl::DataLossError("torn"));
  EXPECT_FALSE(reached);
  EXPECT_TRUE(ReturnIfError(absl::OkStatus(), reached).ok());
  EXPECT_TRUE(reached);
}

TEST(StatusTest, AValueIsAssignedOrTheFirstErrorReturned) {
  const absl::StatusOr<int> first = absl::NotFoundError("a");
  const absl::StatusOr<int> second = absl::InternalError("b");
  EXPECT_EQ(*Sum(3, 4), 7);
  EXPECT_EQ(Sum(first, second).status(), absl::NotFoundError("a"));
  EXPECT_EQ(Sum(3, second).status(), absl::InternalError("b"));
}

TEST(StatusTest, AValueThatCannotBeCopiedIsMoved) {
  const auto add_one = [](absl::StatusOr<std::unique_ptr<int>> value)
      -> absl::StatusOr<std::unique_ptr<int>> {
    SF_ASSIGN_OR_RETURN(std::unique_ptr<int> number, std::move(value));
    ++*number;
    return number;
  };
  EXPECT_EQ(**add_one(std::make_unique<int>(1)), 2);
}

TEST(StatusTest, ContextGoesBeforeTheMessageOfAnError) {
  EXPECT_EQ(Annotate(absl::NotFoundError("no key"), "run.txt"),
            absl::NotFoundError("run.txt: no key"));
  EXPECT_EQ(Annotate(absl::OkStatus(), "run.txt"), absl::OkStatus());
}

}  // namespace
}  // namespace softfleet
