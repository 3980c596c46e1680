// SPDX-License-Identifier: Apache-2.0
#include "environments/rendering/renderer.h"

#include "absl/strings/str_cat.h"
#include "environments/rendering/drawings.h"
#include "environments/rendering/mujoco_renderer.h"

namespace softfleet {
namespace {

constexpr int kLargestSide = 8192;

class DrawingRenderer : public Renderer {
 public:
  DrawingRenderer(Drawing drawing, const RenderOptions& options)
      : drawing_(drawing), options_(options) {}

  absl::Status Render(const Environment& environment, Frame* frame) override {
    frame->Resize(options_.width, options_.height);
    drawing_(environment, *frame);
    return absl::OkStatus();
  }

 private:
  Drawing drawing_;
  RenderOptions options_;
};

absl::Status CheckSide(absl::string_view name, int side) {
  if (side >= 1 && side <= kLargestSide) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the picture's ", name, " is ",
                                                 side, ", not in [1, ",
                                                 kLargestSide, "]"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Renderer>> MakeRenderer(
    const Environment& environment, const RenderOptions& options) {
  for (const absl::Status& status : {CheckSide("width", options.width),
                                     CheckSide("height", options.height)}) {
    if (!status.ok()) return status;
  }
  const Environment& inner = environment.innermost();
  if (const auto* const mujoco =
          dynamic_cast<const MujocoEnvironment*>(&inner)) {
    return MakeMujocoRenderer(*mujoco, options);
  }
  if (const Drawing drawing = FindDrawing(inner)) {
    return std::make_unique<DrawingRenderer>(drawing, options);
  }
  return absl::UnimplementedError(
      absl::StrCat("there is no picture of ", inner.spec().name));
}

}  // namespace softfleet
