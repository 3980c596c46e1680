// SPDX-License-Identifier: Apache-2.0
#include "run/panel_path.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace softfleet {
namespace {

constexpr absl::string_view kExtension = ".textproto";

}  // namespace

std::string PanelFileName(FileSystem& files, const std::string& panel) {
  if (files.Exists(panel) || absl::EndsWith(panel, kExtension)) return panel;
  const std::string longer = absl::StrCat(panel, kExtension);
  return files.Exists(longer) ? longer : panel;
}

std::string LocatePanel(FileSystem& files, const std::string& panel,
                        const std::string& config_file) {
  const auto there = [&](const std::string& path) {
    return files.Exists(PanelFileName(files, path));
  };
  std::error_code error;
  const std::filesystem::path file =
      std::filesystem::absolute(config_file, error).lexically_normal();
  if (error || std::filesystem::path(panel).is_absolute() || there(panel)) {
    return panel;
  }
  for (auto directory = file.parent_path();;
       directory = directory.parent_path()) {
    std::string path = JoinPath(directory.string(), panel);
    if (there(path)) return path;
    if (directory == directory.root_path()) return panel;
  }
}

}  // namespace softfleet
