// SPDX-License-Identifier: Apache-2.0
// What evaluation.panel means: where the panel's file is. Thread-safe: free
// functions.
#ifndef SOFTFLEET_RUN_PANEL_PATH_H_
#define SOFTFLEET_RUN_PANEL_PATH_H_

#include <string>

#include "core/file_system.h"

namespace softfleet {

// `panel`, or `panel`.textproto where that is there and `panel` is not.
std::string PanelFileName(FileSystem& files, const std::string& panel);

// `panel` as it is where PanelFileName finds it from the working directory, or
// nowhere. Else the absolute path of the one that is nearest to the
// configuration's file: relative to its directory, or to one above.
std::string LocatePanel(FileSystem& files, const std::string& panel,
                        const std::string& config_file);

}  // namespace softfleet

#endif  // SOFTFLEET_RUN_PANEL_PATH_H_
