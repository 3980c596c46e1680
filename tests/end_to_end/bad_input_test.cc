// SPDX-License-Identifier: Apache-2.0
// What a user gets to see for a mistake: exit code 2, what is wrong, where,
// and what was probably meant.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/file_system.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/program.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

class BadInputTest : public testing::Test {
 protected:
  // Refused as bad input, with all of these in the message.
  void ExpectRefused(const std::vector<std::string>& arguments,
                     const std::vector<std::string>& says) {
    const Finished finished = Softfleet(arguments);
    EXPECT_EQ(finished.exit_code, 2) << finished.err;
    EXPECT_EQ(finished.out, "");
    for (const std::string& text : says) {
      EXPECT_THAT(finished.err, HasSubstr(text));
    }
    EXPECT_FALSE(RealFileSystem().Exists(run_));
  }
  std::string Write(const std::string& text) {
    const std::string path = directory_ / "wrong.textproto";
    EXPECT_TRUE(WriteFileAtomically(RealFileSystem(), path, text).ok());
    return path;
  }

  const TestDirectory directory_;
  const std::string config_ = WriteShortConfig(directory_.path());
  const std::string run_ = directory_ / "run";
};

TEST_F(BadInputTest, AMistakeInTheConfigurationIsNamedWithItsPlace) {
  const std::string typo = Write(
      "seed: 1\nenvironment { name: \"Pendulum-v1\" }\nsac {\n  gama: "
      "0.9\n}\n");
  ExpectRefused(Train(typo, run_),
                {typo + ":4:3", "gama", "did you mean", "gamma"});
  const std::string syntax = Write("seed: 1\ntotal_steps: many\n");
  ExpectRefused(Train(syntax, run_), {syntax + ":2:14"});
  ExpectRefused(Train(directory_ / "missing.textproto", run_),
                {"missing.textproto"});
  ExpectRefused(Train(config_, run_, {"sac.gamma=1.5"}),
                {"sac.gamma", "1.5", "0 to 1"});
  ExpectRefused({"config", "--set", "sac.gamma=1.5"},
                {"sac.gamma", "1.5", "0 to 1"});
  ExpectRefused(Train(config_, run_, {"sac.gama=0.5"}),
                {"sac.gama", "did you mean", "sac.gamma"});
  ExpectRefused(Train(config_, run_, {"sac.batch_size=few"}),
                {"sac.batch_size", "few"});
  ExpectRefused(Train(config_, run_, {"environment.name=Pendulm-v1"}),
                {"Pendulm-v1", "did you mean", "Pendulum-v1"});
  ExpectRefused(Train(config_, run_, {"evaluation.panel=none.textproto"}),
                {"evaluation.panel", "/none.textproto", "random starts"});
  ExpectRefused(Train(config_, run_,
                      {"environment.name=CartPole-v1",
                       "evaluation.panel=configs/panels/pendulum.textproto"}),
                {"CartPole-v1", "Pendulum-v1"});
}

TEST_F(BadInputTest, AMistakeOnTheCommandLineIsNamed) {
  std::vector<std::string> unknown = Train(config_, run_);
  unknown.push_back("--gpu");
  ExpectRefused(unknown, {"--gpu"});
  ExpectRefused({"train", "--config", config_}, {"--run_dir"});
  ExpectRefused({"trian"}, {"trian"});
  ExpectRefused({"evaluate"}, {"--run_dir or --policy"});
  ExpectRefused({"audit", "--run_dir", run_}, {"audit.json"});
  ExpectRefused({"audit", "--run_dir", run_, "--format", "xml"}, {"xml"});
  ExpectRefused({"evaluate", "--run_dir", run_}, {"config.textproto"});
}

TEST_F(BadInputTest, ARunDirectoryThatCannotBeIsAnError) {
  // Below a file: even the superuser cannot write there.
  const std::string below = config_ + "/run";
  const Finished finished = Softfleet(Train(config_, below));
  EXPECT_NE(finished.exit_code, 0);
  EXPECT_THAT(finished.err, HasSubstr(config_));

  // A directory with somebody else's files in it.
  const Finished foreign = Softfleet(Train(config_, directory_.path()));
  EXPECT_EQ(foreign.exit_code, 2) << foreign.err;
  EXPECT_THAT(foreign.err, HasSubstr(directory_.path()));
  EXPECT_EQ(RealFileSystem().List(directory_.path())->size(), 1);
}

TEST_F(BadInputTest, HelpAndVersionAreNoMistakes) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{
           {"--help"}, {"train", "--help"}, {"--version"}}) {
    const Finished finished = Softfleet(arguments);
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_THAT(finished.out, HasSubstr("softfleet"));
  }
}

}  // namespace
}  // namespace softfleet
