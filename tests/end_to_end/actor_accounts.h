// SPDX-License-Identifier: Apache-2.0
// What an actor's last line in its log says about its rows.
#ifndef SOFTFLEET_TESTS_END_TO_END_ACTOR_ACCOUNTS_H_
#define SOFTFLEET_TESTS_END_TO_END_ACTOR_ACCOUNTS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace softfleet {

struct ActorAccounts {
  std::string line;
  int64_t steps = 0;
  int64_t acknowledged = 0, lost = 0, dropped = 0, rejected = 0, left = 0;
};

// Of every actor that came to an orderly end in these logs.
std::vector<ActorAccounts> ParseActorAccounts(const std::string& logs);

// Every step is accounted for, once; none was dropped or refused.
void ExpectSound(const ActorAccounts& actor);

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_END_TO_END_ACTOR_ACCOUNTS_H_
