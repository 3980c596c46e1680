// SPDX-License-Identifier: Apache-2.0
// The commands that only read, on one finished run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "core/file_system.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/program.h"
#include "tests/testing/audit_keys.h"

namespace softfleet {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<std::string> Keys(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

TEST(ReadCommandsTest, AuditAndEvaluateReadAFinishedRun) {
  const TestDirectory directory;
  const std::string config = WriteShortConfig(directory.path());
  const std::string run = directory / "run";
  ASSERT_EQ(Softfleet(Train(config, run)).exit_code, 0);
  const auto before = FilesAndTimes(run);

  const Finished json = Softfleet({"audit", "--run_dir", run, "--json"});
  EXPECT_EQ(json.exit_code, 0) << json.err;
  const Json rows = Json::parse(json.out, nullptr, false);
  ASSERT_TRUE(rows.is_array());
  ASSERT_EQ(rows.size(), 3);
  for (const Json& row : rows) EXPECT_EQ(Keys(row), testing::AuditKeys());
  EXPECT_EQ(rows.back()["step"], 1500);
  EXPECT_TRUE(rows.back()["deterministic_eval_success"].is_null());
  EXPECT_EQ(json.out, *RealFileSystem().Read(JoinPath(run, "audit.json")));

  const Finished csv =
      Softfleet({"audit", "--run_dir", run, "--format", "csv"});
  EXPECT_EQ(csv.out, *RealFileSystem().Read(JoinPath(run, "audit.csv")));
  EXPECT_THAT(csv.out, StartsWith("run_id,step,updates,panel_hash"));
  const Finished markdown =
      Softfleet({"audit", "--run_dir", run, "--format", "markdown"});
  EXPECT_THAT(markdown.out, HasSubstr("\n| step | alpha |"));
  EXPECT_THAT(markdown.out, HasSubstr("\n| 1500 |"));
  const Finished table = Softfleet({"audit", "--run_dir", run});
  EXPECT_EQ(table.exit_code, 0);
  EXPECT_THAT(table.out, HasSubstr("1500"));

  // The policy bundle is the policy of the last evaluation.
  const Finished evaluated =
      Softfleet({"evaluate", "--run_dir", run, "--json"});
  EXPECT_EQ(evaluated.exit_code, 0) << evaluated.err;
  Json result = Json::parse(evaluated.out, nullptr, false);
  ASSERT_TRUE(result.is_array());
  ASSERT_EQ(result.size(), 1);
  EXPECT_EQ(Keys(result[0]), testing::AuditKeys());
  Json last = rows.back();
  result[0].erase("version");
  last.erase("version");
  EXPECT_EQ(result[0], last);

  // The bundle alone is enough, too; the panel is another one.
  const Finished bundle =
      Softfleet({"evaluate", "--policy", JoinPath(run, "policy"), "--panel",
                 "configs/panels/pendulum.textproto", "--json"});
  EXPECT_EQ(bundle.exit_code, 0) << bundle.err;
  const Json on_panel = Json::parse(bundle.out, nullptr, false);
  EXPECT_EQ(on_panel[0]["panel_starts"], 100);
  EXPECT_GT(on_panel[0]["deterministic_regret_mean"], 0);
  EXPECT_NE(on_panel[0]["panel_hash"], last["panel_hash"]);
  EXPECT_TRUE(FilesAndTimes(run) == before) << "a file has changed";
}

TEST(ReadCommandsTest, EvaluateShowsWhatADisturbanceDoesBesideTheNominal) {
  const TestDirectory directory;
  const std::string run = directory / "run";
  ASSERT_EQ(Softfleet(Train(WriteShortConfig(directory.path()), run)).exit_code,
            0);
  const Finished table =
      Softfleet({"evaluate", "--run_dir", run, "--perturb", "mass: 1.5",
                 "--perturb", "gain: 0 from_step: 100"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("\nnominal "));
  EXPECT_THAT(table.out, HasSubstr("\nmass: 1.5 "));
  EXPECT_THAT(table.out, HasSubstr("\ngain: 0 from_step: 100  from 100 "));
  const Json rows = Json::parse(Softfleet({"evaluate", "--run_dir", run,
                                           "--perturb", "mass: 1.5", "--json"})
                                    .out,
                                nullptr, false);
  ASSERT_EQ(rows.size(), 2);
  EXPECT_EQ(rows[1]["perturbation"], "mass: 1.5");
  EXPECT_NE(rows[1]["panel_hash"], rows[0]["panel_hash"]);
  const Finished refused =
      Softfleet({"evaluate", "--run_dir", run, "--perturb", "friction: 0.5"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("perturbation \"friction: 0.5\": "));
  EXPECT_THAT(refused.err, HasSubstr("no friction"));
}

TEST(ReadCommandsTest, ListAndPlanSayWhatThereIsAndWhatItTakes) {
  const Finished environments = Softfleet({"list", "environments"});
  EXPECT_EQ(environments.exit_code, 0) << environments.err;
  EXPECT_THAT(environments.out, ContainsRegex("Pendulum-v1 +state:F32\\[3\\]"));
  const auto presets =
      nlohmann::json::parse(Softfleet({"list", "presets", "--json"}).out);
  EXPECT_EQ(presets.at(0).at("name"), "configs/cartpole.textproto");
  EXPECT_EQ(presets.at(0).at("about"),
            "CartPole-v1, discrete Soft Actor-Critic");
  const Finished options = Softfleet({"list", "options"});
  EXPECT_THAT(options.out, HasSubstr("sac.gamma "));
  EXPECT_THAT(options.out, HasSubstr("0.99 | 0 to 1 | Discount per"));
  const auto plan = nlohmann::json::parse(
      Softfleet({"plan", "--config", "configs/pendulum.textproto", "--json"})
          .out);
  EXPECT_EQ(plan.at("updates"), 15800);
  EXPECT_EQ(plan.at("evaluations"), 16);
}

TEST(ReadCommandsTest, APanelOfAnotherEnvironmentIsBadInput) {
  const TestDirectory directory;
  const std::string config = WriteShortConfig(directory.path());
  const std::string run = directory / "run";
  ASSERT_EQ(Softfleet(Train(config, run,
                            {"environment.name=CartPole-v1", "total_steps=60"}))
                .exit_code,
            0);
  const Finished evaluated = Softfleet({"evaluate", "--run_dir", run, "--panel",
                                        "configs/panels/pendulum.textproto"});
  EXPECT_EQ(evaluated.exit_code, 2);
  EXPECT_THAT(evaluated.err, HasSubstr("Pendulum-v1"));
  EXPECT_THAT(evaluated.err, HasSubstr("CartPole-v1"));
}

TEST(ReadCommandsTest, ConfigPrintsWhatIsInForceAndItParsesBack) {
  const TestDirectory directory;
  const std::string config = WriteShortConfig(directory.path());
  const Finished printed = Softfleet({"config", "--config", config, "--print"});
  EXPECT_EQ(printed.exit_code, 0) << printed.err;
  EXPECT_THAT(printed.out, HasSubstr("gamma: 0.99"));
  EXPECT_THAT(printed.out, HasSubstr("# Discount per environment step"));
  const std::string again = directory / "again.textproto";
  ASSERT_TRUE(WriteFileAtomically(RealFileSystem(), again, printed.out).ok());

  const auto hash = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "config");
    arguments.push_back("--hash");
    const Finished finished = Softfleet(arguments);
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return finished.out;
  };
  const std::string first = hash({"--config", config});
  EXPECT_THAT(first, ::testing::MatchesRegex("[0-9a-f]+\n"));
  EXPECT_EQ(first.size(), 17);
  EXPECT_EQ(hash({"--config", config}), first);
  EXPECT_EQ(hash({"--config", again}), first);
  EXPECT_EQ(hash({"--config", config, "--set", "sac.gamma=0.99"}), first);
  EXPECT_NE(hash({"--config", config, "--set", "sac.gamma=0.98"}), first);

  const Finished defaults = Softfleet({"config"});
  EXPECT_EQ(defaults.exit_code, 0) << defaults.err;
  EXPECT_THAT(defaults.out, HasSubstr("gamma: 0.99"));

  const Finished json = Softfleet({"config", "--config", config, "--json"});
  const Json object = Json::parse(json.out, nullptr, false);
  ASSERT_TRUE(object.is_object());
  EXPECT_EQ(object["config_hash"].get<std::string>() + "\n", first);
}

}  // namespace
}  // namespace softfleet
