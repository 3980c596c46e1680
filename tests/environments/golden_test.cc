// SPDX-License-Identifier: Apache-2.0
// Free runs against episodes recorded with Gymnasium (tests/data/env_golden,
// layout in its README.md). Files are read when the test runs, every size,
// limit and argument is theirs; SOFTFLEET_ENV_GOLDEN_DIR names another set.
// Whatever is missing fails the test.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "core/safetensors.h"
#include "core/status.h"
#include "environments/registry.h"
#include "gtest/gtest.h"

namespace softfleet {
namespace {

using Json = nlohmann::json;

constexpr double kTolerance = 1e-9;  // of state and reward

std::string GoldenPath(const std::string& name) {
  const char* const given =
      std::getenv("SOFTFLEET_ENV_GOLDEN_DIR");  // NOLINT: no setenv here
  const std::string directory = given != nullptr && *given != '\0'
                                    ? given
                                    : SOFTFLEET_SOURCE_DIR
                                    "/tests/data/env_golden";
  return JoinPath(directory, absl::StrCat(name, ".safetensors"));
}

absl::StatusOr<Json> ParseMetadata(const SafetensorsContent& file,
                                   const std::string& key) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) {
    return absl::NotFoundError(absl::StrCat("no metadata \"", key, "\""));
  }
  Json json = Json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  if (!json.is_discarded()) return json;
  return absl::InvalidArgumentError(absl::StrCat(key, " is not JSON"));
}

absl::StatusOr<EnvironmentSetting> MakeSetting(const std::string& name,
                                               const Json& value) {
  EnvironmentSetting setting;
  setting.name = name;
  if (value.is_boolean()) {
    setting.flag = value.get<bool>();
  } else if (value.is_string()) {
    setting.text = value.get<std::string>();
  } else if (value.is_number()) {
    setting.numbers = {value.get<double>()};
  } else {
    return absl::UnimplementedError(absl::StrCat("argument ", name));
  }
  return setting;
}

// The environment as Gymnasium made it for one episode: the table's limit,
// changed by the episode's arguments.
absl::StatusOr<std::unique_ptr<Environment>> MakeRecorded(
    const std::string& name, const Json& table, const Json& episode) {
  EnvironmentOptions options;
  options.name = name;
  options.max_episode_steps = table.value("max_episode_steps", int64_t{0});
  const Json arguments = episode.value("kwargs", Json::object());
  for (const auto& [key, value] : arguments.items()) {
    if (key == "max_episode_steps") {
      options.max_episode_steps = value.get<int64_t>();
      continue;
    }
    SF_ASSIGN_OR_RETURN(auto setting, MakeSetting(key, value));
    options.settings.push_back(std::move(setting));
  }
  return MakeEnvironment(options);
}

// One episode's arrays; rows of [T, n] are contiguous.
struct Recorded {
  std::vector<double> state0, state, reward, actions;
  std::vector<float> observation0, observation;
  std::vector<double> terminated, truncated;
};

absl::StatusOr<std::vector<double>> Read(const SafetensorsContent& file,
                                         const std::string& name,
                                         const Shape& shape) {
  SF_ASSIGN_OR_RETURN(const Tensor* const tensor, file.Find(name));
  if (tensor->shape == shape) return tensor->AsDouble();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is ", ShapeString(tensor->shape), ", expected ",
                   ShapeString(shape)));
}

absl::StatusOr<std::vector<float>> ReadFloats(const SafetensorsContent& file,
                                              const std::string& name,
                                              const Shape& shape) {
  SF_ASSIGN_OR_RETURN(const Tensor* const tensor,
                      file.Find(name, DType::kF32, shape));
  const auto values = tensor->values<float>();
  return std::vector<float>(values.begin(), values.end());
}

absl::StatusOr<Recorded> ReadEpisode(const SafetensorsContent& file, int k,
                                     int64_t steps, const Environment& made) {
  const std::string prefix = absl::StrCat("ep", k, "/");
  const ActionSpec& action = made.spec().action;
  const auto state_size = static_cast<int64_t>(made.state().size());
  const int64_t columns = made.spec().observations[0].elements();
  const Shape action_shape =
      action.continuous() ? Shape{steps, action.dimension} : Shape{steps};
  Recorded r;
  SF_ASSIGN_OR_RETURN(r.state0, Read(file, prefix + "state0", {state_size}));
  SF_ASSIGN_OR_RETURN(r.state,
                      Read(file, prefix + "state", {steps, state_size}));
  SF_ASSIGN_OR_RETURN(r.reward, Read(file, prefix + "reward", {steps}));
  SF_ASSIGN_OR_RETURN(r.actions, Read(file, prefix + "actions", action_shape));
  SF_ASSIGN_OR_RETURN(r.observation0,
                      ReadFloats(file, prefix + "obs0", {columns}));
  SF_ASSIGN_OR_RETURN(r.observation,
                      ReadFloats(file, prefix + "obs", {steps, columns}));
  SF_ASSIGN_OR_RETURN(r.terminated, Read(file, prefix + "terminated", {steps}));
  SF_ASSIGN_OR_RETURN(r.truncated, Read(file, prefix + "truncated", {steps}));
  return r;
}

