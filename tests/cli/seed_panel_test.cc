// SPDX-License-Identifier: Apache-2.0
// Several seeds in one process: each is the run it would be alone.
#include "cli/seed_panel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/panel_progress.h"
#include "cli/seed_list.h"
#include "run/seed_directories.h"
#include "tests/cli/run_fixture.h"
#include "tests/core/test_directory.h"

namespace softfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(SeedList, IsReadAndWritten) {
  EXPECT_THAT(ParseSeedList("0-3").value(), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(ParseSeedList("9-11,1,4").value(), ElementsAre(1, 4, 9, 10, 11));
  EXPECT_THAT(ParseSeedList("18446744073709551615").value(),
              ElementsAre(~uint64_t{0}));
  EXPECT_THAT(
      ParseSeedList("18446744073709551614-18446744073709551615").value(),
      SizeIs(2));
  for (const char* text : {"0-3", "1,4,9-11", "7", "0,2"}) {
    EXPECT_EQ(FormatSeedList(ParseSeedList(text).value()), text);
  }
}

TEST(SeedList, WhatIsNoneIsRefusedWithTheReason) {
  const std::map<std::string, std::string> reasons = {
      {"", "is no seed"},
      {"7-0", "the range 7-0 runs backwards"},
      {"1,2,1", "seed 1 comes twice"},
      {"0-4,3", "seed 3 comes twice"},
      {"-1", "is no seed"},
      {"1-2-3", "\"1-2-3\" is no seed"},
      {"a", "\"a\" is no seed"},
      {"1,,2", "\"\" is no seed"},
      {"18446744073709551616", "is no seed"},
      {"0-256", "more than 256 seeds"},
      {"0-18446744073709551615", "more than 256 seeds"},
      {"0-200,300-500", "more than 256 seeds"}};
  for (const auto& [text, reason] : reasons) {
    const absl::Status status = ParseSeedList(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr(reason)) << text;
  }
}

TEST(PanelProgress, ALineIsTheMeanOfAllRuns) {
  MetricsRow one, other;
  one.step = 100;
  other.step = 300;
  one.return_mean = -5;  // the other has none yet
  one.statistics.alpha = 1;
  other.statistics.alpha = 3;
  const MetricsRow together = TogetherOf({one, other});
  EXPECT_EQ(together.step, 200);
  EXPECT_EQ(together.return_mean, -5);
  EXPECT_EQ(together.statistics.alpha, 2);
}

class SeedPanelTest : public testing::Test {
 protected:
  SeedPanelOptions Options(const std::vector<uint64_t>& seeds,
                           int threads = 2) const {
    return {.config = config_,
            .run_dir = panel_,
            .seeds = seeds,
            .threads = threads,
            .init_from = ""};
  }

  absl::StatusOr<std::unique_ptr<SeedPanel>> Open(
      const SeedPanelOptions& options) {
    return SeedPanel::Open(RealFileSystem(), SystemClock(), options);
  }

  // Trains until so many rounds have been done by all together.
  std::vector<SeedResult> Train(const SeedPanelOptions& options,
                                int64_t rounds = int64_t{1} << 40) {
    auto panel = Open(options);
    if (!panel.ok()) {
      ADD_FAILURE() << panel.status();
      return {};
    }
    notes_ = (*panel)->notes();
    std::atomic<int64_t> left = rounds;
    return (*panel)->Run({.of_run = [](size_t) { return TrainingObserver(); },
                          .on_end = [](size_t, const SeedResult&) {}},
                         [&left] { return left-- <= 0; });
  }

  // What the run of that seed leaves behind alone.
  Traces Alone(uint64_t seed) {
    const std::string run = directory_ / absl::StrCat("alone-", seed);
    const auto outcome = Drive(
        RealFileSystem(), With(config_, {absl::StrCat("seed=", seed)}), run);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return Collect(run);
  }

  std::string Refusal(const SeedPanelOptions& options) {
    const absl::Status status = Open(options).status();
    EXPECT_FALSE(status.ok());
    EXPECT_TRUE(absl::IsInvalidArgument(status) ||
                absl::IsFailedPrecondition(status))
        << status;
    return std::string(status.message());
  }

