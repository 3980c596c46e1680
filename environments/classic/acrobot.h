// SPDX-License-Identifier: Apache-2.0
// Acrobot-v1: two links that hang from a fixed point, with a motor in the
// joint between them, are to be swung up above a line. The numbers of Gymnasium
// 1.4 (gymnasium/envs/classic_control/acrobot.py), in double.
#ifndef SOFTFLEET_ENVIRONMENTS_CLASSIC_ACROBOT_H_
#define SOFTFLEET_ENVIRONMENTS_CLASSIC_ACROBOT_H_

#include "environments/classic/classic_control.h"

namespace softfleet {

// Observation [cos theta1, sin theta1, cos theta2, sin theta2, theta1_dot,
// theta2_dot]; three actions: torque -1, 0 and 1 N m; 500 steps of 1/5 s.
EnvironmentSpec AcrobotSpec();

// State [theta1, theta2, theta1_dot, theta2_dot] in rad and rad/s: theta1 = 0
// hangs down, theta2 is the second link's angle to the first. Angles are
// wrapped to [-pi, pi], speeds are at most 4 pi and 9 pi. Starts are uniform in
// [-0.1, 0.1)^4, rounded to float32. Reward -1 for every step but one that
// terminates, where the free end is one link's length above the fixed point.
class Acrobot : public ClassicControl {
 public:
  // Which equations of motion Gymnasium calls by its book_or_nips: those of
  // Sutton and Barto's book or of Sutton's paper (NIPS 1996), which leaves out
  // a centrifugal term.
  enum class Equations { kBook, kPaper };

  explicit Acrobot(EnvironmentSpec spec,
                   Equations equations = Equations::kBook);

 protected:
  void DrawStart(Philox& random, std::span<double> state) const override;
  StepResult Advance(std::span<const float> action, int32_t index,
                     std::span<double> state) const override;
  void Observe(std::span<const double> state,
               std::span<float> observation) const override;

 private:
  Equations equations_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_CLASSIC_ACROBOT_H_
