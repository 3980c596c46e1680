// SPDX-License-Identifier: Apache-2.0
#include "environments/plugin/plugin_library.h"

#include <dlfcn.h>
#include <elf.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/file_system.h"
#include "core/status.h"

namespace softfleet {
namespace {

constexpr char kPathVariable[] = "SOFTFLEET_PLUGIN_PATH";
constexpr char kSymbol[] = "softfleet_environment";

// Every path has a slash, so that dlopen looks nowhere else.
std::vector<std::string> Candidates(const std::string& plugin) {
  if (plugin.find('/') != std::string::npos) return {plugin};
  std::vector<std::string> paths = {JoinPath(".", plugin)};
  const char* const listed = std::getenv(kPathVariable);  // NOLINT: no setenv
  for (const absl::string_view folder : absl::StrSplit(
           listed == nullptr ? "" : listed, ':', absl::SkipEmpty())) {
    paths.push_back(JoinPath(folder, plugin));
  }
  return paths;
}

absl::StatusOr<std::string> FindPlugin(const std::string& plugin) {
  const std::vector<std::string> paths = Candidates(plugin);
  for (const std::string& path : paths) {
    if (RealFileSystem().Exists(path)) return path;
  }
  return absl::NotFoundError(absl::StrCat(
      "no plug-in \"", plugin, "\": there is no ",
      absl::StrJoin(paths, " and no "),
      plugin.find('/') != std::string::npos
          ? ""
          : absl::StrCat("; its folder may be listed in $", kPathVariable)));
}

// dlopen trusts the sizes in a file's header: one that was copied only in part
// would kill the process with SIGBUS. Whatever else is wrong dlopen says.
absl::Status CheckWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Elf64_Ehdr header = {};
  if (!file.read(reinterpret_cast<char*>(&header), sizeof(header))) {
    return absl::OkStatus();
  }
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return absl::OkStatus();
  }
  SF_ASSIGN_OR_RETURN(const uint64_t size, RealFileSystem().Size(path));
  const uint64_t wanted =
      header.e_shoff + uint64_t{header.e_shnum} * header.e_shentsize;
  if (size >= wanted) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("it is cut off: it has ", size, " of ", wanted,
                   " bytes; was it copied completely?"));
}

absl::Status CheckApi(const SoftfleetEnvironmentApi* api) {
  if (api == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat(kSymbol, "() returned nothing"));
  }
  if (api->abi != SOFTFLEET_ENVIRONMENT_ABI) {
    return absl::FailedPreconditionError(absl::StrCat(
        "it was built for version ", api->abi,
        " of the plug-in interface, this program has version ",
        SOFTFLEET_ENVIRONMENT_ABI,
        "; build it again with this program's softfleet_environment.h"));
  }
  if (api->size != sizeof(SoftfleetEnvironmentApi) ||
      api->settings_size != sizeof(SoftfleetSettings) ||
      api->group_size != sizeof(SoftfleetGroup) ||
      api->spec_size != sizeof(SoftfleetSpec) ||
      api->step_size != sizeof(SoftfleetStep) ||
      api->physics_size != sizeof(SoftfleetPhysics)) {
    return absl::FailedPreconditionError(
        "its structs are laid out differently: its compiler's options, or the "
        "header it was built with, are not those of the interface");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<const SoftfleetEnvironmentApi*> LoadPlugin(
    const std::string& plugin) {
  SF_ASSIGN_OR_RETURN(const std::string path, FindPlugin(plugin));
  SF_RETURN_IF_ERROR(CheckWhole(path));
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot be loaded: ", ::dlerror()));
  }
  const auto function =
      reinterpret_cast<SoftfleetEnvironmentFunction>(::dlsym(library, kSymbol));
  if (function == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(
        "it has no ", kSymbol,
        "(): is SOFTFLEET_ENVIRONMENT(YourClass) in it, and exported?"));
  }
  const SoftfleetEnvironmentApi* const api = function();
  SF_RETURN_IF_ERROR(CheckApi(api));
  return api;
}

}  // namespace softfleet
