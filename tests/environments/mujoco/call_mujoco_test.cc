// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/call_mujoco.h"

#include <mujoco/mujoco.h>

#include <atomic>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace softfleet {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(absl::FunctionRef<void()> call) {
  const absl::Status status = CallMujoco(call);
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  return std::string(status.message());
}

TEST(CallMujoco, WhatGoesWellIsOk) {
  bool called = false;
  EXPECT_TRUE(CallMujoco([&] { called = true; }).ok());
  EXPECT_TRUE(called);
}

TEST(CallMujoco, AnErrorEndsTheCallAndNotTheProcess) {
  bool went_on = false;
  EXPECT_EQ(ErrorOf([&] {
              mju_error("no room for %d", 7);
              went_on = true;
            }),
            "MuJoCo: no room for 7");
  EXPECT_FALSE(went_on);
}

TEST(CallMujoco, AWarningIsAnErrorOfACallThatWentOn) {
  bool went_on = false;
  EXPECT_EQ(ErrorOf([&] {
              mju_warning("first");
              mju_warning("second");
              went_on = true;
            }),
            "MuJoCo: first");
  EXPECT_TRUE(went_on);
}

TEST(CallMujoco, WhoAsksForWarningsGetsThem) {
  std::string warning;
  EXPECT_TRUE(CallMujoco([] { mju_warning("careful"); }, &warning).ok());
  EXPECT_EQ(warning, "careful");
  EXPECT_FALSE(CallMujoco([] { mju_error("boom"); }, &warning).ok());
}

TEST(CallMujoco, InformationIsNoWarning) {
  EXPECT_TRUE(CallMujoco([] { mju_info(0, "by the way"); }).ok());
}

TEST(CallMujoco, AnErrorWithinACallWithinACallIsTheInnerOnes) {
  std::string inner;
  EXPECT_TRUE(
      CallMujoco([&] { inner = ErrorOf([] { mju_error("inner"); }); }).ok());
  EXPECT_EQ(inner, "MuJoCo: inner");
}

TEST(CallMujoco, ThreadsSeeTheirOwnErrorsOnly) {
  std::atomic<bool> failed = false;
  const auto repeat = [&](bool bad) {
    for (int i = 0; i < 1000; ++i) {
      const absl::Status status = CallMujoco([&] {
        if (bad) mju_error("mine");
      });
      if (status.ok() == bad) failed = true;
    }
  };
  std::thread other(repeat, true);
  repeat(false);
  other.join();
  EXPECT_FALSE(failed);
}

}  // namespace
}  // namespace softfleet
