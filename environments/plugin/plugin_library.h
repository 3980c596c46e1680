// SPDX-License-Identifier: Apache-2.0
// Finds and opens the shared library of a plug-in. Thread-safe.
#ifndef SOFTFLEET_ENVIRONMENTS_PLUGIN_PLUGIN_LIBRARY_H_
#define SOFTFLEET_ENVIRONMENTS_PLUGIN_PLUGIN_LIBRARY_H_

#include <string>

#include "absl/status/statusor.h"
#include "environments/plugin/softfleet_environment.h"

namespace softfleet {

// `plugin` is a path, or a name without a slash that is looked for in the
// current directory and then in those of $SOFTFLEET_PLUGIN_PATH (with colons
// between them). NotFound says where it was looked for; FailedPrecondition, why
// what was found is no plug-in for this program. The library stays loaded: it
// may have threads and statics of its own.
absl::StatusOr<const SoftfleetEnvironmentApi*> LoadPlugin(
    const std::string& plugin);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_PLUGIN_PLUGIN_LIBRARY_H_
