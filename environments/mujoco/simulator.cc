// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/simulator.h"

#include <limits>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/log.h"
#include "core/mutex.h"
#include "core/status.h"
#include "environments/mujoco/assets.h"
#include "environments/mujoco/call_mujoco.h"

namespace softfleet {
namespace {

// The model in `xml_file`, or nullptr and MuJoCo's text in `error`.
mjModel* Compile(const std::string& xml_file, char* error, int error_size) {
  const std::span<const unsigned char> asset = FindMujocoAsset(xml_file);
  if (asset.empty()) {
    return mj_loadXML(xml_file.c_str(), nullptr, error, error_size);
  }
  mjVFS files;
  mj_defaultVFS(&files);
  mj_addBufferVFS(&files, xml_file.c_str(), asset.data(),
                  static_cast<int>(asset.size()));
  mjModel* const model =
      mj_loadXML(xml_file.c_str(), &files, error, error_size);
  mj_deleteVFS(&files);
  return model;
}

absl::StatusOr<SharedModel> LoadModel(const std::string& xml_file,
                                      std::string* warning) {
  char error[1024] = "";
  mjModel* model = nullptr;
  SF_RETURN_IF_ERROR(CallMujoco(
      [&] { model = Compile(xml_file, error, sizeof(error)); }, warning));
  if (model == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("MuJoCo: ", error));
  }
  return SharedModel(model, [](mjModel* unused) { mj_deleteModel(unused); });
}

// Thread-safe.
class ModelCache {
 public:
  absl::StatusOr<SharedModel> Get(const std::string& xml_file) {
    MutexLock lock(mutex_);
    SharedModel model = models_[xml_file].lock();
    if (model != nullptr) return model;
    std::string warning;
    SF_ASSIGN_OR_RETURN(model, LoadModel(xml_file, &warning));
    models_[xml_file] = model;
    Warn(xml_file, warning);
    return model;
  }

 private:
  // Only about a model of somebody's own something can be done, and once is
  // enough, however often it is read.
  void Warn(const std::string& xml_file, const std::string& warning)
      SF_REQUIRES(mutex_) {
    if (warning.empty() || !FindMujocoAsset(xml_file).empty()) return;
    std::string text = absl::StrCat(xml_file, ": MuJoCo: ", warning);
    if (warnings_.insert(text).second) LogWarning(text);
  }

  Mutex mutex_;
  std::map<std::string, std::weak_ptr<const mjModel>> models_
      SF_GUARDED_BY(mutex_);
  std::set<std::string> warnings_ SF_GUARDED_BY(mutex_);
};

absl::StatusOr<SharedModel> CheckSize(SharedModel model, int positions,
                                      int velocities) {
  if (model->nq >= positions && model->nv >= velocities) return model;
  return absl::InvalidArgumentError(
      absl::StrCat("the model has ", model->nq, " position and ", model->nv,
                   " velocity coordinates, the environment reads at least ",
                   positions, " and ", velocities));
}

}  // namespace

void SimulatorOptions::Read(SettingsReader& settings) {
  settings.Read("xml_file", &xml_file);
  settings.Read("frame_skip", &frame_skip);
}

absl::StatusOr<DataPointer> MakeData(const mjModel& model) {
  mjData* data = nullptr;
  SF_RETURN_IF_ERROR(CallMujoco([&] { data = mj_makeData(&model); }));
  return DataPointer(data);
}

absl::StatusOr<Simulator> LoadSimulator(const SimulatorOptions& options,
                                        int positions, int velocities) {
  if (options.frame_skip < 1 ||
      options.frame_skip > std::numeric_limits<int>::max()) {
    return absl::InvalidArgumentError(
        absl::StrCat("frame_skip is ", options.frame_skip,
                     "; it must be a number of simulation steps, at least 1"));
  }
  static auto* const cache = new ModelCache();
  absl::StatusOr<SharedModel> model = cache->Get(options.xml_file);
  if (model.ok()) model = CheckSize(*std::move(model), positions, velocities);
  SF_RETURN_IF_ERROR(
      Annotate(model.status(), absl::StrCat("xml_file ", options.xml_file)));
  SF_ASSIGN_OR_RETURN(DataPointer data, MakeData(**model));
  return Simulator{*std::move(model), std::move(data),
                   static_cast<int>(options.frame_skip)};
}

absl::StatusOr<int> FindBody(const mjModel& model, const std::string& name) {
  const int body = mj_name2id(&model, mjOBJ_BODY, name.c_str());
  if (body >= 0) return body;
  return absl::InvalidArgumentError(
      absl::StrCat("the model has no body \"", name, "\""));
}

}  // namespace softfleet
