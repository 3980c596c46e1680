// SPDX-License-Identifier: Apache-2.0
// Completion scripts for shells, made from the commands there are.
#ifndef SOFTFLEET_CLI_COMPLETION_H_
#define SOFTFLEET_CLI_COMPLETION_H_

#include <map>
#include <string>
#include <vector>

namespace softfleet {

// Flags ("--run_dir") and words ("environments") by command.
using CommandWords = std::map<std::string, std::vector<std::string>>;

// A script for `source`: completes commands, then the words of the command,
// and file names after a flag. `shell` is bash or zsh (which loads bash's
// through bashcompinit).
std::string CompletionScript(const std::string& shell,
                             const CommandWords& commands);

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_COMPLETION_H_
