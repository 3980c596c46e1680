// SPDX-License-Identifier: Apache-2.0
#include "evaluation/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "core/safetensors.h"
#include "environments/registry.h"
#include "tests/core/test_directory.h"
#include "tests/evaluation/testing.h"

namespace softfleet {
namespace {

using ::testing::HasSubstr;
using testing::LinearSnapshot;
using testing::Share;

Trace Recorded(ActionMode mode, int64_t most_steps) {
  v1::EnvironmentConfig config;
  config.set_name("Pendulum-v1");
  EnvironmentOptions options;
  options.name = config.name();
  const auto environment = MakeEnvironment(options).value();
  const auto policy =
      Policy::Create(Share(LinearSnapshot(environment->spec(), 1,
                                          std::vector<float>(6), {0, 0})))
          .value();
  PanelStart start;
  start.state = {0.5, -0.25};
  return RecordTrace(*policy, mode, config, start, most_steps).value();
}

// The policy does nothing, so the episode is the pendulum's free fall.
TEST(TraceTest, HasTheStatesOfTheEpisode) {
  const Trace trace = Recorded(ActionMode::kDeterministic, 50);
  EnvironmentOptions options;
  options.name = "Pendulum-v1";
  const auto twin = MakeEnvironment(options).value();
  ASSERT_TRUE(twin->ResetTo(std::vector<double>{0.5, -0.25}).ok());
  ASSERT_EQ(trace.states.size(), 51u);
  ASSERT_EQ(trace.rewards.size(), 50u);
  double sum = 0;
  for (size_t t = 0; t < 50; ++t) {
    EXPECT_EQ(trace.states[t], twin->state());
    sum += twin->Step(std::vector<float>{0}).value().reward;
  }
  EXPECT_EQ(trace.states[50], twin->state());
  EXPECT_NEAR(std::accumulate(trace.rewards.begin(), trace.rewards.end(), 0.0),
              sum, 1e-9);
}

TEST(TraceTest, EndsWithTheEpisode) {
  EXPECT_EQ(Recorded(ActionMode::kStochastic, 1000).rewards.size(), 200u);
}

TEST(TraceTest, ReadsBackAsItWasWritten) {
  const TestDirectory directory;
  const Trace trace = Recorded(ActionMode::kStochastic, 20);
  const std::string path = directory / "trace";
  ASSERT_TRUE(WriteTrace(RealFileSystem(), path, trace).ok());
  const Trace read = ReadTrace(RealFileSystem(), path).value();
  EXPECT_EQ(read.environment.SerializeAsString(),
            trace.environment.SerializeAsString());
  EXPECT_EQ(read.states, trace.states);
  EXPECT_EQ(read.rewards, trace.rewards);
}

TEST(TraceTest, RefusesWhatIsNone) {
  const TestDirectory directory;
  const std::string path = directory / "trace";
  const auto error = [&](const TensorMap& tensors,
                         const SafetensorsMetadata& metadata) {
    EXPECT_TRUE(
        WriteSafetensors(RealFileSystem(), path, tensors, metadata).ok());
    return std::string(ReadTrace(RealFileSystem(), path).status().message());
  };
  const SafetensorsMetadata good = {{"format", kTraceFormat},
                                    {"environment", "name: \"Pendulum-v1\""}};
  const auto tensor = [](int64_t rows) {
    return Tensor::From(std::vector<double>(static_cast<size_t>(rows) * 2),
                        {rows, 2});
  };
  const Tensor rewards = Tensor::From(std::vector<double>(3), {3});
  EXPECT_EQ(error({{"states", tensor(4)}, {"rewards", rewards}}, good), "");
  EXPECT_THAT(error({{"states", tensor(4)}, {"rewards", rewards}}, {}),
              HasSubstr("is not a trace"));
  EXPECT_THAT(error({{"states", tensor(5)}, {"rewards", rewards}}, good),
              HasSubstr("states [5, 2] and rewards [3] are not"));
  EXPECT_THAT(error({{"rewards", rewards}}, good), HasSubstr("states"));
  EXPECT_THAT(error({{"states", tensor(4)}, {"rewards", rewards}},
                    {{"format", kTraceFormat}, {"environment", "nmae: 1"}}),
              HasSubstr("no environment that this program understands"));
}

}  // namespace
}  // namespace softfleet
