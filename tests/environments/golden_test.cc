// SPDX-License-Identifier: Apache-2.0
// Classic control against episodes recorded with Gymnasium (golden_data.h):
// free runs over whole episodes.
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/environments/golden_data.h"

namespace softfleet {
namespace {

using testing::RecordedEpisode;
using testing::RecordedRows;

constexpr double kTolerance = 1e-9;  // of state and reward

// Within one unit in the last place of a float.
void ExpectObservation(const Environment& environment,
                       std::span<const double> wanted) {
  const auto columns = environment.spec().observations[0].elements();
  ASSERT_EQ(wanted.size(), static_cast<size_t>(columns));
  std::vector<float> got(wanted.size());
  const std::span<std::byte> place = std::as_writable_bytes(std::span(got));
  environment.Observe({&place, 1});
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto recorded = static_cast<float>(wanted[i]);
    EXPECT_TRUE(std::nextafter(recorded, got[i]) == got[i])
        << "observation " << i << ": " << got[i] << ", recorded " << recorded;
  }
}

void ExpectState(const Environment& environment,
                 std::span<const double> wanted) {
  const std::vector<double> got = environment.state();
  ASSERT_EQ(wanted.size(), got.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_NEAR(got[i], wanted[i], kTolerance) << "state " << i;
  }
}

void ReplayEpisode(const RecordedEpisode& episode) {
  const std::unique_ptr<Environment> environment = episode.Make();
  const RecordedRows actions = episode.Rows("actions");
  const RecordedRows observations = episode.Rows("obs");
  const RecordedRows rewards = episode.Rows("reward");
  const RecordedRows states = episode.Rows("state");
  const RecordedRows terminated = episode.Rows("terminated");
  const RecordedRows truncated = episode.Rows("truncated");
  ASSERT_GT(episode.steps(), 0u);
  ASSERT_TRUE(environment->ResetTo(episode.Array("state0")).ok());
  ExpectObservation(*environment, episode.Array("obs0"));
  for (size_t t = 0; t < episode.steps(); ++t) {
    SCOPED_TRACE(absl::StrCat("step ", t));
    const auto result = testing::Play(*environment, actions[t]);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_NEAR(result->reward, rewards[t][0], kTolerance);
    EXPECT_EQ(result->terminated, terminated[t][0] != 0);
    EXPECT_EQ(result->truncated, truncated[t][0] != 0);
    ExpectState(*environment, states[t]);
    ExpectObservation(*environment, observations[t]);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(EnvironmentGolden, ClassicControlRepeatsEveryRecordedEpisode) {
  const auto names = testing::RecordedEnvironments(/*mujoco=*/false);
  ASSERT_FALSE(names.empty());
  for (const std::string& name : names) {
    const testing::Recording recording = testing::LoadRecording(name);
    ASSERT_FALSE(recording.episodes.empty());
    for (const RecordedEpisode& episode : recording.episodes) {
      SCOPED_TRACE(absl::StrCat(name, " ", episode.name()));
      ReplayEpisode(episode);
    }
  }
}

// A time step that a table has is the environment's, and so are its sizes.
TEST(EnvironmentGolden, EverySpecIsGymnasiums) {
  for (const bool mujoco : {false, true}) {
    for (const std::string& name : testing::RecordedEnvironments(mujoco)) {
      SCOPED_TRACE(name);
      const testing::Recording recording = testing::LoadRecording(name);
      const nlohmann::json& table = recording.table;
      EnvironmentOptions options;
      options.name = name;
      const auto made = MakeEnvironment(options);
      ASSERT_TRUE(made.ok()) << made.status();
      const EnvironmentSpec& spec = (*made)->spec();
      ASSERT_EQ(spec.observations.size(), 1u);
      EXPECT_EQ(spec.observations[0].elements(), table.at("obs_dim"));
      EXPECT_EQ(spec.max_episode_steps, table.at("max_episode_steps"));
      if (table.at("action") == "discrete") {
        EXPECT_EQ(spec.action.num_actions, table.at("n_actions"));
      } else {
        EXPECT_EQ(spec.action.dimension, table.at("act_dim"));
        EXPECT_EQ(nlohmann::json(spec.action_low), table.at("low"));
        EXPECT_EQ(nlohmann::json(spec.action_high), table.at("high"));
      }
      if (!table.contains("dt")) continue;
      EXPECT_NEAR(1 / spec.control_frequency, table.at("dt").get<double>(),
                  1e-12);
    }
  }
}

}  // namespace
}  // namespace softfleet
