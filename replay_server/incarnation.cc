// SPDX-License-Identifier: Apache-2.0
#include "replay_server/incarnation.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace softfleet {

absl::StatusOr<uint64_t> NextIncarnation(FileSystem& files,
                                         const std::string& data_directory,
                                         Clock& clock) {
  uint64_t next = static_cast<uint64_t>(
      std::max<int64_t>(1, absl::ToUnixMicros(clock.Now())));
  if (data_directory.empty()) return next;
  SF_RETURN_IF_ERROR(CreateDirectoriesDurably(files, data_directory));
  const std::string path = JoinPath(data_directory, "incarnation");
  if (files.Exists(path)) {
    SF_ASSIGN_OR_RETURN(const std::string text, files.Read(path));
    uint64_t last;
    if (!absl::SimpleAtoi(text, &last)) {
      return absl::DataLossError(absl::StrCat(
          path, " holds no number: remove the file to start with a new one"));
    }
    next = std::max(next, last + 1);
  }
  SF_RETURN_IF_ERROR(
      WriteFileAtomically(files, path, absl::StrCat(next, "\n")));
  return next;
}

}  // namespace softfleet
