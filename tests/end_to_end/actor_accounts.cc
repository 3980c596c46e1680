// SPDX-License-Identifier: Apache-2.0
#include "tests/end_to_end/actor_accounts.h"

#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace softfleet {

std::vector<ActorAccounts> ParseActorAccounts(const std::string& logs) {
  std::vector<ActorAccounts> all;
  const std::vector<std::string> lines = absl::StrSplit(logs, '\n');
  for (const std::string& line : lines) {
    if (!absl::StrContains(line, " rows acknowledged by the shard")) continue;
    const std::string numbers = line.substr(line.rfind(": ") + 2);
    ActorAccounts actor;
    actor.line = line;
    const int found = std::sscanf(
        numbers.c_str(),
        "%" SCNd64 " steps, %" SCNd64
        " rows acknowledged by the shard, %" SCNd64 " of them lost, %" SCNd64
        " dropped, %" SCNd64 " rejected, %" SCNd64 " left",
        &actor.steps, &actor.acknowledged, &actor.lost, &actor.dropped,
        &actor.rejected, &actor.left);
    EXPECT_EQ(found, 6) << line;
    all.push_back(actor);
  }
  return all;
}

void ExpectSound(const ActorAccounts& actor) {
  EXPECT_EQ(actor.steps, actor.acknowledged + actor.left) << actor.line;
  EXPECT_LE(actor.lost, actor.acknowledged) << actor.line;
  EXPECT_GE(actor.left, 0) << actor.line;
  EXPECT_EQ(actor.dropped, 0) << actor.line;
  EXPECT_EQ(actor.rejected, 0) << actor.line;
}

}  // namespace softfleet
