// SPDX-License-Identifier: Apache-2.0
// The script is run by a real bash.
#include "cli/completion.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "core/file_system.h"
#include "tests/core/test_directory.h"

namespace softfleet {
namespace {

const CommandWords kCommands = {
    {"train", {"--config", "--run_dir"}},
    {"list", {"environments", "presets", "--json"}}};

// What bash offers for the last of `words`, joined by spaces.
std::string Complete(const std::string& words) {
  const TestDirectory directory;
  const std::string script = directory / "completion.bash";
  EXPECT_TRUE(WriteFileAtomically(RealFileSystem(), script,
                                  CompletionScript("bash", kCommands))
                  .ok());
  const std::string command =
      "cd " + directory.path() + " && bash -c 'source " + script +
      "; COMP_WORDS=(" + words +
      "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _softfleet; "
      "echo -n \"${COMPREPLY[*]}\"'";
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "no bash";
  std::string output;
  char buffer[256];
  while (std::fgets(buffer, sizeof(buffer), pipe) != nullptr) output += buffer;
  pclose(pipe);
  return output;
}

TEST(Completion, OffersCommandsFirst) {
  EXPECT_EQ(Complete("softfleet tr"), "train");
  EXPECT_EQ(Complete("softfleet \"\""), "list train --help --version");
}

TEST(Completion, OffersTheCommandsOwnWords) {
  EXPECT_EQ(Complete("softfleet train --c"), "--config");
  EXPECT_EQ(Complete("softfleet list p"), "presets");
}

TEST(Completion, OffersFilesAfterAFlag) {
  EXPECT_EQ(Complete("softfleet train --config comp"), "completion.bash");
}

TEST(Completion, ZshLoadsBashsCompletion) {
  EXPECT_EQ(CompletionScript("zsh", kCommands).find("autoload"), 0u);
}

}  // namespace
}  // namespace softfleet
