// SPDX-License-Identifier: Apache-2.0
#include "cli/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/cli/run_fixture.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

constexpr int64_t kUpdates = 8;

ProfileWithTrace ProfileOf(const std::vector<std::string>& set) {
  auto result = MakeProfile(RealFileSystem(),
                            With(ShortRun("Pendulum-v1"), set), kUpdates);
  EXPECT_TRUE(result.ok()) << result.status();
  return *std::move(result);
}

// Every moment of an update is in one phase; what lies between two updates is
// idle. Half is far from what is seen, 0.99.
TEST(Profile, ThePhasesAddUpToTheWhole) {
  for (const char* engine : {"fused", "reference"}) {
    const Profile profile =
        ProfileOf({absl::StrCat("sac.engine=", engine)}).profile;
    EXPECT_EQ(profile.engine, engine);
    EXPECT_EQ(profile.updates, kUpdates);
    EXPECT_NEAR(profile.Seconds() + profile.idle_seconds, profile.wall_seconds,
                1e-9);
    EXPECT_GT(profile.Seconds(), 0.5 * profile.wall_seconds);
    for (const PhaseProfile& phase : profile.phases) {
      EXPECT_GT(phase.seconds, 0) << UpdatePhaseName(phase.phase);
      EXPECT_EQ(phase.flops > 0, phase.bound_seconds > 0);
    }
  }
}

TEST(Profile, TheTraceHasEveryPhaseOfEveryUpdateAndThread) {
  const ProfileWithTrace result = ProfileOf({"learner.threads=2"});
  const auto trace = nlohmann::json::parse(FormatTrace(result.clock));
  int samples = 0;
  double end_of_last = 0;
  for (const auto& event : trace.at("traceEvents")) {
    EXPECT_EQ(event.at("ph"), "X");
    EXPECT_GE(event.at("dur").get<double>(), 0);
    EXPECT_LT(event.at("tid").get<int>(), 2);
    if (event.at("tid") != 0) continue;
    // One after another, without overlap, to a nanosecond.
    EXPECT_GE(event.at("ts").get<double>(), end_of_last - 2e-3);
    end_of_last = event.at("ts").get<double>() + event.at("dur").get<double>();
    if (event.at("name") == "sampling and gather") ++samples;
  }
  EXPECT_EQ(samples, kUpdates);
}

TEST(Profile, JsonAndTextSayTheSame) {
  const Profile profile = ProfileOf({}).profile;
  const auto json = nlohmann::json::parse(FormatProfileJson(profile));
  EXPECT_EQ(json.at("phases").size(), static_cast<size_t>(kUpdatePhases));
  double seconds = 0, share = 0;
  for (const auto& phase : json.at("phases")) {
    seconds += phase.at("seconds").get<double>();
    share += phase.at("share").get<double>();
  }
  EXPECT_NEAR(seconds, profile.Seconds(), 1e-12);
  EXPECT_NEAR(share, 1, 1e-9);
  const std::string text = FormatProfile(profile);
  EXPECT_THAT(text, HasSubstr("fused engine, 1 thread, batch 32"));
  for (const PhaseProfile& phase : profile.phases) {
    EXPECT_THAT(text, HasSubstr(UpdatePhaseName(phase.phase)));
  }
  EXPECT_THAT(text, HasSubstr("Bytes are computed"));
}

TEST(Profile, WhatCannotBeBuiltIsSaid) {
  const auto result = MakeProfile(
      RealFileSystem(),
      With(ShortRun("Pendulum-v1"), {"replay.byte_budget=10"}), kUpdates);
  EXPECT_THAT(std::string(result.status().message()),
              HasSubstr("replay.byte_budget"));
}

TEST(Profile, OnADeviceIsRefusedWithWhatToDoInstead) {
  const auto result =
      MakeProfile(RealFileSystem(),
                  With(ShortRun("Pendulum-v1"), {"learner.device=cuda"}), 1);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(result.status().message());
  EXPECT_THAT(message, HasSubstr("learner.device is cuda"));
  EXPECT_THAT(message, HasSubstr("--set learner.device=cpu"));
  EXPECT_THAT(message, HasSubstr("nsys"));
}

}  // namespace
}  // namespace softfleet
