// SPDX-License-Identifier: Apache-2.0
#include "run/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/core/test_directory.h"

namespace softfleet {
namespace {

using ::testing::Contains;
using ::testing::Field;

TEST(MachineTest, WhatIsWrittenIsReadBackInItsOrder) {
  const TestDirectory directory;
  const MachineFacts facts = {{"softfleet", "1"}, {"CPU", "a \"b\""}};
  const std::string path = directory / "machine.json";
  ASSERT_TRUE(WriteMachine(RealFileSystem(), path, facts).ok());
  const auto read = ReadMachine(RealFileSystem(), path);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, facts);
}

TEST(MachineTest, ThisMachineNamesItsVersionAndCores) {
  const MachineFacts facts = ThisMachine(RealFileSystem());
  for (const char* name : {"softfleet", "LibTorch", "compiler", "cores"}) {
    EXPECT_THAT(facts, Contains(Field(&MachineFacts::value_type::first, name)));
  }
}

}  // namespace
}  // namespace softfleet
