// SPDX-License-Identifier: Apache-2.0
#include "core/cpu_list.h"

#include <sched.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/status.h"

namespace softfleet {
namespace {

absl::StatusOr<int> ParseCpu(absl::string_view text) {
  int cpu = -1;
  if (absl::SimpleAtoi(text, &cpu) && cpu >= 0) return cpu;
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is no processor's number: give e.g. 0-3,6"));
}

// As `taskset` prints them: "0-3,6".
std::string Describe(const cpu_set_t& set) {
  std::string text;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &set)) continue;
    const int first = cpu;
    while (cpu + 1 < CPU_SETSIZE && CPU_ISSET(cpu + 1, &set)) ++cpu;
    absl::StrAppend(&text, text.empty() ? "" : ",", first);
    if (cpu > first) absl::StrAppend(&text, "-", cpu);
  }
  return text;
}

absl::Status CheckAllowed(const std::vector<int>& cpus) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  // More processors than CPU_SETSIZE: let each thread find out.
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
    return absl::OkStatus();
  }
  for (const int cpu : cpus) {
    if (cpu < CPU_SETSIZE && CPU_ISSET(cpu, &allowed)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("there is no processor ", cpu,
                     " for this process, which may use ", Describe(allowed)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<int>> ParseCpuList(absl::string_view text) {
  std::vector<int> cpus;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::pair<absl::string_view, absl::string_view> ends =
        absl::StrSplit(part, absl::MaxSplits('-', 1));
    SF_ASSIGN_OR_RETURN(const int first, ParseCpu(ends.first));
    int last = first;
    if (part.size() > ends.first.size()) {
      SF_ASSIGN_OR_RETURN(last, ParseCpu(ends.second));
    }
    if (last < first || last - first >= CPU_SETSIZE) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", part, "\" is no range of processors"));
    }
    for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
  }
  SF_RETURN_IF_ERROR(CheckAllowed(cpus));
  return cpus;
}

absl::Status RunThisThreadOn(int cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  if (sched_setaffinity(0, sizeof(one), &one) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "cannot run on processor ", cpu, ": ", std::strerror(errno)));
}

}  // namespace softfleet
