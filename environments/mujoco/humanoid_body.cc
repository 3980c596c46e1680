// SPDX-License-Identifier: Apache-2.0
#include "environments/mujoco/humanoid_body.h"

#include <algorithm>

#include "environments/mujoco/numpy_sum.h"

namespace softfleet {
namespace {

constexpr int kRootCoordinates = 6;

double SquaredSum(const mjtNum* values, int count) {
  return NumpySum(count, [&](size_t i) { return values[i] * values[i]; });
}

}  // namespace

void HumanoidObservation::Read(SettingsReader& settings) {
  settings.Read("include_cinert_in_observation", &cinert);
  settings.Read("include_cvel_in_observation", &cvel);
  settings.Read("include_qfrc_actuator_in_observation", &qfrc_actuator);
  settings.Read("include_cfrc_ext_in_observation", &cfrc_ext);
}

int64_t HumanoidObservation::columns(const mjModel& model) const {
  const int64_t bodies = model.nbody - 1;
  return (cinert ? 10 * bodies : 0) + (cvel ? 6 * bodies : 0) +
         (qfrc_actuator ? model.nv - kRootCoordinates : 0) +
         (cfrc_ext ? 6 * bodies : 0);
}

double* HumanoidObservation::Write(const mjModel& model, const mjData& data,
                                   double* to) const {
  const int bodies = model.nbody - 1;
  if (cinert) to = std::copy_n(data.cinert + 10, 10 * bodies, to);
  if (cvel) to = std::copy_n(data.cvel + 6, 6 * bodies, to);
  if (qfrc_actuator) {
    to = std::copy_n(data.qfrc_actuator + kRootCoordinates,
                     model.nv - kRootCoordinates, to);
  }
  if (cfrc_ext) to = std::copy_n(data.cfrc_ext + 6, 6 * bodies, to);
  return to;
}

double SquaredContactForces(const mjModel& model, const mjData& data) {
  return SquaredSum(data.cfrc_ext, 6 * model.nbody);
}

double DoubleControlCost(double weight, const mjModel& model,
                         const mjData& data) {
  return weight * SquaredSum(data.ctrl, model.nu);
}

}  // namespace softfleet
