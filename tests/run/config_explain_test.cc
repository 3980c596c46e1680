// SPDX-License-Identifier: Apache-2.0
// EffectiveConfig, ExplainConfig and ConfigHash where they are not the same for
// every field (that is in config_fields_test.cc).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "absl/strings/str_format.h"
#include "run/config.h"
#include "tests/run/config_testing.h"

namespace softfleet {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(EffectiveConfigTest, HasWhatIsSetAndWhatIsNot) {
  v1::RunConfig config = Pendulum();
  config.mutable_sac()->set_gamma(0.5);
  const std::string text = EffectiveConfig(config);
  EXPECT_THAT(text, StartsWith("seed: 1\n"
                               "total_steps: 1000000\n"
                               "environment {\n"
                               "  name: \"Pendulum-v1\"\n"
                               "  frame_stack: 1\n"
                               "}\n"
                               "actor {\n"
                               "  num_environments: 1\n"));
  EXPECT_THAT(text, HasSubstr("\nsac {\n  gamma: 0.5\n  tau: 0.005\n"));
  EXPECT_THAT(text, HasSubstr("\n  actor_hidden: [256, 256]\n"));
  EXPECT_THAT(text, Not(HasSubstr("target_entropy:")));
  EXPECT_THAT(text, Not(HasSubstr("success")));
}

TEST(EffectiveConfigTest, EveryDoubleComesBackExactly) {
  using Limits = std::numeric_limits<double>;
  for (const double value : {0.1 + 0.2, 1.0 / 3, 1e-300, Limits::denorm_min(),
                             Limits::max(), -0.0, 123456789012345680.0}) {
    v1::RunConfig config = Pendulum();
    config.mutable_sac()->set_target_entropy(value);
    const auto parsed = ParseConfig(EffectiveConfig(config), "text");
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(parsed->sac().target_entropy(), value);
    EXPECT_EQ(std::signbit(parsed->sac().target_entropy()),
              std::signbit(value));
  }
}

TEST(EffectiveConfigTest, AnyBytesInATextComeBack) {
  v1::RunConfig config = Pendulum();
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  config.mutable_evaluation()->set_panel(bytes);
  for (const std::string& text :
       {EffectiveConfig(config), ExplainConfig(config)}) {
    const auto parsed = ParseConfig(text, "text");
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->evaluation().panel(), bytes);
    for (const char c : text) EXPECT_TRUE(c == '\n' || (c >= 32 && c < 127));
  }
}

TEST(ConfigHashTest, IsFnv1aOfTheEffectiveConfig) {
  uint64_t hash = 14695981039346656037u;  // the published offset and prime
  for (const unsigned char byte : EffectiveConfig(Pendulum())) {
    hash = (hash ^ byte) * 1099511628211u;
  }
  EXPECT_EQ(ConfigHash(Pendulum()), absl::StrFormat("%016x", hash));
}

TEST(ExplainConfigTest, SaysWhereAValueComesFrom) {
  v1::RunConfig config = Pendulum();
  config.mutable_sac()->set_gamma(0.5);
  const std::string text = ExplainConfig(config);
  EXPECT_THAT(text,
              HasSubstr("\n  gamma: 0.5  # set (default 0.99); 0 to 1\n"));
  EXPECT_THAT(text, HasSubstr("\n  n_step: 1  # default; 1 to 100\n"));
  EXPECT_THAT(text, HasSubstr("\n  name: \"Pendulum-v1\"  # set\n"));
  EXPECT_THAT(text, HasSubstr("\n  # target_entropy: <unset>\n"));
}

TEST(ExplainConfigTest, GivesUnitRangeChoicesAndTheRightToChange) {
  const std::string text = ExplainConfig(Pendulum());
  EXPECT_THAT(text, HasSubstr("\ntotal_steps: 1000000  # default; 1 to 1e15 "
                              "environment steps; may change\n"));
  EXPECT_THAT(text, HasSubstr("\n  #   fixed: Alpha stays at alpha_init.\n"
                              "  alpha_mode: auto  # default; auto, fixed\n"));
  EXPECT_THAT(text, HasSubstr("\n  # log_std_min: <unset>  # -50 to 10\n"));
}

TEST(ExplainConfigTest, RepeatsTheSchemasComments) {
  const std::string text = ExplainConfig(Pendulum());
  EXPECT_THAT(text,
              HasSubstr("\n# Seed of every random stream of the run. Two "
                        "runs with equal\n# configurations on one machine "
                        "are bit-identical.\nseed: 1"));
  EXPECT_THAT(text, HasSubstr("\n# Soft Actor-Critic. Defaults are"));
  EXPECT_THAT(text, HasSubstr("  #   # The episode's return is at least this."
                              "\n  #   return_at_least: <unset>\n"));
}

TEST(ExplainConfigTest, ShowsEveryElementOfAListOfGroupsOrATemplate) {
  EXPECT_THAT(ExplainConfig(Pendulum()),
              ContainsRegex("\n  # perturbation [{]  # any number of these\n"
                            "  #   # [^\n]*\n"
                            "  #   from_step: 0  # default; at least 0 "
                            "environment steps\n"
                            "  #\n"));
  v1::RunConfig config = Pendulum();
  config.mutable_environment()->add_perturbation()->set_friction(0.5);
  config.mutable_environment()->add_perturbation()->set_mass(2);
  const std::string text = ExplainConfig(config);
  EXPECT_THAT(text, HasSubstr("\n    friction: 0.5  # set (default 1); 0 to "
                              "1000\n"));
  EXPECT_THAT(text, HasSubstr("\n    friction: 1  # default; 0 to 1000\n"));
  EXPECT_THAT(text, HasSubstr("\n    mass: 2  # set (default 1); "));
}

TEST(ExplainConfigTest, FitsIntoEightyColumns) {
  EXPECT_THAT(ExplainConfig(Pendulum()), Not(ContainsRegex("[^\n]{81}")));
}

}  // namespace
}  // namespace softfleet
