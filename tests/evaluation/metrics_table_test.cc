// SPDX-License-Identifier: Apache-2.0
#include "evaluation/metrics_table.h"

#include <cmath>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace softfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsNan;

TEST(MetricsTableTest, ColumnsAreFoundByName) {
  const auto table = ParseMetrics("step,alpha\n1000,0.5\n2000,\n", "m.csv");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->Column("step"), ElementsAre(1000, 2000));
  EXPECT_THAT(table->Column("alpha"), ElementsAre(0.5, IsNan()));
  EXPECT_THAT(table->Column("beta"), ElementsAre(IsNan(), IsNan()));
}

TEST(MetricsTableTest, ATornLastLineIsLeftOut) {
  const auto table = ParseMetrics("step,alpha\n1000,0.5\n2000,0.", "m.csv");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->Column("step"), ElementsAre(1000));
}

TEST(MetricsTableTest, AnEmptyFileAndALoneHeaderAreEmptyTables) {
  for (const char* text : {"", "step,al", "step,alpha\n"}) {
    const auto table = ParseMetrics(text, "m.csv");
    ASSERT_TRUE(table.ok()) << table.status();
    EXPECT_THAT(table->rows, IsEmpty());
  }
}

TEST(MetricsTableTest, ABadLineIsNamed) {
  for (const char* bad : {"1,x", "1", "1,2,3", ""}) {
    const auto table =
        ParseMetrics(std::string("step,alpha\n1,2\n") + bad + "\n", "m.csv");
    EXPECT_THAT(std::string(table.status().message()),
                HasSubstr("m.csv:3: not a row of 2 numbers"))
        << bad;
  }
}

TEST(MetricsTableTest, ThinnedRowsAreMeansOfTheNumbersThereAre) {
  MetricsTable table{{"step", "a"},
                     {{1, 10}, {2, NAN}, {3, 20}, {4, 40}, {5, NAN}}};
  size_t together = 0;
  const MetricsTable thin = Thinned(table, 3, &together);
  EXPECT_EQ(together, 2u);
  EXPECT_THAT(thin.Column("step"), ElementsAre(2, 4, 5));
  EXPECT_THAT(thin.Column("a"), ElementsAre(10, 30, IsNan()));
}

TEST(MetricsTableTest, FewRowsAreNotThinned) {
  MetricsTable table{{"step"}, {{1}, {2}, {3}}};
  size_t together = 0;
  EXPECT_EQ(Thinned(table, 3, &together).rows, table.rows);
  EXPECT_EQ(together, 1u);
}

}  // namespace
}  // namespace softfleet
