// SPDX-License-Identifier: Apache-2.0
// softfleet render: an episode as a video or as pictures.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/commands.h"
#include "cli/policy_subject.h"
#include "core/status.h"
#include "environments/environment_config.h"
#include "environments/rendering/png_file.h"
#include "environments/rendering/renderer.h"
#include "environments/rendering/video_file.h"
#include "evaluation/trace.h"

namespace softfleet {
namespace {

// Frames of a second of video, at most; simulations may be far faster.
constexpr double kMostFramesPerSecond = 60;
// Where the environment does not say how long a step is.
constexpr double kAssumedFrequency = 30;
// Steps of an episode that has no limit of its own.
constexpr int64_t kUnlimitedSteps = 1000;

absl::StatusOr<PanelStart> FindStart(FileSystem& files,
                                     const v1::RunConfig& config, int number) {
  const EnvironmentOptions environment =
      MakeEnvironmentOptions(config.environment());
  const v1::EvaluationConfig& evaluation = config.evaluation();
  absl::StatusOr<Panel> panel =
      evaluation.has_panel()
          ? LoadPanel(files, evaluation.panel(), environment)
          : RandomStarts(environment, number + 1, config.seed());
  SF_RETURN_IF_ERROR(panel.status());
  if (static_cast<size_t>(number) < panel->starts.size()) {
    return panel->starts[static_cast<size_t>(number)];
  }
  return absl::InvalidArgumentError(absl::StrCat("--start is ", number,
                                                 ", the panel has starts 0 to ",
                                                 panel->starts.size() - 1));
}

absl::StatusOr<Trace> PlayEpisode(FileSystem& files, const RenderFlags& flags) {
  SF_ASSIGN_OR_RETURN(const PolicySubject subject,
                      LoadPolicySubject(files, flags.run_dir, flags.policy));
  SF_ASSIGN_OR_RETURN(const PanelStart start,
                      FindStart(files, subject.config, flags.start));
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<Policy> policy,
                      Policy::Create(std::make_shared<const Snapshot>(
                          subject.bundle.snapshot)));
  ActionMode mode = subject.bundle.deployment_mode;
  if (flags.mode == "deterministic") mode = ActionMode::kDeterministic;
  if (flags.mode == "stochastic") mode = ActionMode::kStochastic;
  return RecordTrace(*policy, mode, subject.config.environment(), start,
                     flags.steps > 0 ? flags.steps : kUnlimitedSteps);
}

// The trace's states as frames, one after another.
class Projector {
 public:
  static absl::StatusOr<Projector> Create(const Trace& trace,
                                          const RenderOptions& options) {
    SF_ASSIGN_OR_RETURN(
        std::unique_ptr<Environment> environment,
        MakeEnvironment(MakeEnvironmentOptions(trace.environment)));
    SF_ASSIGN_OR_RETURN(std::unique_ptr<Renderer> renderer,
                        MakeRenderer(*environment, options));
    return Projector(trace, std::move(environment), std::move(renderer));
  }

  // Steps in a second of simulated time.
  double frequency() const {
    const double known = environment_->spec().control_frequency;
    return known > 0 ? known : kAssumedFrequency;
  }

  // The state after `step` steps.
  absl::Status Show(size_t step, Frame* frame) {
    SF_RETURN_IF_ERROR(environment_->ResetTo(trace_.states[step]));
    return renderer_->Render(*environment_, frame);
  }

 private:
  Projector(const Trace& trace, std::unique_ptr<Environment> environment,
            std::unique_ptr<Renderer> renderer)
      : trace_(trace),
        environment_(std::move(environment)),
        renderer_(std::move(renderer)) {}

