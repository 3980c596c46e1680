// SPDX-License-Identifier: Apache-2.0
// A model whose physics can be changed: the shared one as long as nothing is
// changed, else a copy of its own. Every value is computed from the shared
// model's, so factors never pile up. Not thread-safe; one environment's.
#ifndef SOFTFLEET_ENVIRONMENTS_MUJOCO_MODEL_PHYSICS_H_
#define SOFTFLEET_ENVIRONMENTS_MUJOCO_MODEL_PHYSICS_H_

#include <mujoco/mujoco.h>

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "environments/mujoco/simulator.h"
#include "environments/physics.h"

namespace softfleet {

class ModelPhysics {
 public:
  explicit ModelPhysics(SharedModel nominal);

  // The model as it is now; another one, of the same sizes, after Set.
  const mjModel* model() const {
    return edited_ == nullptr ? nominal_.get() : edited_.get();
  }

  // friction: every coefficient of every geom and contact pair. mass: mass
  // and inertia of every body and what mj_setConst computes from them. gain:
  // the first gain parameter of every actuator. contact_time, contact_damping:
  // solref of every geom and contact pair (MuJoCo takes no time below two
  // simulation steps). gravity_tilt: gravity turned about the y axis.
  // The force is not the model's. Errors as Environment::SetPhysics; nothing
  // has changed where they refuse.
  absl::Status Set(const Physics& physics);

 private:
  struct ModelDeleter {
    void operator()(mjModel* model) const { mj_deleteModel(model); }
  };

  absl::Status MakeEdited();
  absl::Status SetMass(double factor);
  void SetContacts(const Physics& physics);
  void SetGain(double factor);
  void SetTilt(double angle);

  SharedModel nominal_;
  std::vector<absl::string_view> known_;           // fields it can change
  std::unique_ptr<mjModel, ModelDeleter> edited_;  // from the first change on
  DataPointer scratch_;                            // of mj_setConst
  Physics now_;                                    // what edited_ has
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_MUJOCO_MODEL_PHYSICS_H_
