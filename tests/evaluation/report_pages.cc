// SPDX-License-Identifier: Apache-2.0
// report_pages DIRECTORY: writes the example reports there, one page each, for
// the tests that look at them with other eyes than ours.
#include <cstdio>
#include <string>

#include "core/file_system.h"
#include "evaluation/report.h"
#include "tests/evaluation/report_examples.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: report_pages DIRECTORY\n");
    return 2;
  }
  for (const auto& [name, data] : softfleet::testing::AllReports()) {
    const absl::Status status = softfleet::WriteFileAtomically(
        softfleet::RealFileSystem(),
        softfleet::JoinPath(argv[1], name + ".html"),
        softfleet::RenderReport(data));
    if (!status.ok()) {
      std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
      return 1;
    }
  }
  return 0;
}
