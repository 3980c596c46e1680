// SPDX-License-Identifier: Apache-2.0
// A disk that really fills up: a small tmpfs, where mounting is allowed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "tests/core/test_directory.h"
#include "tests/end_to_end/program.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

// A file system of so many kilobytes, until the end of the test.
class SmallDisk {
 public:
  SmallDisk(const std::string& path, int kilobytes) : path_(path) {
    EXPECT_TRUE(RealFileSystem().CreateDirectories(path).ok());
    mounted_ = Mount(0, kilobytes);
  }
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  bool Resize(int kilobytes) { return Mount(MS_REMOUNT, kilobytes); }

 private:
  bool Mount(unsigned long flags, int kilobytes) {
    const std::string size = absl::StrCat("size=", kilobytes, "k");
    return mount("softfleet-test", path_.c_str(), "tmpfs", flags,
                 size.c_str()) == 0;
  }

  std::string path_;
  bool mounted_ = false;
};

TEST(FullDiskTest, ARunThatFilledItsDiskGoesOnWhenThereIsRoom) {
  const TestDirectory directory;
  SmallDisk disk(directory / "disk", 200);
  if (!disk.mounted()) {
    GTEST_SKIP() << "mounting a tmpfs is not allowed here: "
                 << std::strerror(errno);
  }
  const std::string config = WriteShortConfig(directory.path());
  const std::string run = directory / "disk/run";
  const Finished full = Softfleet(Train(config, run));
  EXPECT_EQ(full.exit_code, 1) << full.err;
  EXPECT_THAT(full.err, HasSubstr("No space left on device"));
  EXPECT_THAT(full.err, HasSubstr(run));

  ASSERT_TRUE(disk.Resize(64 * 1024));
  const Finished resumed = Softfleet(Train(config, run));
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  const std::string undisturbed = directory / "undisturbed";
  ASSERT_EQ(Softfleet(Train(config, undisturbed)).exit_code, 0);
  ExpectSameResult(run, undisturbed);
}

}  // namespace
}  // namespace softfleet
