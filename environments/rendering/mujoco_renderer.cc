// SPDX-License-Identifier: Apache-2.0
#include "environments/rendering/mujoco_renderer.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status.h"
#include "core/suggest.h"
#include "environments/mujoco/call_mujoco.h"
#include "environments/rendering/offscreen_gl.h"

namespace softfleet {
namespace {

constexpr char kFollowingCamera[] = "track";
constexpr int kMostShapes = 2000;
constexpr int kFineSamples = 4;  // per pixel

std::vector<std::string> CameraNames(const mjModel& model) {
  std::vector<std::string> names;
  for (int i = 0; i < model.ncam; ++i) {
    const char* const name = mj_id2name(&model, mjOBJ_CAMERA, i);
    if (name != nullptr) names.push_back(name);
  }
  return names;
}

absl::StatusOr<mjvCamera> FindCamera(const mjModel& model,
                                     const std::string& name) {
  mjvCamera camera;
  mjv_defaultFreeCamera(&model, &camera);
  const std::string wanted = name.empty() ? kFollowingCamera : name;
  const int id = mj_name2id(&model, mjOBJ_CAMERA, wanted.c_str());
  if (id >= 0) {
    camera.type = mjCAMERA_FIXED;
    camera.fixedcamid = id;
  } else if (!name.empty()) {
    const std::vector<std::string> known = CameraNames(model);
    return absl::NotFoundError(absl::StrCat(
        "the model has no camera \"", name, "\"", DidYouMean(name, known),
        " (known: ", absl::StrJoin(known, ", "), ")"));
  }
  return camera;
}

class MujocoRenderer : public Renderer {
 public:
  static absl::StatusOr<std::unique_ptr<Renderer>> Create(
      const mjModel& model, const RenderOptions& options) {
    auto renderer = absl::WrapUnique(new MujocoRenderer(model.nq, options));
    SF_ASSIGN_OR_RETURN(renderer->camera_, FindCamera(model, options.camera));
    SF_ASSIGN_OR_RETURN(renderer->data_, MakeData(model));
    SF_ASSIGN_OR_RETURN(renderer->gl_,
                        OffscreenGl::Create(options.width, options.height));
    SF_RETURN_IF_ERROR(renderer->gl_->MakeCurrent());
    SF_RETURN_IF_ERROR(renderer->MakeContext(model));
    return renderer;
  }

  ~MujocoRenderer() override {
    if (gl_ != nullptr) gl_->MakeCurrent().IgnoreError();
    mjr_freeContext(&context_);
    mjv_freeScene(&scene_);
  }

  absl::Status Render(const Environment& environment, Frame* frame) override {
    const auto* const mujoco =
        dynamic_cast<const MujocoEnvironment*>(&environment.innermost());
    if (mujoco == nullptr || mujoco->model().nq != positions_) {
      return absl::InvalidArgumentError(absl::StrCat(
          environment.spec().name, " is not what this renderer was made for"));
    }
    SF_RETURN_IF_ERROR(gl_->MakeCurrent());
    frame->Resize(options_.width, options_.height);
    const mjModel& model = mujoco->model();
    const mjData& now = mujoco->data();
    SF_RETURN_IF_ERROR(CallMujoco([&] {
      mj_copyData(data_.get(), &model, &now);
      mjv_updateScene(&model, data_.get(), &visible_, nullptr, &camera_,
                      mjCAT_ALL, &scene_);
      const mjrRect view = {0, 0, options_.width, options_.height};
      mjr_render(view, &scene_, &context_);
      mjr_readPixels(frame->pixels.data(), nullptr, view, &context_);
    }));
    Flip(*frame);
    return absl::OkStatus();
  }

 private:
  MujocoRenderer(int positions, const RenderOptions& options)
      : options_(options), positions_(positions) {
    mjv_defaultOption(&visible_);
    mjv_defaultScene(&scene_);
    mjr_defaultContext(&context_);
  }

  // Sizes and smoothness are fields of a model: a copy of it gets ours.
  absl::Status MakeContext(const mjModel& model) {
    mjModel* const copy = mj_copyModel(nullptr, &model);
    copy->vis.global.offwidth = options_.width;
    copy->vis.global.offheight = options_.height;
    copy->vis.quality.offsamples = options_.fine ? kFineSamples : 0;
    const absl::Status made = CallMujoco([&] {
      mjv_makeScene(copy, &scene_, kMostShapes);
      mjr_makeContext(copy, &context_, mjFONTSCALE_100);
      mjr_setBuffer(mjFB_OFFSCREEN, &context_);
    });
    mj_deleteModel(copy);
    scene_.flags[mjRND_SHADOW] = options_.fine;
    scene_.flags[mjRND_REFLECTION] = options_.fine;
    return made;
  }

  // OpenGL's first row is the lowest.
  static void Flip(Frame& frame) {
    const auto row = static_cast<ptrdiff_t>(frame.width) * 3;
    for (int top = 0, low = frame.height - 1; top < low; ++top, --low) {
      std::swap_ranges(frame.pixels.begin() + top * row,
                       frame.pixels.begin() + (top + 1) * row,
                       frame.pixels.begin() + low * row);
    }
  }

  RenderOptions options_;
  int positions_;  // of the model: nq
  mjvCamera camera_;
  DataPointer data_;  // a copy: updating a scene changes it
  std::unique_ptr<OffscreenGl> gl_;
  mjvOption visible_;
  mjvScene scene_;
  mjrContext context_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Renderer>> MakeMujocoRenderer(
    const MujocoEnvironment& environment, const RenderOptions& options) {
  return MujocoRenderer::Create(environment.model(), options);
}

}  // namespace softfleet
