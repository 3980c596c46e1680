// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/file_system.h"
#include "run/config.h"
#include "tests/core/test_directory.h"
#include "tests/run/config_testing.h"

namespace softfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The error of ParseConfig(text, "c"); "" if there is none.
std::string ErrorOf(const std::string& text) {
  const auto config = ParseConfig(text, "c");
  if (config.ok()) return "";
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(config.status().message());
}

TEST(ParseConfigTest, ReadsTextFormat) {
  const auto config = ParseConfig(
      "# A comment.\n"
      "environment { name: 'Pendulum-v1' }\n"
      "sac { gamma: 0.9 actor_hidden: [64, 32] alpha_mode: fixed }\n",
      "c");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->environment().name(), "Pendulum-v1");
  EXPECT_EQ(config->sac().gamma(), 0.9);
  EXPECT_THAT(config->sac().actor_hidden(), ElementsAre(64, 32));
  EXPECT_EQ(config->sac().alpha_mode(), v1::AlphaMode::fixed);
}

TEST(ParseConfigTest, AnEmptyTextIsAllDefaults) {
  const auto config = ParseConfig("", "c");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->sac().gamma(), 0.99);
}

TEST(ParseConfigTest, ATypoIsNamedWithItsPlaceAndTheNearestKey) {
  EXPECT_EQ(ErrorOf("sac {\n  tau: 1\n  gama: 0.9\n}\n"),
            "c:3:3: unknown key \"gama\" in sac; did you mean \"gamma\"?");
  EXPECT_EQ(ErrorOf("total_step: 5"),
            "c:1:1: unknown key \"total_step\"; did you mean "
            "\"total_steps\"?");
  EXPECT_EQ(ErrorOf("evaluation { success { return_at_laest: 5 } }"),
            "c:1:24: unknown key \"return_at_laest\" in evaluation.success; "
            "did you mean \"return_at_least\"?");
}

TEST(ParseConfigTest, ATabIsOneColumn) {
  EXPECT_EQ(ErrorOf("sac {\n\t\tgama\t: 0.9\n}\n"),
            "c:2:3: unknown key \"gama\" in sac; did you mean \"gamma\"?");
  EXPECT_EQ(ErrorOf("sac {\n\tbatch_size:\t1.5 tau: 1 }"),
            "c:2:14: expected integer, got: 1.5");
}

TEST(ParseConfigTest, AKeyOfAnotherGroupIsToldItsPlace) {
  EXPECT_EQ(ErrorOf("gamma: 0.9"),
            "c:1:1: unknown key \"gamma\"; it belongs into sac { }");
  EXPECT_EQ(ErrorOf("sac { seed: 1 }"),
            "c:1:7: unknown key \"seed\" in sac; it belongs outside, at the "
            "top level");
  EXPECT_EQ(ErrorOf("sac { return_at_least: 1 }"),
            "c:1:7: unknown key \"return_at_least\" in sac; it belongs into "
            "evaluation.success { }");
}

TEST(ParseConfigTest, AKeyNearNothingGetsNoSuggestion) {
  EXPECT_EQ(ErrorOf("flux_capacitor: 3"),
            "c:1:1: unknown key \"flux_capacitor\"");
}

TEST(ParseConfigTest, EveryUnknownKeyIsReported) {
  EXPECT_EQ(ErrorOf("sed: 1\n"
                    "sack { gamma: 1 }\n"
                    "sac {\n"
                    "  gama: 0.9  batch_sise: [4, 5]\n"
                    "  zzzzzzzz { y: 'x' }\n"
                    "}\n"
                    "seed: 2\n"),
            "c:1:1: unknown key \"sed\"; did you mean \"seed\"?\n"
            "c:2:1: unknown key \"sack\"; did you mean \"sac\"?\n"
            "c:4:3: unknown key \"gama\" in sac; did you mean \"gamma\"?\n"
            "c:4:14: unknown key \"batch_sise\" in sac; did you mean "
            "\"batch_size\"?\n"
            "c:5:3: unknown key \"zzzzzzzz\" in sac");
}

TEST(ParseConfigTest, AWrongValueIsNamedWithItsPlace) {
  EXPECT_EQ(ErrorOf("sac { alpha_mode: atuo }"),
            "c:1:19: unknown value \"atuo\" of sac.alpha_mode; it is one of "
            "auto, fixed");
  EXPECT_EQ(ErrorOf("sac {\n batch_size: 1.5 }"),
            "c:2:14: expected integer, got: 1.5");
  EXPECT_THAT(ErrorOf("sac { critic_layer_norm: maybe }"),
              HasSubstr("c:1:32: invalid value for boolean field"));
  EXPECT_THAT(ErrorOf("seed: 99999999999999999999"),
              HasSubstr("c:1:7: integer out of range"));
  EXPECT_THAT(ErrorOf("environment { name: Pendulum }"),
              HasSubstr("c:1:21: expected string, got: Pendulum"));
}

TEST(ParseConfigTest, AFieldGivenTwiceIsAnError) {
  EXPECT_EQ(ErrorOf("sac { tau: 1\n tau: 1 }"),
            "c:2:2: \"tau\" is given twice");
  EXPECT_EQ(ErrorOf("sac { tau: 1 }\nsac { gamma: 1 }"),
            "c:2:1: \"sac\" is given twice");
  EXPECT_THAT(ErrorOf("evaluation { success { environment_flag: true "
                      "return_at_least: 2 } }"),
              HasSubstr("another member of oneof"));
}

