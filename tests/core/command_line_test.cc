// SPDX-License-Identifier: Apache-2.0
#include "core/command_line.h"

#include <gtest/gtest.h>

namespace softfleet {
namespace {

TEST(CommandLineTest, WordsThatAShellWouldReadOtherwiseAreQuoted) {
  const char* const argv[] = {"softfleet", "--config", "a b.textproto",
                              "--set",     "x=$1",     ""};
  EXPECT_EQ(CommandLine(6, argv),
            "softfleet --config 'a b.textproto' --set 'x=$1' ''");
  EXPECT_EQ(ShellQuote("it's"), R"('it'\''s')");
}

TEST(CommandLineTest, PlainWordsStayAsTheyAre) {
  EXPECT_EQ(ShellQuote("--set=sac.gamma=0.98"), "--set=sac.gamma=0.98");
}

}  // namespace
}  // namespace softfleet
