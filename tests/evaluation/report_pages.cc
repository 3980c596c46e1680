// SPDX-License-Identifier: Apache-2.0
// report_pages DIRECTORY: writes the example reports there, one page each, for
// the tests that look at them with other eyes than ours.
#include <cstdio>
#include <string>
#include <utility>

#include "core/file_system.h"
#include "core/status.h"
#include "evaluation/report.h"
#include "evaluation/seed_panel_report.h"
#include "tests/evaluation/report_examples.h"

namespace {

// Six ordinary runs, each a little worse than the one before.
softfleet::SeedPanelData SeedPanel() {
  softfleet::SeedPanelData panel;
  for (int seed = 0; seed < 6; ++seed) {
    softfleet::ReportData run = softfleet::testing::OrdinaryReport();
    run.seed = static_cast<uint64_t>(seed);
    for (softfleet::AuditRecord& record : run.audit) {
      record.deterministic.return_mean -= 20 * seed;
      record.stochastic.return_mean -= 25 * seed;
    }
    panel.runs.push_back(std::move(run));
  }
  return panel;
}

absl::Status WritePages(const std::string& directory) {
  softfleet::FileSystem& files = softfleet::RealFileSystem();
  for (const auto& [name, data] : softfleet::testing::AllReports()) {
    SF_RETURN_IF_ERROR(softfleet::WriteFileAtomically(
        files, softfleet::JoinPath(directory, name + ".html"),
        softfleet::RenderReport(data)));
  }
  return softfleet::WriteFileAtomically(
      files, softfleet::JoinPath(directory, "seeds.html"),
      softfleet::RenderSeedPanelReport(SeedPanel()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: report_pages DIRECTORY\n");
    return 2;
  }
  const absl::Status status = WritePages(argv[1]);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return 1;
}