TEST(ParseConfigTest, BrokenTextIsAnErrorWithItsPlace) {
  EXPECT_EQ(ErrorOf("sac {"), "c:1:6: expected identifier, got: the end");
  EXPECT_EQ(ErrorOf("sac: 3"), "c:1:6: expected \"{\", found \"3\"");
  EXPECT_THAT(ErrorOf("environment { name: \"Pend\n\" }"),
              HasSubstr("c:1:26: "));
  EXPECT_THAT(ErrorOf("[a.b]: 3"), HasSubstr("c:1:"));
  EXPECT_THAT(ErrorOf(std::string("seed: \0 1", 9)), HasSubstr("c:1:"));
}

TEST(ParseConfigTest, ADefaultCanBeWrittenOut) {
  EXPECT_EQ(ErrorOf(EffectiveConfig(Pendulum())), "");
}

class LoadConfigTest : public ::testing::Test {
 protected:
  absl::StatusOr<v1::RunConfig> Load(
      const std::string& text, const std::vector<std::string>& overrides) {
    EXPECT_TRUE(WriteFileAtomically(RealFileSystem(), path_, text).ok());
    return LoadConfig(RealFileSystem(), path_, overrides);
  }

  TestDirectory directory_;
  const std::string path_ = directory_ / "c.textproto";
};

TEST_F(LoadConfigTest, ReadsOverridesAndFillsDefaults) {
  const auto config = Load("environment { name: 'Pendulum-v1' } seed: 4",
                           {"seed=5", "sac.critic_hidden=8", "seed=6"});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->seed(), 6u);
  EXPECT_THAT(config->sac().critic_hidden(), ElementsAre(8));
  EXPECT_THAT(config->sac().actor_hidden(), ElementsAre(256, 256));
  EXPECT_FALSE(config->sac().has_target_entropy());
  EXPECT_FALSE(config->evaluation().has_success());
}

TEST_F(LoadConfigTest, EveryLineOfAnErrorNamesTheFile) {
  const auto config = Load("sac { gamma: 2 }", {});
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(config.status().message());
  EXPECT_THAT(message, HasSubstr(path_ + ": sac.gamma = 2 is out of range"));
  EXPECT_THAT(message, HasSubstr("\n" + path_ + ": environment.name"));
}

TEST_F(LoadConfigTest, AWrongOverrideIsNamed) {
  EXPECT_EQ(Load("", {"sac.gama=1"}).status().message(),
            "--set sac.gama=1: unknown key \"sac.gama\"; did you mean "
            "\"sac.gamma\"?");
}

TEST_F(LoadConfigTest, AnOverrideCanRepairTheFile) {
  EXPECT_TRUE(
      Load("sac { gamma: 2 }", {"sac.gamma=1", "environment.name=Pendulum-v1"})
          .ok());
}

// Nearest first; what the working directory has, and what is nowhere, stays.
TEST_F(LoadConfigTest, APanelIsLookedForBesideTheFileAndAbove) {
  FileSystem& files = RealFileSystem();
  const std::string root =
      std::filesystem::path(directory_.path()).lexically_normal().string();
  const auto panel_of = [&](const std::string& folder,
                            const std::string& panel) {
    const std::string path = JoinPath(folder, "c.textproto");
    EXPECT_TRUE(files.CreateDirectories(folder).ok());
    EXPECT_TRUE(
        WriteFileAtomically(files, path, "environment { name: 'Pendulum-v1' }")
            .ok());
    const auto config = LoadConfig(files, path, {"evaluation.panel=" + panel});
    EXPECT_TRUE(config.ok()) << config.status();
    return config->evaluation().panel();
  };
  const auto write_panel = [&](const std::string& path) {
    EXPECT_TRUE(files.CreateDirectories(ParentPath(path)).ok());
    EXPECT_TRUE(WriteFileAtomically(files, path, "").ok());
  };
  const std::string folder = JoinPath(root, "configs/mine");
  EXPECT_EQ(panel_of(folder, "panels/p.textproto"), "panels/p.textproto");
  write_panel(JoinPath(root, "panels/p.textproto"));
  EXPECT_EQ(panel_of(folder, "panels/p.textproto"),
            JoinPath(root, "panels/p.textproto"));
  EXPECT_EQ(panel_of(folder, "panels/p"), JoinPath(root, "panels/p"));
  write_panel(JoinPath(root, "configs/mine/panels/p.textproto"));
  EXPECT_EQ(panel_of(folder, "panels/p.textproto"),
            folder + "/panels/p.textproto");
  const std::string absolute = JoinPath(root, "panels/p.textproto");
  EXPECT_EQ(panel_of(folder, absolute), absolute);
  const std::string here = "panel_path_test.textproto";
  write_panel(here);
  write_panel(JoinPath(folder, here));
  EXPECT_EQ(panel_of(folder, here), here);
  EXPECT_TRUE(files.Remove(here).ok());
}

TEST_F(LoadConfigTest, AMissingFileIsNotFound) {
  const auto config = LoadConfig(RealFileSystem(), directory_ / "no", {});
  EXPECT_EQ(config.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(config.status().message()),
              HasSubstr(directory_ / "no"));
}

}  // namespace
}  // namespace softfleet
