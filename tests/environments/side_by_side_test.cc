// SPDX-License-Identifier: Apache-2.0
// Every environment that Gymnasium has too, beside Gymnasium in Python: starts
// and actions are drawn anew in each run, and so are the arguments. Both play
// the whole episode freely on this machine, so even chaos is the same.
#include <cmath>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/philox.h"
#include "environments/mujoco/mujoco_environment.h"
#include "environments/registry.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/test_directory.h"
#include "tests/environments/golden_data.h"
#include "tests/testing/golden.h"
#include "tests/testing/python.h"

namespace softfleet {
namespace {

using Json = nlohmann::json;

constexpr double kTolerance = 1e-9;
constexpr int kEpisodes = 4;  // of each environment; the first by the defaults

// --- Arguments -------------------------------------------------------------

struct Argument {
  std::string name;
  std::function<Json(Philox&)> draw;
};

double Uniform(Philox& random, double low, double high) {
  return low + (high - low) * random.NextUniform();
}

Argument Number(const std::string& name, double low, double high) {
  return {name, [=](Philox& random) { return Uniform(random, low, high); }};
}

Argument Range(const std::string& name, std::array<double, 2> low,
               std::array<double, 2> high) {
  return {name, [=](Philox& random) {
            return Json{Uniform(random, low[0], low[1]),
                        Uniform(random, high[0], high[1])};
          }};
}

Argument OneOf(const std::string& name, const Json& values) {
  return {name, [=](Philox& random) {
            return values[random.NextBelow(values.size())];
          }};
}

Argument Flag(const std::string& name) { return OneOf(name, {true, false}); }

std::vector<Argument> operator+(std::vector<Argument> a,
                                const std::vector<Argument>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Every argument of every environment's constructor.
std::map<std::string, std::vector<Argument>> Arguments() {
  const auto model = [](const Json& files) {
    return std::vector<Argument>{OneOf("xml_file", files),
                                 OneOf("frame_skip", {1, 2, 4, 5, 7})};
  };
  const std::vector<Argument> noise = {Number("reset_noise_scale", 0, 0.2)};
  const std::vector<Argument> running =
      noise +
      std::vector<Argument>{Number("forward_reward_weight", 0, 2),
                            Number("ctrl_cost_weight", 0, 1),
                            Flag("exclude_current_positions_from_observation")};
  const std::vector<Argument> falling = {Number("healthy_reward", 0, 3),
                                         Flag("terminate_when_unhealthy")};
  const std::vector<Argument> body = {
      Flag("include_cinert_in_observation"),
      Flag("include_cvel_in_observation"),
      Flag("include_qfrc_actuator_in_observation"),
      Flag("include_cfrc_ext_in_observation")};
  return {
      {"Acrobot-v1", {}},
      {"CartPole-v1", {Flag("sutton_barto_reward")}},
      {"MountainCar-v0", {Number("goal_velocity", 0, 0.05)}},
      {"MountainCarContinuous-v0", {Number("goal_velocity", 0, 0.05)}},
      {"Pendulum-v1", {Number("g", 5, 15)}},
      {"HalfCheetah-v5", model({"half_cheetah.xml"}) + running},
      {"Hopper-v5", model({"hopper.xml"}) + running + falling +
                        std::vector<Argument>{
                            Range("healthy_state_range", {-5, -1}, {1, 5}),
                            Range("healthy_z_range", {0.5, 1}, {1.5, 2}),
                            Range("healthy_angle_range", {-1, 0}, {0, 1})}},
      {"Walker2d-v5", model({"walker2d_v5.xml", "walker2d.xml"}) + running +
                          falling +
                          std::vector<Argument>{
                              Range("healthy_z_range", {0.5, 1}, {1.5, 2}),
                              Range("healthy_angle_range", {-1, 0}, {0, 1})}},
      {"Swimmer-v5", model({"swimmer.xml"}) + running},
      {"Ant-v5", model({"ant.xml"}) + running + falling +
                     std::vector<Argument>{
                         Number("contact_cost_weight", 0, 0.01),
                         OneOf("main_body", {0, 1, 2, "torso", "aux_1"}),
                         Range("healthy_z_range", {0, 0.5}, {0.8, 1.5}),
                         Range("contact_force_range", {-3, 0}, {0, 3}),
                         Flag("include_cfrc_ext_in_observation")}},
      {"Humanoid-v5", model({"humanoid.xml"}) + running + falling + body +
                          std::vector<Argument>{
                              Number("contact_cost_weight", 0, 1e-5),
                              Range("contact_cost_range", {-1, 0.1}, {0.2, 9}),
                              Range("healthy_z_range", {0.8, 1.3}, {1.4, 2})}},
      {"HumanoidStandup-v5",
       model({"humanoidstandup.xml"}) + noise + body +
           std::vector<Argument>{
               Number("uph_cost_weight", 0, 2),
               Number("ctrl_cost_weight", 0, 1),
               Number("impact_cost_weight", 0, 1e-5),
               Range("impact_cost_range", {-1, 0.1}, {0.2, 9}),
               Flag("exclude_current_positions_from_observation")}},
      {"Reacher-v5",
       model({"reacher.xml"}) +
           std::vector<Argument>{Number("reward_dist_weight", 0, 2),
                                 Number("reward_control_weight", 0, 2)}},
      {"Pusher-v5",
       model({"pusher_v5.xml", "pusher.xml"}) +
           std::vector<Argument>{Number("reward_near_weight", 0, 2),
                                 Number("reward_dist_weight", 0, 2),
                                 Number("reward_control_weight", 0, 2)}},
      {"InvertedPendulum-v5", model({"inverted_pendulum.xml"}) + noise},
      {"InvertedDoublePendulum-v5",
       model({"inverted_double_pendulum.xml"}) + noise +
           std::vector<Argument>{Number("healthy_reward", 0, 20)}},
  };
}

// What Gymnasium's constructors take and nobody trains with.
bool ForPictures(const std::string& parameter) {
  return parameter == "kwargs" || parameter == "render_mode" ||
         parameter == "default_camera_config" || parameter == "screen_width" ||
         parameter == "screen_height";
}

// --- Episodes --------------------------------------------------------------

// What our environment showed.
struct Episode {
  Json request;
  std::vector<double> start;  // observations as doubles
  std::vector<std::vector<double>> observations;
  std::vector<double> rewards;
  std::vector<bool> terminated, truncated;
  std::map<std::string, std::vector<double>> components;
};

std::vector<double> See(const Environment& environment) {
  const auto* const simulated =
      dynamic_cast<const MujocoEnvironment*>(&environment);
  if (simulated != nullptr) {
    const auto seen = simulated->observation();
    return {seen.begin(), seen.end()};
  }
  std::vector<float> seen(environment.spec().observations[0].elements());
  const std::span<std::byte> place = std::as_writable_bytes(std::span(seen));
  environment.Observe({&place, 1});
  return {seen.begin(), seen.end()};
}

// Vectors within one and a half times the bounds.
std::vector<double> DrawAction(const EnvironmentSpec& spec, Philox& random) {
  if (!spec.action.continuous()) {
    return {static_cast<double>(random.NextBelow(spec.action.num_actions))};
  }
  std::vector<double> action;
  for (size_t i = 0; i < spec.action_low.size(); ++i) {
    const double low = spec.action_low[i];
    const double high = spec.action_high[i];
    action.push_back(static_cast<float>(
        Uniform(random, 1.25 * low - 0.25 * high, 1.25 * high - 0.25 * low)));
  }
  return action;
}

Episode PlayOurs(const std::string& name, const Json& arguments,
                 Philox& random) {
  const auto made = MakeEnvironment(testing::MakeOptions(name, arguments));
  if (!made.ok()) throw std::runtime_error(made.status().ToString());
  Environment& environment = **made;
  Episode episode;
  EXPECT_TRUE(environment.Reset(random.NextU64()).ok());
  episode.request = {{"id", name},
                     {"arguments", arguments},
                     {"state", environment.state()},
                     {"actions", Json::array()}};
  episode.start = See(environment);
  for (bool ended = false; !ended;) {
    const std::vector<double> action = DrawAction(environment.spec(), random);
    const auto result = testing::Play(environment, action);
    if (!result.ok()) throw std::runtime_error(result.status().ToString());
    episode.request["actions"].push_back(action);
    episode.observations.push_back(See(environment));
    episode.rewards.push_back(result->reward);
    episode.terminated.push_back(result->terminated);
    episode.truncated.push_back(result->truncated);
    for (size_t i = 0; i < result->reward_components.size(); ++i) {
      episode.components[environment.spec().reward_components[i]].push_back(
          result->reward_components[i]);
    }
    ended = result->terminated || result->truncated;
  }
  return episode;
}

std::vector<Json> AskGymnasium(const std::string& python,
                               const std::vector<Episode>& episodes) {
  const TestDirectory directory;
  Json requests = Json::array();
  for (const Episode& episode : episodes) requests.push_back(episode.request);
  const std::string in = directory / "requests.json";
  const std::string out = directory / "replies.json";
  EXPECT_TRUE(WriteFileAtomically(RealFileSystem(), in, requests.dump()).ok());
  // MuJoCo in Python leaves its log in the working directory.
  const std::string command = absl::StrCat(
      "cd '", directory.path(), "' && '", python,
      "' -B '" SOFTFLEET_SOURCE_DIR "/tests/environments/side_by_side.py' '",
      in, "' '", out, "'");
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  return Json::parse(RealFileSystem().Read(out).value());
}

void Compare(const Episode& ours, const Json& theirs) {
  const auto expect_near = [](std::vector<double> wanted,
                              const std::vector<double>& got) {
    EXPECT_LE(testing::MaxRelativeError(wanted, std::span(got)), kTolerance);
  };
  if (!theirs["start"].is_null()) expect_near(theirs["start"], ours.start);
  EXPECT_EQ(theirs["terminated"], Json(ours.terminated));
  EXPECT_EQ(theirs["truncated"], Json(ours.truncated));
  {
    SCOPED_TRACE("reward");
    expect_near(theirs["rewards"], ours.rewards);
  }
  for (size_t t = 0; t < ours.observations.size(); ++t) {
    SCOPED_TRACE(absl::StrCat("observation of step ", t));
    expect_near(theirs["observations"][t], ours.observations[t]);
    if (::testing::Test::HasFailure()) return;
  }
  for (const auto& [name, values] : ours.components) {
    SCOPED_TRACE(name);
    for (const std::string& key : {absl::StrCat("reward_", name), name}) {
      if (theirs["info"].contains(key))
        expect_near(theirs["info"][key], values);
    }
  }
}

std::vector<Episode> PlayAll(Philox& random) {
  std::vector<Episode> episodes;
  for (const auto& [name, arguments] : Arguments()) {
    for (int k = 0; k < kEpisodes; ++k) {
      Json drawn = {{"max_episode_steps", 20 + random.NextBelow(100)}};
      for (const Argument& argument : arguments) {
        if (k > 0 && random.NextBelow(2) == 0) {
          drawn[argument.name] = argument.draw(random);
        }
      }
      SCOPED_TRACE(absl::StrCat(name, " ", drawn.dump()));
      episodes.push_back(PlayOurs(name, drawn, random));
    }
  }
  return episodes;
}

TEST(SideBySide, EveryEnvironmentDoesWhatGymnasiumsDoes) {
  const absl::StatusOr<std::string> python = testing::TestPython();
  if (!python.ok()) GTEST_SKIP() << python.status().message();
  const uint64_t seed = std::random_device()();
  std::cout << "seed " << seed << "\n";
  Philox random(seed, Purpose::kTest);
  const std::vector<Episode> episodes = PlayAll(random);
  const std::vector<Json> replies = AskGymnasium(*python, episodes);
  ASSERT_EQ(replies.size(), episodes.size());
  const auto arguments = Arguments();
  for (size_t i = 0; i < episodes.size(); ++i) {
    const std::string name = episodes[i].request["id"];
    SCOPED_TRACE(
        absl::StrCat(name, " ", episodes[i].request["arguments"].dump()));
    Compare(episodes[i], replies[i]);
    std::vector<std::string> known;
    for (const Argument& argument : arguments.at(name)) {
      known.push_back(argument.name);
    }
    std::vector<std::string> parameters = replies[i]["parameters"];
    std::erase_if(parameters, ForPictures);
    EXPECT_THAT(known, ::testing::UnorderedElementsAreArray(parameters));
  }
}

}  // namespace
}  // namespace softfleet
