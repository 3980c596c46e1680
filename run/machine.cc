// SPDX-License-Identifier: Apache-2.0
#include "run/machine.h"

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/log.h"
#include "core/status.h"
#include "core/version.h"

namespace softfleet {
namespace {

using Json = nlohmann::ordered_json;

// What follows `key` and `separator` on the first line that starts with it.
std::string FieldOf(FileSystem& files, const std::string& path,
                    absl::string_view key, char separator) {
  const auto text = files.Read(path);
  if (!text.ok()) return "";
  for (absl::string_view line : absl::StrSplit(*text, '\n')) {
    if (!absl::ConsumePrefix(&line, key)) continue;
    line = absl::StripAsciiWhitespace(line);
    if (!absl::ConsumePrefix(&line, std::string(1, separator))) continue;
    line = absl::StripAsciiWhitespace(line);
    if (absl::ConsumePrefix(&line, "\"")) absl::ConsumeSuffix(&line, "\"");
    return std::string(line);
  }
  return "";
}

// "4 of 8": those this process may run on.
std::string Cores() {
  cpu_set_t allowed;
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
    return absl::StrCat(online);
  }
  const int usable = CPU_COUNT(&allowed);
  return usable == online ? absl::StrCat(usable)
                          : absl::StrCat(usable, " of ", online);
}

std::string Memory() {
  const double bytes = static_cast<double>(sysconf(_SC_PHYS_PAGES)) *
                       static_cast<double>(sysconf(_SC_PAGESIZE));
  constexpr double kGibibyte = 1024.0 * 1024 * 1024;
  return bytes > 0 ? absl::StrFormat("%.0f GiB", bytes / kGibibyte) : "";
}

std::string OperatingSystem(FileSystem& files) {
  std::string name = FieldOf(files, "/etc/os-release", "PRETTY_NAME", '=');
  utsname system;
  if (uname(&system) != 0) return name;
  // What follows the release's numbers may name whose machine it is.
  const std::string release = system.release;
  return absl::StrCat(
      name, name.empty() ? "" : ", ", system.sysname, " ",
      release.substr(0, release.find_first_not_of(".0123456789")));
}

}  // namespace

MachineFacts ThisMachine(FileSystem& files) {
  MachineFacts facts = {
      {"softfleet", std::string(SoftwareVersion())},
      {"LibTorch", SOFTFLEET_LIBTORCH_VERSION},
      {"compiler", SOFTFLEET_COMPILER},
      {"CPU", FieldOf(files, "/proc/cpuinfo", "model name", ':')},
      {"cores", Cores()},
      {"memory", Memory()},
      {"system", OperatingSystem(files)}};
  std::erase_if(facts, [](const auto& fact) { return fact.second.empty(); });
  return facts;
}

absl::Status WriteMachine(FileSystem& files, const std::string& path,
                          const MachineFacts& facts) {
  Json json = Json::object();
  for (const auto& [name, value] : facts) json[name] = value;
  return WriteFileAtomically(
      files, path,
      json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void RecordMachineOrWarn(FileSystem& files, const std::string& run_dir) {
  const absl::Status status = WriteMachine(
      files, JoinPath(run_dir, "machine.json"), ThisMachine(files));
  if (!status.ok()) LogWarning(status.message());
}

absl::StatusOr<MachineFacts> ReadMachine(FileSystem& files,
                                         const std::string& path) {
  SF_ASSIGN_OR_RETURN(const std::string text, files.Read(path));
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  MachineFacts facts;
  if (json.is_object()) {
    for (const auto& [name, value] : json.items()) {
      if (value.is_string()) facts.emplace_back(name, value);
    }
  }
  if (!json.is_object() || facts.size() != json.size()) {
    return absl::DataLossError(
        absl::StrCat(path, " is not a JSON object of texts"));
  }
  return facts;
}

}  // namespace softfleet