  const TestDirectory directory_;
  const v1::RunConfig config_ = ShortRun("Pendulum-v1");
  const std::string panel_ = directory_ / "panel";
  std::vector<std::string> notes_;
};

TEST_F(SeedPanelTest, EachSeedIsBitEqualToItsOwnRunWhateverItsCompany) {
  const std::vector<SeedResult> results = Train(Options({1, 4, 9}, 2));
  ASSERT_THAT(results, SizeIs(3));
  for (const SeedResult& result : results) {
    EXPECT_TRUE(result.status.ok()) << result.status;
    EXPECT_TRUE(result.finished);
    SCOPED_TRACE(absl::StrCat("seed ", result.seed));
    ExpectEqual(Collect(SeedDirectory(panel_, result.seed)),
                Alone(result.seed));
  }
  EXPECT_NE(Collect(SeedDirectory(panel_, 1)).policy,
            Collect(SeedDirectory(panel_, 4)).policy);
}

TEST_F(SeedPanelTest, StoppedAnywhereItGoesOnBitEqual) {
  for (const int64_t rounds : {0, 7, 90, 150}) {
    for (const SeedResult& result : Train(Options({2, 3}, 1), rounds)) {
      EXPECT_TRUE(result.status.ok()) << result.status;
      EXPECT_FALSE(result.finished);
    }
  }
  Train(Options({2, 3}, 2));
  for (const uint64_t seed : {2, 3}) {
    ExpectEqual(Collect(SeedDirectory(panel_, seed)), Alone(seed));
  }
}

TEST_F(SeedPanelTest, OneRunThatFailsEndsAlone) {
  ASSERT_TRUE(Drive(RealFileSystem(), With(config_, {"seed=1"}),
                    SeedDirectory(panel_, 1), 20)
                  .ok());
  const std::string run_json = JoinPath(SeedDirectory(panel_, 1), "run.json");
  ASSERT_TRUE(WriteFileAtomically(RealFileSystem(), run_json, "broken").ok());
  const std::vector<SeedResult> results = Train(Options({0, 1, 2}));
  ASSERT_THAT(results, SizeIs(3));
  EXPECT_TRUE(results[0].finished);
  EXPECT_TRUE(results[2].finished);
  EXPECT_FALSE(results[1].finished);
  EXPECT_THAT(std::string(results[1].status.message()), HasSubstr("run.json"));
}

TEST_F(SeedPanelTest, SeedsMayBeAddedButNotLeftOut) {
  Train(Options({0, 1}));
  EXPECT_THAT(notes_, IsEmpty());
  EXPECT_THAT(Refusal(Options({0, 2})),
              HasSubstr("holds seeds 0-1, and --seeds 0,2 leaves 1 out"));
  Train(Options({0, 1, 5}));
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("adding 1 seed (5)")));
  EXPECT_THAT(SeedsIn(RealFileSystem(), panel_).value(), ElementsAre(0, 1, 5));
}

TEST_F(SeedPanelTest, ADirectoryOfAnotherKindOrConfigurationIsRefused) {
  const std::string single = directory_ / "single";
  ASSERT_TRUE(Drive(RealFileSystem(), config_, single, 10).ok());
  SeedPanelOptions options = Options({0, 1});
  options.run_dir = single;
  EXPECT_THAT(Refusal(options), HasSubstr("holds a single run"));
  Train(Options({0, 1}));
  options = Options({0, 1});
  options.config = With(config_, {"sac.gamma=0.5"});
  EXPECT_THAT(Refusal(options), HasSubstr("sac.gamma"));
  // And the reverse.
  const auto run = Drive(RealFileSystem(), config_, panel_, 10);
  EXPECT_EQ(run.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(SeedPanelTest, TheTablesOfAllSeedsKeepTheBudget) {
  SeedPanelOptions options = Options({0, 1, 2, 3});
  // Room for one table, not for four.
  options.config = With(config_, {"replay.byte_budget=60000"});
  ASSERT_TRUE(
      Drive(RealFileSystem(), options.config, directory_ / "one", 5).ok());
  EXPECT_THAT(Refusal(options), HasSubstr("replay.byte_budget is 60.0 kB"));
  EXPECT_FALSE(RealFileSystem().Exists(panel_));
}

TEST_F(SeedPanelTest, OneProcessAtATimeTrainsThere) {
  auto panel = Open(Options({0}));
  ASSERT_TRUE(panel.ok()) << panel.status();
  EXPECT_EQ(Open(Options({0})).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace softfleet
