// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string>

#include "cli/commands.h"
#include "cli/profile.h"
#include "core/file_system.h"
#include "core/status.h"
#include "run/config.h"

namespace softfleet {
namespace {

absl::Status PrintProfile(const ProfileFlags& flags) {
  FileSystem& files = RealFileSystem();
  SF_ASSIGN_OR_RETURN(const v1::RunConfig config,
                      LoadConfig(files, flags.config, flags.set));
  SF_ASSIGN_OR_RETURN(const ProfileWithTrace result,
                      MakeProfile(files, config, flags.updates));
  if (!flags.trace.empty()) {
    SF_RETURN_IF_ERROR(
        WriteFileAtomically(files, flags.trace, FormatTrace(result.clock)));
    std::fprintf(stderr, "trace: %s (chrome://tracing, ui.perfetto.dev)\n",
                 flags.trace.c_str());
  }
  const std::string text = flags.json ? FormatProfileJson(result.profile)
                                      : FormatProfile(result.profile);
  std::fputs(text.c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace

int RunProfile(const ProfileFlags& flags) {
  return ReportError(PrintProfile(flags));
}

}  // namespace softfleet
