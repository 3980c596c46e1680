// SPDX-License-Identifier: Apache-2.0
// Save and Restore in the middle of a perturbed episode.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "tests/environments/perturbation/recorder.h"
#include "tests/environments/perturbation/trajectory.h"

namespace softfleet {
namespace {

// Everything that the environment can have, on schedules that begin and end
// within the steps below.
std::vector<PerturbationOptions> Everything(const std::string& name) {
  PerturbationOptions a;
  a.steps = {3, 9};
  a.physics.gain = 0.5;
  a.physics.mass = 1.5;
  a.action_delay = 3;
  a.dropout_probability = 0.3;
  PerturbationOptions b;
  b.steps.from = 5;
  b.observation_delay = 4;
  b.observation_noise = 0.1;
  b.action_delay = 1;
  if (name != "PointMass-v0" && name != "HalfCheetah-v5") return {a, b};
  b.push_probability = 0.5;
  b.push_force = 3;
  b.push_steps = 4;
  return {a, b};
}

class PerturbedSave : public ::testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<Environment> Make() {
    return MakePerturbed(GetParam(), Everything(GetParam()));
  }
};

TEST_P(PerturbedSave, AnEpisodeContinuesBitByBit) {
  for (int64_t steps = 0; steps < 14; ++steps) {
    SCOPED_TRACE(steps);
    const auto environment = Make();
    Episode(*environment, 99, 7);  // leaves something behind
    if (Episode(*environment, steps, steps).back().terminated) continue;
    const std::string saved = environment->Save().value();
    const auto twin = Make();
    Episode(*twin, 77, 5);
    ASSERT_TRUE(twin->Restore(saved).ok());
    EXPECT_EQ(See(*twin), See(*environment));
    EXPECT_EQ(twin->Save().value(), saved);
    Philox random(1, Purpose::kTest);
    Philox same = random;
    EXPECT_EQ(Continue(*twin, random, 20), Continue(*environment, same, 20));
  }
}

TEST_P(PerturbedSave, RefusesWhatItDidNotSaveAndChangesNothing) {
  const auto environment = Make();
  Episode(*environment, 1, 6);
  const std::string saved = environment->Save().value();
  std::vector<std::string> wrong = {saved + "x"};
  for (size_t size = 0; size < saved.size(); ++size) {
    wrong.push_back(saved.substr(0, size));
  }
  std::string newer = saved;
  ++newer[0];
  wrong.push_back(newer);
  const auto bare = MakePerturbed(GetParam(), {});
  Episode(*bare, 1, 6);
  wrong.push_back(bare->Save().value());
  PerturbationOptions longer;
  longer.action_delay = 2;
  const auto other = MakePerturbed(GetParam(), {longer});
  Episode(*other, 1, 6);
  wrong.push_back(other->Save().value());
  for (const std::string& bytes : wrong) {
    EXPECT_EQ(environment->Restore(bytes).code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(environment->Save().value(), saved);
  EXPECT_FALSE(bare->Restore(saved).ok());
}

INSTANTIATE_TEST_SUITE_P(Some, PerturbedSave,
                         ::testing::Values("Pendulum-v1", "CartPole-v1",
                                           "PointMass-v0", "HalfCheetah-v5"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase(name, '-');
                           return name;
                         });

// Of every wrapper's own part, a value that cannot be.
TEST(PerturbedSaveOfDamage, IsRefused) {
  PerturbationOptions delay;
  delay.action_delay = 2;
  PerturbationOptions pushes;
  pushes.push_probability = 0.5;
  pushes.push_force = 1;
  for (const int64_t dimension : {2, 0}) {
    for (const PerturbationOptions& options : {delay, pushes}) {
      const auto environment =
          PerturbRecorder({options}, dimension).environment;
      Episode(*environment, 1, 6);
      const std::string saved = environment->Save().value();
      int refused = 0;
      for (size_t i = 0; i + 8 <= saved.size(); ++i) {
        std::string damaged = saved;
        std::memset(damaged.data() + i, 0xff, 8);  // NaN, or a negative number
        refused += environment->Restore(damaged).ok() ? 0 : 1;
      }
      // All of the header, the step, the own part's size and the own part; not
      // the seed, of which every value is one.
      EXPECT_GT(refused, 8 + 8 + 16);
      ASSERT_TRUE(environment->Restore(saved).ok());
      EXPECT_EQ(environment->Save().value(), saved);
    }
  }
}

}  // namespace
}  // namespace softfleet
