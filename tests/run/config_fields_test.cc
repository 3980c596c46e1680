// SPDX-License-Identifier: Apache-2.0
// What holds for every field of RunConfig, today's and tomorrow's: all tests
// loop over the schema.
#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "run/config.h"
#include "tests/run/config_testing.h"

namespace softfleet {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

v1::RunConfig With(const Leaf& leaf, const std::string& value) {
  v1::RunConfig config = Pendulum();
  const absl::Status set = ApplyOverride(Assignment(leaf, value), &config);
  EXPECT_TRUE(set.ok()) << Assignment(leaf, value) << ": " << set;
  return config;
}

v1::RunConfig Parsed(const std::string& text) {
  const auto config = ParseConfig(text, "text");
  EXPECT_TRUE(config.ok()) << config.status() << "\n" << text;
  return config.ok() ? *config : v1::RunConfig();
}

std::string FullText(const v1::RunConfig& config) {
  return WithDefaults(config).DebugString();
}

TEST(ConfigFieldsTest, TheSchemaHasFields) {
  EXPECT_GT(AllLeaves().size(), 45u);
}

TEST(ConfigFieldsTest, EveryFieldCanBeSetByItsPath) {
  for (const Leaf& leaf : AllLeaves()) {
    for (const std::string& value : SampleValues(leaf)) {
      ASSERT_FALSE(value.empty()) << leaf.path;
      EXPECT_FALSE(MessageDifferencer::Equals(With(leaf, value), Pendulum()))
          << leaf.path;
    }
  }
}

TEST(ConfigFieldsTest, EveryFieldIsNamedByTheExplanation) {
  const std::string text =
      absl::StrReplaceAll(ExplainConfig(Pendulum()), {{"\n", " "}});
  for (const Leaf& leaf : AllLeaves()) {
    EXPECT_TRUE(
        absl::StrContains(text, absl::StrCat(" ", leaf.field->name(), ": ")))
        << leaf.path;
  }
}

TEST(ConfigFieldsTest, EveryValueIsInTheEffectiveConfigAndTheExplanation) {
  for (const Leaf& leaf : AllLeaves()) {
    const v1::RunConfig config = With(leaf, SampleValues(leaf)[0]);
    const std::string name = absl::StrCat(leaf.field->name(), ": ");
    EXPECT_THAT(EffectiveConfig(config), HasSubstr(name));
    EXPECT_EQ(FullText(Parsed(EffectiveConfig(config))), FullText(config));
    EXPECT_EQ(FullText(Parsed(ExplainConfig(config))), FullText(config));
    EXPECT_THAT(ExplainConfig(config), HasSubstr("  # set"));
  }
}

TEST(ConfigFieldsTest, EveryChangeIsFoundWithItsPathAndItsRight) {
  for (const Leaf& leaf : AllLeaves()) {
    const std::string value = SampleValues(leaf)[0];
    // An enumeration of one value cannot change.
    if (value == DefaultValue(leaf)) continue;
    const v1::RunConfig config = With(leaf, value);
    EXPECT_NE(ConfigHash(config), ConfigHash(Pendulum())) << leaf.path;
    const auto differences = CompareConfigs(Pendulum(), config);
    ASSERT_THAT(differences, SizeIs(1)) << leaf.path;
    EXPECT_EQ(differences[0].path, leaf.key());
    EXPECT_EQ(differences[0].may_change, leaf.may_change) << leaf.path;
    EXPECT_NE(differences[0].stored, differences[0].wanted) << leaf.path;
  }
}

TEST(ConfigFieldsTest, AnExplicitDefaultIsTheSameRun) {
  int with_default = 0;
  for (const Leaf& leaf : AllLeaves()) {
    const std::string value = DefaultValue(leaf);
    if (value.empty()) continue;
    ++with_default;
    const v1::RunConfig config = With(leaf, value);
    const v1::RunConfig without = With(leaf, "");
    EXPECT_EQ(ConfigHash(config), ConfigHash(without)) << leaf.path;
    EXPECT_THAT(CompareConfigs(without, config), IsEmpty()) << leaf.path;
    EXPECT_EQ(ExplainConfig(config), ExplainConfig(without)) << leaf.path;
  }
  EXPECT_GT(with_default, 35);
}

TEST(ConfigFieldsTest, EveryFieldCanBeCleared) {
  for (const Leaf& leaf : AllLeaves()) {
    if (leaf.path == "environment.name") continue;  // the one Pendulum() sets
    v1::RunConfig config = With(leaf, SampleValues(leaf)[0]);
    ASSERT_TRUE(ApplyOverride(absl::StrCat(leaf.key(), "="), &config).ok());
    EXPECT_THAT(CompareConfigs(Pendulum(), config), IsEmpty()) << leaf.path;
    EXPECT_FALSE(config.evaluation().has_success()) << leaf.path;
  }
}

// A number beyond one end of the range, and the end itself.
struct End {
  std::string beyond;
  std::string at;
  bool exclusive;
};

std::vector<End> Ends(const Leaf& leaf) {
  const v1::Range& range = leaf.range();
  const auto text = [&](double value) {
    return leaf.is_double() ? absl::StrFormat("%.17g", value)
                            : absl::StrCat(static_cast<int64_t>(value));
  };
  const auto next = [&](double value, double direction) {
    return leaf.is_double() ? std::nextafter(value, direction * INFINITY)
                            : value + direction;
  };
  std::vector<End> ends;
  if (range.has_min()) {
    ends.push_back({text(next(range.min(), -1)), text(range.min()),
                    range.min_exclusive()});
  }
  if (range.has_max()) {
    ends.push_back(
        {text(next(range.max(), 1)), text(range.max()), range.max_exclusive()});
  }
  return ends;
}

TEST(ConfigFieldsTest, ValuesBeyondEitherEndOfARangeAreRefused) {
  int ends = 0;
  for (const Leaf& leaf : AllLeaves()) {
    const std::string index = leaf.field->is_repeated() ? "[0]" : "";
    for (const End& end : Ends(leaf)) {
      ++ends;
      const std::string beyond(
          ValidateConfig(With(leaf, end.beyond)).message());
      EXPECT_THAT(beyond, HasSubstr(absl::StrCat(leaf.path, index, " = ")));
      EXPECT_THAT(beyond, HasSubstr(" is out of range: "));
      const std::string at(ValidateConfig(With(leaf, end.at)).message());
      if (end.exclusive) {
        EXPECT_THAT(at, HasSubstr(absl::StrCat(leaf.path, index, " = ")));
      } else {
        EXPECT_THAT(at, Not(HasSubstr("out of range"))) << leaf.path;
      }
    }
  }
  EXPECT_GT(ends, 55);
}

TEST(ConfigFieldsTest, NotANumberAndInfinityAreRefusedEverywhere) {
  for (const Leaf& leaf : AllLeaves()) {
    if (!leaf.is_double()) continue;
    for (const std::string value : {"nan", "inf", "-inf"}) {
      if (value != "nan" && leaf.range().allows_infinity()) continue;
      const std::string index = leaf.field->is_repeated() ? "[0]" : "";
      EXPECT_THAT(
          std::string(ValidateConfig(With(leaf, value)).message()),
          HasSubstr(absl::StrCat(leaf.path, index, " = ", value, " is ")));
    }
  }
}

// A configuration with every field set or left out at random.
v1::RunConfig RandomConfig(std::mt19937* random) {
  v1::RunConfig config = Pendulum();
  for (const Leaf& leaf : AllLeaves()) {
    const unsigned choice = (*random)() % 4;
    if (choice > 1) continue;
    const std::string value = SampleValues(leaf)[choice];
    EXPECT_TRUE(ApplyOverride(Assignment(leaf, value), &config).ok());
  }
  return config;
}

TEST(ConfigFieldsTest, RandomConfigurationsSurviveBothTexts) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const v1::RunConfig config = RandomConfig(&random);
    const std::string text = EffectiveConfig(config);
    EXPECT_EQ(EffectiveConfig(Parsed(text)), text);
    EXPECT_EQ(EffectiveConfig(Parsed(ExplainConfig(config))), text);
    EXPECT_EQ(ConfigHash(Parsed(text)), ConfigHash(config));
    EXPECT_THAT(CompareConfigs(config, Parsed(text)), IsEmpty());
  }
}

// A difference's value as `--set` takes it.
std::string AsOverride(std::string value) {
  if (value == "unset") return "";
  if (value.front() != '"') return value;
  std::string text;
  EXPECT_TRUE(absl::CUnescape(value.substr(1, value.size() - 2), &text));
  return text;
}

TEST(ConfigFieldsTest, CarryingOverEveryDifferenceMakesTwoRunsEqual) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    v1::RunConfig one = RandomConfig(&random);
    const v1::RunConfig two = RandomConfig(&random);
    const auto differences = CompareConfigs(one, two);
    // Of a choice first the old value goes, then the new one comes.
    for (const bool clear : {true, false}) {
      for (const ConfigDifference& difference : differences) {
        const std::string value = AsOverride(difference.wanted);
        if (value.empty() != clear) continue;
        ASSERT_TRUE(ApplyOverride(difference.path + "=" + value, &one).ok());
      }
    }
    EXPECT_EQ(EffectiveConfig(one), EffectiveConfig(two));
  }
}

}  // namespace
}  // namespace softfleet