// Part `t` of an array with one part per step.
template <typename T>
std::span<const T> Part(const std::vector<T>& all, size_t t, size_t steps) {
  const size_t size = all.size() / steps;
  return std::span(all).subspan(t * size, size);
}

absl::StatusOr<StepResult> Play(Environment& environment,
                                std::span<const double> action) {
  if (!environment.spec().action.continuous()) {
    return environment.Step(static_cast<int32_t>(action[0]));
  }
  return environment.Step(std::vector<float>(action.begin(), action.end()));
}

void ExpectObservation(const Environment& environment,
                       std::span<const float> wanted) {
  std::vector<float> got(wanted.size());
  const std::span<std::byte> place = std::as_writable_bytes(std::span(got));
  environment.Observe({&place, 1});
  for (size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_TRUE(std::nextafter(wanted[i], got[i]) == got[i])
        << "observation " << i << ": " << got[i] << ", recorded " << wanted[i];
  }
}

void ExpectState(const Environment& environment,
                 std::span<const double> wanted) {
  const std::vector<double> got = environment.state();
  for (size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_NEAR(got[i], wanted[i], kTolerance) << "state " << i;
  }
}

void ReplayEpisode(Environment& environment, const Recorded& recorded) {
  const size_t steps = recorded.reward.size();
  ASSERT_GT(steps, 0u);
  ASSERT_TRUE(environment.ResetTo(recorded.state0).ok());
  ExpectObservation(environment, recorded.observation0);
  for (size_t t = 0; t < steps; ++t) {
    SCOPED_TRACE(absl::StrCat("step ", t));
    const auto result = Play(environment, Part(recorded.actions, t, steps));
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_NEAR(result->reward, recorded.reward[t], kTolerance);
    EXPECT_EQ(result->terminated, recorded.terminated[t] != 0);
    EXPECT_EQ(result->truncated, recorded.truncated[t] != 0);
    ExpectState(environment, Part(recorded.state, t, steps));
    ExpectObservation(environment, Part(recorded.observation, t, steps));
    if (::testing::Test::HasFailure()) return;
  }
}

void ReplayFile(const std::string& name) {
  const auto file = ReadSafetensors(RealFileSystem(), GoldenPath(name));
  ASSERT_TRUE(file.ok()) << file.status();
  const auto table = ParseMetadata(*file, "table");
  ASSERT_TRUE(table.ok()) << table.status();
  const auto episodes = ParseMetadata(*file, "episodes");
  ASSERT_TRUE(episodes.ok()) << episodes.status();
  ASSERT_TRUE(episodes->is_array() && !episodes->empty());
  int k = 0;
  for (const Json& episode : *episodes) {
    SCOPED_TRACE(absl::StrCat(name, " episode ", k));
    const auto environment = MakeRecorded(name, *table, episode);
    ASSERT_TRUE(environment.ok()) << environment.status();
    const auto recorded = ReadEpisode(
        *file, k++, episode.at("steps").get<int64_t>(), **environment);
    ASSERT_TRUE(recorded.ok()) << recorded.status();
    ReplayEpisode(**environment, *recorded);
  }
}

TEST(EnvironmentGolden, AcrobotRepeatsEveryRecordedEpisode) {
  ReplayFile("Acrobot-v1");
}

TEST(EnvironmentGolden, CartPoleRepeatsEveryRecordedEpisode) {
  ReplayFile("CartPole-v1");
}

TEST(EnvironmentGolden, MountainCarRepeatsEveryRecordedEpisode) {
  ReplayFile("MountainCar-v0");
}

TEST(EnvironmentGolden, MountainCarContinuousRepeatsEveryRecordedEpisode) {
  ReplayFile("MountainCarContinuous-v0");
}

TEST(EnvironmentGolden, PendulumRepeatsEveryRecordedEpisode) {
  ReplayFile("Pendulum-v1");
}

}  // namespace
}  // namespace softfleet
