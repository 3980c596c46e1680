// SPDX-License-Identifier: Apache-2.0
// softfleet render on a real run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/program.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

TEST(RenderTest, AnEpisodeAndItsTraceGiveTheSamePictures) {
  const TestDirectory directory;
  const std::string run = directory / "run";
  ASSERT_EQ(Softfleet(Train(WriteShortConfig(directory.path()), run)).exit_code,
            0);
  const Finished played = Softfleet({"render", "--run_dir", run, "--steps", "3",
                                     "--out", directory / "new/a%02d.png",
                                     "--write_trace", directory / "t"});
  EXPECT_EQ(played.exit_code, 0) << played.err;
  EXPECT_THAT(played.out, HasSubstr("3 steps, return -"));
  const Finished again = Softfleet(
      {"render", "--trace", directory / "t", "--out", directory / "b%02d.png"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  FileSystem& files = RealFileSystem();
  std::string last;
  for (const char* number : {"00", "01", "02", "03"}) {
    const std::string a =
        files.Read(directory / absl::StrCat("new/a", number, ".png")).value();
    EXPECT_EQ(
        a, files.Read(directory / absl::StrCat("b", number, ".png")).value());
    EXPECT_NE(a, last);
    last = a;
  }
  EXPECT_FALSE(files.Exists(directory / "new/a04.png"));
}

TEST(RenderTest, MistakesSayWhatToDo) {
  const TestDirectory directory;
  const Finished gif = Softfleet(
      {"render", "--run_dir", directory.path(), "--out", "episode.gif"});
  EXPECT_EQ(gif.exit_code, 2);
  EXPECT_THAT(gif.err, HasSubstr("must end in .mp4 or .png"));
  const Finished nothing = Softfleet({"render", "--out", "a.png"});
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_THAT(nothing.err, HasSubstr("--run_dir, --policy or --trace"));
}

}  // namespace
}  // namespace softfleet
