// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cli/metrics_list.h"
#include "core/file_system.h"

namespace softfleet {
namespace {

// To bring it up to date: softfleet list metrics --markdown > docs/metrics.md
TEST(MetricsPageTest, ThePageListsWhatTheProgramsServe) {
  const auto page =
      RealFileSystem().Read(SOFTFLEET_SOURCE_DIR "/docs/metrics.md");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(*page, FormatMetricsPage(AllMetrics()));
}

}  // namespace
}  // namespace softfleet
