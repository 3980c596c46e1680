// SPDX-License-Identifier: Apache-2.0
// A MuJoCo model and one simulation of it. Models are compiled once per process
// and shared by the environments that use them. LoadSimulator is thread-safe;
// a Simulator belongs to one environment.
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_SIMULATOR_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_SIMULATOR_H_

#include <mujoco/mujoco.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "environments/settings.h"

namespace softfleet {

using SharedModel = std::shared_ptr<const mjModel>;

struct DataDeleter {
  void operator()(mjData* data) const { mj_deleteData(data); }
};
using DataPointer = std::unique_ptr<mjData, DataDeleter>;

// What every MuJoCo environment of Gymnasium can be told.
struct SimulatorOptions {
  // One of Gymnasium's own models ("half_cheetah.xml"), else a path.
  std::string xml_file;
  int64_t frame_skip = 1;  // simulation steps in one step, at least 1

  // Takes the settings xml_file and frame_skip.
  void Read(SettingsReader& settings);
};

struct Simulator {
  SharedModel model;
  DataPointer data;
  int frame_skip = 1;

  // Simulated seconds in one step.
  double step_seconds() const { return model->opt.timestep * frame_skip; }
};

// A data of `model`, reset.
absl::StatusOr<DataPointer> MakeData(const mjModel& model);

// InvalidArgument says what is wrong with an option or, in MuJoCo's words, with
// the file, or that its model has fewer position or velocity coordinates than
// the environment reads. A path's model is read again once nobody uses it.
absl::StatusOr<Simulator> LoadSimulator(const SimulatorOptions& options,
                                        int positions, int velocities);

// Its id, or InvalidArgument that says which body the model lacks.
absl::StatusOr<int> FindBody(const mjModel& model, const std::string& name);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_SIMULATOR_H_
