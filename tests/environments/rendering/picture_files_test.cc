// SPDX-License-Identifier: Apache-2.0
// Frames as files, read back by the libraries and programs that others use.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "core/philox.h"
#include "environments/rendering/png_file.h"
#include "environments/rendering/video_file.h"
#include "tests/core/test_directory.h"

namespace softfleet {
namespace {

using testing::HasSubstr;

Frame RandomFrame(int width, int height) {
  Frame frame;
  frame.Resize(width, height);
  Philox random(1, Purpose::kTest);
  for (uint8_t& x : frame.pixels) {
    x = static_cast<uint8_t>(random.NextBelow(256));
  }
  return frame;
}

Frame Uniform(int width, int height, uint8_t value) {
  Frame frame;
  frame.Resize(width, height);
  std::fill(frame.pixels.begin(), frame.pixels.end(), value);
  return frame;
}

TEST(PngFileTest, ReadsBackAsTheSamePixels) {
  for (const auto& [width, height] : {std::pair{1, 1}, {7, 3}, {64, 48}}) {
    const Frame frame = RandomFrame(width, height);
    const std::string bytes = EncodePng(frame).value();
    png_image image = {};
    image.version = PNG_IMAGE_VERSION;
    ASSERT_NE(
        png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()),
        0);
    EXPECT_EQ(image.width, static_cast<unsigned>(width));
    EXPECT_EQ(image.height, static_cast<unsigned>(height));
    image.format = PNG_FORMAT_RGB;
    std::vector<uint8_t> pixels(PNG_IMAGE_SIZE(image));
    ASSERT_NE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr),
              0);
    EXPECT_EQ(pixels, frame.pixels);
  }
}

class VideoFileTest : public testing::Test {
 protected:
  void SetUp() override {
    // NOLINTNEXTLINE(cert-env33-c): whether there is one is the question.
    if (std::system("ffmpeg -version >/dev/null 2>&1") != 0) {
      GTEST_SKIP() << "there is no ffmpeg (apt-get install ffmpeg)";
    }
  }
  const TestDirectory directory_;
};

// What `command` prints.
std::string Output(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(
      ::popen(command.c_str(), "r"), ::pclose);
  std::string text;
  std::array<char, 4096> part;
  size_t got = 0;
  while ((got = std::fread(part.data(), 1, part.size(), pipe.get())) > 0) {
    text.append(part.data(), got);
  }
  return text;
}

TEST_F(VideoFileTest, HasEveryFrameInOrderAtItsRate) {
  const std::string path = directory_ / "a.mp4";
  auto video = VideoFile::Create(path, 32, 16, 20).value();
  for (const uint8_t grey : {20, 80, 140, 200}) {
    ASSERT_TRUE(video->Add(Uniform(32, 16, grey)).ok());
  }
  EXPECT_FALSE(RealFileSystem().Exists(path));
  ASSERT_TRUE(video->Finish().ok());
  EXPECT_EQ(Output(absl::StrCat("ffprobe -v error -count_frames -show_entries "
                                "stream=codec_name,width,height,r_frame_rate,"
                                "nb_read_frames -of csv=p=0 ",
                                path)),
            "h264,32,16,20/1,4\n");
  const std::string raw = Output(absl::StrCat("ffmpeg -v error -i ", path,
                                              " -f rawvideo -pix_fmt rgb24 -"));
  ASSERT_EQ(raw.size(), size_t{4 * 32 * 16 * 3});
  int expected = 20;
  for (size_t i = 0; i < 4; ++i, expected += 60) {
    EXPECT_NEAR(static_cast<uint8_t>(raw[i * 32 * 16 * 3]), expected, 4);
  }
}

TEST_F(VideoFileTest, LeavesNothingWithoutFinish) {
  auto video = VideoFile::Create(directory_ / "a.mp4", 32, 16, 20).value();
  ASSERT_TRUE(video->Add(Uniform(32, 16, 1)).ok());
  video.reset();
  EXPECT_EQ(RealFileSystem().List(directory_.path()).value(),
            std::vector<std::string>());
}

TEST_F(VideoFileTest, SaysWhatFfmpegSaid) {
  auto video = VideoFile::Create(directory_ / "none/a.mp4", 32, 16, 20).value();
  // The pipe may take some frames before ffmpeg is known to have ended.
  absl::Status status;
  for (int i = 0; i < 1000 && status.ok(); ++i) {
    status = video->Add(Uniform(32, 16, 1));
  }
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("No such file or directory"));
}

TEST(VideoSizeTest, OddSizesAreRefused) {
  EXPECT_THAT(
      std::string(VideoFile::Create("a.mp4", 31, 16, 20).status().message()),
      HasSubstr("must be even, not 31 x 16"));
}

}  // namespace
}  // namespace softfleet
