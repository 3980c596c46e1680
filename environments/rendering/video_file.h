// SPDX-License-Identifier: Apache-2.0
// Frames as an MP4 file (H.264), encoded by the program ffmpeg, which is found
// in the PATH. One thread.
#ifndef SOFTFLEET_ENVIRONMENTS_RENDERING_VIDEO_FILE_H_
#define SOFTFLEET_ENVIRONMENTS_RENDERING_VIDEO_FILE_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "environments/rendering/frame.h"

namespace softfleet {

class VideoFile {
 public:
  // NotFound: there is no ffmpeg. Writes beside `path` and renames in Finish,
  // so that there is a whole video or none; an existing one is replaced.
  // `width` and `height` are of every frame and even, as H.264 wants them.
  static absl::StatusOr<std::unique_ptr<VideoFile>> Create(
      const std::string& path, int width, int height, double frames_per_second);
  // Without Finish nothing is left.
  ~VideoFile();

  // Internal: ffmpeg has ended, with what it said last.
  absl::Status Add(const Frame& frame);
  absl::Status Finish();

 private:
  VideoFile(std::string path, std::string partial)
      : path_(std::move(path)), partial_(std::move(partial)) {}
  absl::Status Start(int width, int height, double frames_per_second);
  // Waits for ffmpeg's end; what it said where it failed.
  absl::Status Close();

  std::string path_;
  std::string partial_;  // what is being written
  pid_t process_ = -1;
  int frames_ = -1;    // ffmpeg's input
  int messages_ = -1;  // what it says; a file without a name
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_RENDERING_VIDEO_FILE_H_
