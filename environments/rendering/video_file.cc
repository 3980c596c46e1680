// SPDX-License-Identifier: Apache-2.0
#include "environments/rendering/video_file.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"

extern char** environ;

namespace softfleet {
namespace {

constexpr char kProgram[] = "ffmpeg";
// Of what ffmpeg said, the end.
constexpr size_t kMessageBytes = 1000;

// ffmpeg's arguments: raw frames from standard input, a file that plays
// everywhere and from its first byte.
std::vector<std::string> Arguments(const std::string& output, int width,
                                   int height, double frames_per_second) {
  return {kProgram,
          "-nostdin",
          "-loglevel",
          "error",
          "-y",
          "-f",
          "rawvideo",
          "-pix_fmt",
          "rgb24",
          "-s",
          absl::StrCat(width, "x", height),
          "-r",
          absl::StrCat(frames_per_second),
          "-i",
          "pipe:0",
          "-an",
          "-c:v",
          "libx264",
          "-pix_fmt",
          "yuv420p",
          "-crf",
          "18",
          "-movflags",
          "+faststart",
          "-f",
          "mp4",
          output};
}

absl::Status SystemError(absl::string_view what) {
  return absl::InternalError(absl::StrCat(what, ": ", std::strerror(errno)));
}

// The end of the file's content.
std::string Tail(int file) {
  const off_t size = ::lseek(file, 0, SEEK_END);
  const off_t from =
      size > static_cast<off_t>(kMessageBytes) ? size - kMessageBytes : 0;
  std::string text(static_cast<size_t>(size - from), '\0');
  const ssize_t got = ::pread(file, text.data(), text.size(), from);
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return std::string(absl::StripAsciiWhitespace(text));
}

}  // namespace

absl::StatusOr<std::unique_ptr<VideoFile>> VideoFile::Create(
    const std::string& path, int width, int height, double frames_per_second) {
  if (width % 2 != 0 || height % 2 != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a video's width and height must be even, not ", width, " x ", height));
  }
  auto video = absl::WrapUnique(
      new VideoFile(path, absl::StrCat(path, ".", ::getpid(), ".partial")));
  SF_RETURN_IF_ERROR(video->Start(width, height, frames_per_second));
  return video;
}

absl::Status VideoFile::Start(int width, int height, double frames_per_second) {
  // A socket, because writing to one can be told not to raise SIGPIPE.
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return SystemError("no pipe to ffmpeg");
  }
  frames_ = ends[0];
  messages_ = ::memfd_create("ffmpeg-messages", MFD_CLOEXEC);
  if (messages_ < 0) {
    ::close(ends[1]);
    return SystemError("no memory for ffmpeg's messages");
  }
  std::vector<std::string> arguments =
      Arguments(partial_, width, height, frames_per_second);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, messages_, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, messages_, STDERR_FILENO);
  const int error = ::posix_spawnp(&process_, kProgram, &actions, nullptr,
                                   pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (error == 0) return absl::OkStatus();
  process_ = -1;
  if (error == ENOENT) {
    return absl::NotFoundError(
        "there is no program ffmpeg to write a video with: install it (Debian: "
        "apt-get install ffmpeg), or write pictures with --out DIR/%05d.png");
  }
  errno = error;
  return SystemError("ffmpeg could not be started");
}

VideoFile::~VideoFile() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    Close().IgnoreError();
    ::unlink(partial_.c_str());
  }
  if (frames_ >= 0) ::close(frames_);
  if (messages_ >= 0) ::close(messages_);
}

absl::Status VideoFile::Add(const Frame& frame) {
  const uint8_t* next = frame.pixels.data();
  size_t left = frame.pixels.size();
  while (left > 0) {
    const ssize_t sent = ::send(frames_, next, left, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) {
      const absl::Status closed = Close();
      return closed.ok() ? SystemError("writing to ffmpeg") : closed;
    }
    next += sent;
    left -= static_cast<size_t>(sent);
  }
  return absl::OkStatus();
}

absl::Status VideoFile::Close() {
  ::close(frames_);
  frames_ = -1;
  int state = 0;
  while (::waitpid(process_, &state, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
  if (WIFEXITED(state) && WEXITSTATUS(state) == 0) return absl::OkStatus();
  ::unlink(partial_.c_str());
  return absl::InternalError(
      absl::StrCat("ffmpeg could not write ", path_, ": ", Tail(messages_)));
}

absl::Status VideoFile::Finish() {
  SF_RETURN_IF_ERROR(Close());
  std::error_code error;
  std::filesystem::rename(partial_, path_, error);
  if (!error) return absl::OkStatus();
  ::unlink(partial_.c_str());
  return absl::InternalError(
      absl::StrCat(path_, " cannot be written: ", error.message()));
}

}  // namespace softfleet
