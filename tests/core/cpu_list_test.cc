// SPDX-License-Identifier: Apache-2.0
#include "core/cpu_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/thread.h"

namespace softfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Processors that this process may use.
std::vector<int> Allowed() {
  cpu_set_t set;
  CPU_ZERO(&set);
  EXPECT_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

TEST(CpuList, IsReadInTheOrderGiven) {
  const int cpu = Allowed().back();
  EXPECT_THAT(*ParseCpuList(absl::StrCat(cpu)), ElementsAre(cpu));
  const auto range = ParseCpuList(absl::StrCat(cpu, ",", cpu, "-", cpu));
  ASSERT_TRUE(range.ok()) << range.status();
  EXPECT_THAT(*range, ElementsAre(cpu, cpu));
}

TEST(CpuList, ARangeHasAllBetweenItsEnds) {
  const std::vector<int> allowed = Allowed();
  size_t last = 0;  // of those without a gap
  while (last + 1 < allowed.size() && allowed[last + 1] == allowed[last] + 1) {
    ++last;
  }
  const auto range = ParseCpuList(absl::StrCat(allowed[0], "-", allowed[last]));
  ASSERT_TRUE(range.ok()) << range.status();
  EXPECT_EQ(*range,
            std::vector<int>(allowed.begin(), allowed.begin() + last + 1));
}

TEST(CpuList, WhatIsNotThereIsNamed) {
  const absl::Status status =
      ParseCpuList(absl::StrCat(Allowed()[0], ",999")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("there is no processor 999"));
  EXPECT_THAT(status.message(), HasSubstr(absl::StrCat(Allowed()[0])));
  EXPECT_THAT(ParseCpuList("2000000000").status().message(),
              HasSubstr("2000000000"));
}

TEST(CpuList, WhatIsNoListIsQuoted) {
  for (const std::string text : {"", "a", "0,", "-1", "0-", "1-0", "0-1-2",
                                 "0 1", "99999999999", "0-2000000000"}) {
    const absl::Status status = ParseCpuList(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(status.message(), HasSubstr("\"")) << text;
  }
}

TEST(CpuList, AThreadStaysWhereItIsPut) {
  for (const int cpu : Allowed()) {
    const Thread thread("pinned", [cpu] {
      const absl::Status status = RunThisThreadOn(cpu);
      ASSERT_TRUE(status.ok()) << status;
      EXPECT_EQ(Allowed(), std::vector<int>{cpu});
      EXPECT_EQ(sched_getcpu(), cpu);
    });
  }
}

}  // namespace
}  // namespace softfleet
