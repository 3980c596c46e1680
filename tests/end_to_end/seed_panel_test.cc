// SPDX-License-Identifier: Apache-2.0
// softfleet train --seeds as a user runs it: killed, mistaken, watched.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "core/http_get.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/program.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

class SeedPanelProgramTest : public testing::Test {
 protected:
  std::vector<std::string> Seeds(const std::string& list,
                                 const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = Train(config_, panel_);
    arguments.insert(arguments.end(), {"--seeds", list});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  std::string Seed(int seed) const {
    return JoinPath(panel_, absl::StrCat("seed-", seed));
  }

  const TestDirectory directory_;
  const std::string config_ = WriteShortConfig(directory_.path());
  const std::string panel_ = directory_ / "panel";
};

TEST_F(SeedPanelProgramTest, KilledItGoesOnAndEachSeedIsItsOwnRun) {
  for (const char* sign : {"| 3 seeds", "resumed at step"}) {
    const auto process = Start(Seeds("1-3"));
    ASSERT_TRUE(process->WaitFor(sign)) << process->err();
    ASSERT_TRUE(process->WaitFor("evaluation at step")) << process->err();
    process->Signal(SIGKILL);
    ASSERT_EQ(process->Wait(), 128 + SIGKILL) << process->err();
  }
  const Finished last = Softfleet(Seeds("1-3"));
  ASSERT_EQ(last.exit_code, 0) << last.err;
  EXPECT_THAT(last.out, HasSubstr("interquartile mean of 3 seeds"));
  const std::string alone = directory_ / "alone";
  ASSERT_EQ(Softfleet(Train(config_, alone, {"seed=2"})).exit_code, 0);
  ExpectSameResult(Seed(2), alone);
  // Each is a run like any other.
  for (const char* command : {"audit", "report", "evaluate"}) {
    EXPECT_EQ(Softfleet({command, "--run_dir", Seed(3)}).exit_code, 0);
  }
  const Finished report = Softfleet({"report", "--run_dir", panel_, "--json"});
  ASSERT_EQ(report.exit_code, 0) << report.err;
  EXPECT_EQ(nlohmann::json::parse(report.out).at("seeds"),
            nlohmann::json({1, 2, 3}));
}

TEST_F(SeedPanelProgramTest, AFailedSeedIsSaidAndTheOthersFinish) {
  ASSERT_EQ(Softfleet(Train(config_, Seed(1), {"seed=1", "total_steps=300"}))
                .exit_code,
            0);
  ASSERT_TRUE(WriteFileAtomically(RealFileSystem(),
                                  JoinPath(Seed(1), "run.json"), "broken")
                  .ok());
  const Finished trained = Softfleet(Seeds("0-2"));
  EXPECT_EQ(trained.exit_code, 1) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("seed 1: failed: "));
  EXPECT_THAT(trained.err, HasSubstr("1 seed of 3 failed (1)"));
  EXPECT_FALSE(AuditOf(Seed(0)).empty());
  EXPECT_EQ(AuditOf(Seed(0)).back().step, AuditOf(Seed(2)).back().step);
}

TEST_F(SeedPanelProgramTest, PrometheusSeesEachSeed) {
  const auto process = Start(Seeds("0,7", {"--metrics_listen", "127.0.0.1:0"}));
  ASSERT_TRUE(process->WaitFor("| 2 seeds")) << process->err();
  const std::string& text = process->err();
  const size_t begin = text.find("http://") + 7;
  const std::string address = text.substr(begin, text.find('/', begin) - begin);
  const auto page = HttpGet(address, "/metrics", absl::Seconds(10));
  ASSERT_TRUE(page.ok()) << page.status();
  for (const char* seed : {"0", "7"}) {
    EXPECT_THAT(*page, HasSubstr(absl::StrCat("sac_learner_run_steps{seed=\"",
                                              seed, "\"}")));
  }
  EXPECT_THAT(*page, HasSubstr("sac_process_healthy 1"));
  process->Signal(SIGTERM);
  EXPECT_EQ(process->Wait(), 0) << process->err();
  EXPECT_THAT(process->out(), HasSubstr("--seeds 0,7"));
}

TEST_F(SeedPanelProgramTest, MistakesAreRefusedBeforeAnythingBegins) {
  const std::map<std::string, std::vector<std::string>> mistakes = {
      {"runs backwards", Seeds("7-0")},
      {"comes twice", Seeds("1,1")},
      {"--set seed=3 beside --seeds", Seeds("0-1", {"--set", "seed=3"})},
      {"--threads requires --seeds",
       {"train", "--config", config_, "--run_dir", panel_, "--threads", "2"}}};
  for (const auto& [reason, arguments] : mistakes) {
    const Finished refused = Softfleet(arguments);
    EXPECT_EQ(refused.exit_code, 2) << reason;
    EXPECT_THAT(refused.err, HasSubstr(reason));
  }
  EXPECT_FALSE(RealFileSystem().Exists(panel_));
}

TEST_F(SeedPanelProgramTest, ProfileSaysWhatIsWrongAndWritesItsTrace) {
  EXPECT_EQ(Softfleet({"profile", "--config", "absent"}).exit_code, 2);
  EXPECT_EQ(
      Softfleet({"profile", "--config", config_, "--updates", "0"}).exit_code,
      2);
  const std::string trace = directory_ / "trace.json";
  const Finished profile = Softfleet({"profile", "--config", config_, "--trace",
                                      trace, "--updates", "5", "--json"});
  ASSERT_EQ(profile.exit_code, 0) << profile.err;
  EXPECT_GT(nlohmann::json::parse(profile.out).at("updates_per_second"), 0);
  const auto written = RealFileSystem().Read(trace);
  ASSERT_TRUE(written.ok());
  EXPECT_FALSE(nlohmann::json::parse(*written).at("traceEvents").empty());
}

}  // namespace
}  // namespace softfleet