  const Trace& trace_;
  std::unique_ptr<Environment> environment_;
  std::unique_ptr<Renderer> renderer_;
};

absl::Status WritePng(FileSystem& files, const std::string& path,
                      const Frame& frame) {
  SF_ASSIGN_OR_RETURN(const std::string bytes, EncodePng(frame));
  return WriteFileAtomically(files, path, bytes);
}

// Every `stride`-th state, as a video that lasts as long as the episode did
// (divided by speed).
absl::Status WriteVideo(const RenderFlags& flags, const Trace& trace,
                        Projector& projector) {
  const double rate = projector.frequency() * flags.speed;
  const auto stride = static_cast<size_t>(
      std::max(1.0, std::ceil(rate / kMostFramesPerSecond)));
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<VideoFile> video,
                      VideoFile::Create(flags.out, flags.width, flags.height,
                                        rate / static_cast<double>(stride)));
  Frame frame;
  for (size_t step = 0; step < trace.states.size(); step += stride) {
    SF_RETURN_IF_ERROR(projector.Show(step, &frame));
    SF_RETURN_IF_ERROR(video->Add(frame));
  }
  return video->Finish();
}

absl::Status WritePictures(FileSystem& files, const RenderFlags& flags,
                           const Trace& trace, Projector& projector) {
  const auto pattern = absl::ParsedFormat<'d'>::New(flags.out);
  if (pattern == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("--out ", flags.out,
                     " must have one number as its only %: frames/%05d.png"));
  }
  Frame frame;
  for (size_t step = 0; step < trace.states.size(); ++step) {
    SF_RETURN_IF_ERROR(projector.Show(step, &frame));
    const std::string path = absl::StrFormat(*pattern, static_cast<int>(step));
    SF_RETURN_IF_ERROR(WritePng(files, path, frame));
  }
  return absl::OkStatus();
}

absl::Status WritePicture(FileSystem& files, const RenderFlags& flags,
                          const Trace& trace, Projector& projector) {
  if (flags.step >= std::ssize(trace.states)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--step is ", flags.step, ", the episode has ",
                     trace.rewards.size(), " steps"));
  }
  Frame frame;
  SF_RETURN_IF_ERROR(projector.Show(static_cast<size_t>(flags.step), &frame));
  return WritePng(files, flags.out, frame);
}

absl::Status WriteOut(FileSystem& files, const RenderFlags& flags,
                      const Trace& trace) {
  SF_RETURN_IF_ERROR(files.CreateDirectories(ParentPath(flags.out)));
  RenderOptions options;
  options.width = flags.width;
  options.height = flags.height;
  options.camera = flags.camera;
  options.fine = !flags.fast;
  SF_ASSIGN_OR_RETURN(Projector projector, Projector::Create(trace, options));
  if (absl::EndsWith(flags.out, ".mp4")) {
    return WriteVideo(flags, trace, projector);
  }
  if (absl::StrContains(flags.out, '%')) {
    return WritePictures(files, flags, trace, projector);
  }
  return WritePicture(files, flags, trace, projector);
}

absl::Status Render(const RenderFlags& flags) {
  FileSystem& files = RealFileSystem();
  const bool draws = !flags.out.empty();
  if (draws && !absl::EndsWith(flags.out, ".mp4") &&
      !absl::EndsWith(flags.out, ".png")) {
    return absl::InvalidArgumentError(
        absl::StrCat("--out ", flags.out, " must end in .mp4 or .png"));
  }
  SF_ASSIGN_OR_RETURN(const Trace trace, flags.trace.empty()
                                             ? PlayEpisode(files, flags)
                                             : ReadTrace(files, flags.trace));
  double sum = 0;
  for (const double reward : trace.rewards) sum += reward;
  if (!flags.write_trace.empty()) {
    SF_RETURN_IF_ERROR(WriteTrace(files, flags.write_trace, trace));
  }
  if (draws) SF_RETURN_IF_ERROR(WriteOut(files, flags, trace));
  std::printf("%zu steps, return %g%s%s\n", trace.rewards.size(), sum,
              draws ? " -> " : "", flags.out.c_str());
  return absl::OkStatus();
}

}  // namespace

int RunRender(const RenderFlags& flags) { return ReportError(Render(flags)); }

}  // namespace softfleet
