// SPDX-License-Identifier: Apache-2.0
// A program's command line as a person types it again. Thread-safe: free
// functions.
#ifndef SOFTFLEET_CORE_COMMAND_LINE_H_
#define SOFTFLEET_CORE_COMMAND_LINE_H_

#include <string>

namespace softfleet {

// One word of a command line, quoted where a shell would read something else.
std::string ShellQuote(const std::string& word);

// main's arguments in one line, the program's name first.
std::string CommandLine(int argc, const char* const* argv);

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_COMMAND_LINE_H_
