// SPDX-License-Identifier: Apache-2.0
// Blocks against a list of rows written down one by one.
#include "experience/step_block.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/philox.h"
#include "experience/step_block_builder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace softfleet {
namespace {

using ::testing::HasSubstr;

using Bytes = std::vector<std::byte>;
using Groups = std::vector<Bytes>;  // one observation

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Row {
  std::vector<float> action;
  int32_t index = 0;
  float reward = 0;
  bool terminated = false;
  bool truncated = false;
  uint64_t version = 0;
  uint8_t flags = 0;
};

// What happened: observations[i] was seen before rows[i], the last one at the
// end.
struct Episode {
  std::vector<Groups> observations;
  std::vector<Row> rows;

  bool ended() const { return rows.back().terminated || rows.back().truncated; }
  double total() const {
    double sum = 0;
    for (const Row& row : rows) sum += row.reward;
    return sum;
  }
};

Schema RandomSchema(Philox& random) {
  Schema schema;
  schema.observations = {{"state", DType::kF32, {2}}};
  if (random.NextBelow(2) == 0) {
    schema.observations.push_back({"pixels", DType::kU8, {2, 3}});
    schema.observations.push_back({"goal", DType::kF32, {}});
  }
  schema.action = {ActionSpec::Kind::kContinuous, 2, 0};
  if (random.NextBelow(2) == 0) {
    schema.action = {ActionSpec::Kind::kDiscrete, 0, 5};
  }
  schema.frame_stack = static_cast<int>(1 + random.NextBelow(4));
  return schema;
}

Groups RandomObservation(const Schema& schema, Philox& random) {
  Groups groups;
  for (const ObservationGroup& group : schema.observations) {
    Bytes bytes(group.bytes());
    if (group.dtype == DType::kF32) {
      for (size_t i = 0; i < bytes.size(); i += sizeof(float)) {
        const auto value = static_cast<float>(random.NextNormal());
        std::memcpy(&bytes[i], &value, sizeof(value));
      }
    } else {
      for (std::byte& b : bytes) b = std::byte(random.NextBelow(256));
    }
    groups.push_back(std::move(bytes));
  }
  return groups;
}

Row RandomRow(const Schema& schema, uint64_t version, Philox& random) {
  Row row;
  for (int64_t i = 0; i < schema.action.columns(); ++i) {
    row.action.push_back(2 * random.NextUniformFloat() - 1);
  }
  if (!schema.action.continuous()) {
    row.index = static_cast<int32_t>(random.NextBelow(5));
  }
  row.reward = static_cast<float>(random.NextNormal());
  row.version = version;
  if (random.NextBelow(8) == 0) {
    row.flags = static_cast<uint8_t>(random.NextBelow(4));
  }
  return row;
}

// 1 to 40 rows that end terminated, truncated, both, or not at all.
Episode RandomEpisode(const Schema& schema, Philox& random) {
  Episode episode;
  const uint64_t length = 1 + random.NextBelow(40);
  uint64_t version = random.NextBelow(3);
  episode.observations.push_back(RandomObservation(schema, random));
  for (uint64_t i = 0; i < length; ++i) {
    version += random.NextBelow(3) / 2;
    episode.rows.push_back(RandomRow(schema, version, random));
    episode.observations.push_back(RandomObservation(schema, random));
  }
  const uint64_t end = random.NextBelow(4);
  episode.rows.back().terminated = (end & 1) != 0;
  episode.rows.back().truncated = (end & 2) != 0;
  return episode;
}

// What an environment does.
void Show(StepBlockBuilder& builder, const Groups& groups) {
  ASSERT_EQ(builder.room().size(), groups.size());
  for (size_t g = 0; g < groups.size(); ++g) {
    ASSERT_EQ(builder.room()[g].size(), groups[g].size());
    std::ranges::copy(groups[g], builder.room()[g].begin());
  }
}

void ExpectNewest(const StepBlockBuilder& builder, const Groups& groups) {
  for (size_t g = 0; g < groups.size(); ++g) {
    EXPECT_TRUE(std::ranges::equal(builder.newest()[g], groups[g]));
  }
}

void Begin(StepBlockBuilder& builder, uint64_t episode, const Groups& first) {
  Show(builder, first);
  const absl::Status status = builder.Begin(episode);
  EXPECT_TRUE(status.ok()) << status;
  ExpectNewest(builder, first);
}

absl::Status TryRow(StepBlockBuilder& builder, const Row& row,
                    const Groups& next) {
  Show(builder, next);
  return builder.Append({row.action, row.index, row.reward, row.terminated,
                         row.truncated, row.version, row.flags});
}

void AppendRow(StepBlockBuilder& builder, const Row& row, const Groups& next) {
  const absl::Status status = TryRow(builder, row, next);
  EXPECT_TRUE(status.ok()) << status;
  ExpectNewest(builder, next);
}

std::optional<StepBlock> Cut(StepBlockBuilder& builder) {
  StepBlock block;
  if (!builder.Cut(&block)) return std::nullopt;
  return block;
}

std::optional<StepBlock> TakeFinished(StepBlockBuilder& builder) {
  return builder.due() ? Cut(builder) : std::nullopt;
}

// Plays `episode` into `builder`; cuts early with probability 1/10 after a
// row, and at the end. Blocks give their memory back.
std::vector<StepBlock> Build(StepBlockBuilder& builder, uint64_t number,
                             const Episode& episode, Philox& random) {
  std::vector<StepBlock> blocks;
  StepBlock block;
  const auto cut = [&] {
    if (builder.Cut(&block)) blocks.push_back(block);
  };
  Begin(builder, number, episode.observations[0]);
  for (size_t i = 0; i < episode.rows.size(); ++i) {
    AppendRow(builder, episode.rows[i], episode.observations[i + 1]);
    if (builder.due() || random.NextBelow(10) == 0) cut();
  }
  cut();
  return blocks;
}

// The observation `i` steps into the episode; before its start, the first.
const Groups& ObservationAt(const Episode& episode, int64_t i) {
  return episode.observations[static_cast<size_t>(std::max<int64_t>(i, 0))];
}

void ExpectObservations(const Schema& schema, const StepBlock& block,
                        const Episode& episode) {
  const auto first = static_cast<int64_t>(block.first_step);
  for (int64_t i = 0; i < block.context + block.rows + 1; ++i) {
    const Groups& wanted = ObservationAt(episode, first + i - block.context);
    for (size_t g = 0; g < wanted.size(); ++g) {
      const auto got = block.Observation(schema, g, i);
      ASSERT_EQ(Bytes(got.begin(), got.end()), wanted[g])
          << "observation " << i << " of group " << g;
    }
  }
}

void ExpectRows(const Schema& schema, const StepBlock& block,
                const Episode& episode) {
  for (int64_t t = 0; t < block.rows; ++t) {
    const Row& row = episode.rows[block.first_step + static_cast<size_t>(t)];
    EXPECT_EQ(block.rewards[static_cast<size_t>(t)], row.reward);
    EXPECT_EQ(
        block.row_flags.empty() ? 0 : block.row_flags[static_cast<size_t>(t)],
        row.flags);
    if (schema.action.continuous()) {
      const auto begin = block.actions.begin() + 2 * t;
      EXPECT_EQ(std::vector<float>(begin, begin + 2), row.action);
    } else {
      EXPECT_EQ(block.discrete_actions[static_cast<size_t>(t)], row.index);
    }
  }
  const Row& last =
      episode.rows[block.first_step + static_cast<size_t>(block.rows) - 1];
  EXPECT_EQ(block.first_policy_version, episode.rows[block.first_step].version);
  EXPECT_EQ(block.last_policy_version, last.version);
}

void ExpectEnd(const StepBlock& block, const Episode& episode, bool is_last) {
  if (!is_last || !episode.ended()) {
    EXPECT_EQ(block.end, EpisodeEnd::kNone);
    EXPECT_EQ(block.episode_length, 0u);
    EXPECT_EQ(block.episode_return, 0);
    return;
  }
  EXPECT_EQ(block.end, episode.rows.back().terminated ? EpisodeEnd::kTerminated
                                                      : EpisodeEnd::kTruncated);
  EXPECT_EQ(block.episode_length, episode.rows.size());
  EXPECT_EQ(block.episode_return, episode.total());
}

void ExpectEpisode(const Schema& schema, const std::vector<StepBlock>& blocks,
                   const Episode& episode, uint64_t number, int64_t max_rows) {
  uint64_t next_step = 0;
  for (const StepBlock& block : blocks) {
    ASSERT_TRUE(CheckStepBlock(schema, block, max_rows).ok())
        << CheckStepBlock(schema, block, max_rows);
    EXPECT_EQ(block.environment, 17u);
    EXPECT_EQ(block.episode, number);
    ASSERT_EQ(block.first_step, next_step);
    next_step += static_cast<uint64_t>(block.rows);
    ExpectObservations(schema, block, episode);
    ExpectRows(schema, block, episode);
    ExpectEnd(block, episode, &block == &blocks.back());
  }
  EXPECT_EQ(next_step, episode.rows.size());
}

TEST(StepBlock, BlocksReproduceTheRowsTheyWereBuiltFrom) {
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Philox random(seed, Purpose::kTest);
    const Schema schema = RandomSchema(random);
    ASSERT_TRUE(schema.Validate().ok());
    const auto max_rows = static_cast<int64_t>(1 + random.NextBelow(12));
    StepBlockBuilder builder(schema, 17, max_rows);
    for (uint64_t number = 5; number < 8; ++number) {
      const Episode episode = RandomEpisode(schema, random);
      const auto blocks = Build(builder, number, episode, random);
      ExpectEpisode(schema, blocks, episode, number, max_rows);
      if (HasFailure()) return;
    }
  }
}

TEST(StepBlock, ConsecutiveBlocksOfAnEpisodeContinueEachOther) {
  Philox random(3, Purpose::kTest);
  const Schema schema = RandomSchema(random);
  Episode episode = RandomEpisode(schema, random);
  while (episode.rows.size() < 10) episode = RandomEpisode(schema, random);
  StepBlockBuilder builder(schema, 17, 4);
  const auto blocks = Build(builder, 5, episode, random);
  ASSERT_GT(blocks.size(), 2u);
  EXPECT_TRUE(blocks[0].ContinuedBy(blocks[1]));
  EXPECT_FALSE(blocks[0].ContinuedBy(blocks[2]));
  EXPECT_FALSE(blocks[1].ContinuedBy(blocks[0]));
  StepBlock other = blocks[1];
  other.episode = 6;
  EXPECT_FALSE(blocks[0].ContinuedBy(other));
}

TEST(StepBlock, ARestartBetweenBlocksLeavesNoTrace) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Philox random(seed, Purpose::kTest);
    const Schema schema = RandomSchema(random);
    const Episode episode = RandomEpisode(schema, random);
    StepBlockBuilder straight(schema, 17, 4);
    auto restarted = std::make_unique<StepBlockBuilder>(schema, 17, 4);
    Begin(straight, 5, episode.observations[0]);
    Begin(*restarted, 5, episode.observations[0]);
    for (size_t i = 0; i < episode.rows.size(); ++i) {
      AppendRow(straight, episode.rows[i], episode.observations[i + 1]);
      AppendRow(*restarted, episode.rows[i], episode.observations[i + 1]);
      const auto block = TakeFinished(straight);
      ASSERT_EQ(TakeFinished(*restarted), block);
      if (!block.has_value() || block->end != EpisodeEnd::kNone) continue;
      const StepBlockBuilder::Progress progress = restarted->progress();
      restarted = std::make_unique<StepBlockBuilder>(schema, 17, 4);
      ASSERT_TRUE(restarted->Resume(progress).ok());
    }
    EXPECT_EQ(Cut(*restarted), Cut(straight));
  }
}

Schema SmallSchema() {
  return {{{"state", DType::kF32, {2}}, {"pixels", DType::kU8, {3}}},
          {ActionSpec::Kind::kContinuous, 2, 0},
          3};
}

Schema SmallDiscreteSchema() {
  Schema schema = SmallSchema();
  schema.action = {ActionSpec::Kind::kDiscrete, 0, 5};
  return schema;
}

// Rows 4 to 6 of an episode of `length` rows.
StepBlock SecondBlock(const Schema& schema, size_t length) {
  Philox random(4, Purpose::kTest);
  Episode episode;
  episode.observations.push_back(RandomObservation(schema, random));
  for (size_t i = 0; i < length; ++i) {
    episode.rows.push_back(RandomRow(schema, i, random));
    episode.observations.push_back(RandomObservation(schema, random));
  }
  episode.rows[6].terminated = length == 7;
  StepBlockBuilder builder(schema, 17, 4);
  Begin(builder, 5, episode.observations[0]);
  std::optional<StepBlock> block;
  for (size_t i = 0; i < 7; ++i) {
    AppendRow(builder, episode.rows[i], episode.observations[i + 1]);
    block = TakeFinished(builder);
  }
  return block.has_value() ? *block : *Cut(builder);
}

TEST(StepBlock, RowsOfAnEpisodeThatIsBegunAnewAreDropped) {
  const Schema schema = SmallSchema();
  Philox random(5, Purpose::kTest);
  StepBlockBuilder builder(schema, 17, 8);
  const Groups seen = RandomObservation(schema, random);
  Row row = RandomRow(schema, 1, random);
  row.terminated = true;
  Begin(builder, 5, seen);
  AppendRow(builder, row, seen);
  Begin(builder, 6, seen);
  EXPECT_FALSE(TakeFinished(builder).has_value());
  EXPECT_FALSE(Cut(builder).has_value());
  row.terminated = false;
  AppendRow(builder, row, seen);
  const std::optional<StepBlock> block = Cut(builder);
  ASSERT_TRUE(block.has_value());
  EXPECT_TRUE(CheckStepBlock(schema, *block, 8).ok());
  EXPECT_EQ(block->episode, 6u);
  EXPECT_EQ(block->rows, 1);
}

TEST(StepBlock, ProgressOfAnotherSchemaIsRefused) {
  const Schema schema = SmallSchema();
  Philox random(5, Purpose::kTest);
  StepBlockBuilder builder(schema, 17, 8);
  Begin(builder, 5, RandomObservation(schema, random));
  StepBlockBuilder::Progress progress = builder.progress();
  progress.observations[1].pop_back();
  EXPECT_THAT(std::string(builder.Resume(progress).message()),
              HasSubstr("observations.pixels"));
  progress.observations.pop_back();
  EXPECT_EQ(builder.Resume(progress).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(StepBlock, AfterAnEpisodesEndNothingIsLeftToCut) {
  const Schema schema = SmallSchema();
  Philox random(5, Purpose::kTest);
  StepBlockBuilder builder(schema, 17, 8);
  const Groups seen = RandomObservation(schema, random);
  Row row = RandomRow(schema, 1, random);
  row.truncated = true;
  EXPECT_FALSE(Cut(builder).has_value());
  Begin(builder, 5, seen);
  AppendRow(builder, row, seen);
  EXPECT_TRUE(TakeFinished(builder).has_value());
  EXPECT_FALSE(TakeFinished(builder).has_value());
  EXPECT_FALSE(Cut(builder).has_value());
}

// A row that the door would refuse is refused when it is made, by the same
// place, and the episode goes on as if it had not been tried.
TEST(StepBlock, ARowThatIsWrongIsRefusedAndLeavesNoTrace) {
  const Schema schema = SmallSchema();
  Philox random(7, Purpose::kTest);
  StepBlockBuilder builder(schema, 17, 8), twin(schema, 17, 8);
  const Groups first = RandomObservation(schema, random);
  Groups wrong = first;
  std::memcpy(wrong[0].data() + sizeof(float), &kNan, sizeof(kNan));
  Show(builder, wrong);
  EXPECT_EQ(builder.Begin(5).message(),
            "observations.state row 0 element 1 is nan, not finite");
  Begin(builder, 5, first);
  Begin(twin, 5, first);
  for (int64_t i = 0; i < 8; ++i) {
    const Row row = RandomRow(schema, 1, random);
    Row bad = row;
    bad.reward = kInfinity;
    EXPECT_EQ(TryRow(builder, bad, first).message(),
              absl::StrCat("rewards row ", i, " element 0 is inf, not finite"));
    bad = row;
    bad.action[1] = 1.5;
    EXPECT_EQ(
        TryRow(builder, bad, first).message(),
        absl::StrCat("actions row ", i, " element 1 is 1.5, not in [-1, 1]"));
    EXPECT_EQ(TryRow(builder, row, wrong).message(),
              absl::StrCat("observations.state row ", i + 1,
                           " element 1 is nan, not finite"));
    EXPECT_FALSE(builder.due());
    const Groups next = RandomObservation(schema, random);
    AppendRow(builder, row, next);
    AppendRow(twin, row, next);
  }
  EXPECT_EQ(Cut(builder), Cut(twin));
}

TEST(StepBlock, FlagsTakeNoMemoryUntilARowHasOne) {
  const Schema schema = SmallSchema();
  Philox random(8, Purpose::kTest);
  StepBlockBuilder builder(schema, 17, 4);
  const Groups seen = RandomObservation(schema, random);
  Begin(builder, 5, seen);
  for (const uint8_t flags : {0, 0, 0, 0, 0, 2, 0, 1, 0, 0}) {
    Row row = RandomRow(schema, 1, random);
    row.flags = flags;
    AppendRow(builder, row, seen);
    const std::optional<StepBlock> block = TakeFinished(builder);
    if (!block.has_value()) continue;
    EXPECT_EQ(block->row_flags, block->first_step == 0
                                    ? std::vector<uint8_t>()
                                    : std::vector<uint8_t>({0, 2, 0, 1}));
  }
  EXPECT_TRUE(Cut(builder)->row_flags.empty());
}

struct Corruption {
  const char* words;  // in the message
  std::function<void(StepBlock&)> spoil;
};

void ExpectRefused(const Schema& schema, const StepBlock& block,
                   const std::string& words) {
  const absl::Status status = CheckStepBlock(schema, block, 4);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << words;
  EXPECT_THAT(std::string(status.message()), HasSubstr(words));
}

void ExpectAllRefused(const Schema& schema, const StepBlock& good,
                      std::span<const Corruption> corruptions) {
  ASSERT_TRUE(CheckStepBlock(schema, good, 4).ok());
  for (const Corruption& corruption : corruptions) {
    StepBlock block = good;
    corruption.spoil(block);
    ExpectRefused(schema, block, corruption.words);
  }
}

void SetFloat(StepBlock& block, size_t i, float value) {
  std::memcpy(&block.observations[0][i * sizeof(value)], &value, sizeof(value));
}

TEST(CheckStepBlock, NamesTheFieldThatIsWrong) {
  const Corruption corruptions[] = {
      {"rows is 0", [](StepBlock& b) { b.rows = 0; }},
      {"rows is -1", [](StepBlock& b) { b.rows = -1; }},
      {"rows is 5, not in 1 to 4", [](StepBlock& b) { b.rows = 5; }},
      {"observations.state has", [](StepBlock& b) { b.rows = 2; }},
      {"context is 1, but frame_stack is 3",
       [](StepBlock& b) { b.context = 1; }},
      {"end is 3", [](StepBlock& b) { b.end = EpisodeEnd{3}; }},
      {"episode_length is 0; first_step is 4 and rows is 3",
       [](StepBlock& b) { b.end = EpisodeEnd::kTruncated; }},
      {"episode_length is 7 although the episode has not ended",
       [](StepBlock& b) { b.episode_length = 7; }},
      {"episode_return is 1 although",
       [](StepBlock& b) { b.episode_return = 1; }},
      {"observations has 1 groups, the schema has 2",
       [](StepBlock& b) { b.observations.pop_back(); }},
      {"observations.state has 47 bytes, expected 48",
       [](StepBlock& b) { b.observations[0].pop_back(); }},
      {"observations.pixels has 19 bytes, expected 18",
       [](StepBlock& b) { b.observations[1].push_back({}); }},
      {"actions has 5 values, expected 6",
       [](StepBlock& b) { b.actions.pop_back(); }},
      {"discrete_actions has 1 values, expected 0",
       [](StepBlock& b) { b.discrete_actions.push_back(0); }},
      {"rewards has 4 values, expected 3",
       [](StepBlock& b) { b.rewards.push_back(0); }},
      {"actions row 1 element 0 is 1.5, not in [-1, 1]",
       [](StepBlock& b) { b.actions[2] = 1.5; }},
      {"actions row 2 element 1 is nan",
       [](StepBlock& b) { b.actions[5] = kNan; }},
      {"rewards row 2 element 0 is -inf, not finite",
       [](StepBlock& b) { b.rewards[2] = -kInfinity; }},
      {"row_flags has 2 values, expected 3",
       [](StepBlock& b) {
         b.row_flags = {0, 1};
       }},
      {"row_flags row 1 element 0 is 4, not in 0 to 3",
       [](StepBlock& b) {
         b.row_flags = {0, 4, 0};
       }},
      {"observations.state row -2 element 1 is nan",
       [](StepBlock& b) { SetFloat(b, 1, kNan); }},
      {"observations.state row 3 element 0 is inf",
       [](StepBlock& b) { SetFloat(b, 10, kInfinity); }},
  };
  ExpectAllRefused(SmallSchema(), SecondBlock(SmallSchema(), 10), corruptions);
}

TEST(CheckStepBlock, NamesWhatIsWrongWithAnEndedEpisode) {
  const Corruption corruptions[] = {
      {"episode_length is 8", [](StepBlock& b) { b.episode_length = 8; }},
      {"episode_length is 2", [](StepBlock& b) { b.episode_length = 2; }},
      {"episode_length is 7; first_step is 3",
       [](StepBlock& b) { b.first_step = 3; }},
      {"episode_length is 2; first_step is 18446744073709551615",
       [](StepBlock& b) { b.episode_length = 2, b.first_step -= 5; }},
      {"although the episode has not ended",
       [](StepBlock& b) { b.end = EpisodeEnd::kNone; }},
      {"episode_return is nan", [](StepBlock& b) { b.episode_return = kNan; }},
  };
  ExpectAllRefused(SmallSchema(), SecondBlock(SmallSchema(), 7), corruptions);
}

TEST(CheckStepBlock, NamesTheIndexThatIsNoAction) {
  const Corruption corruptions[] = {
      {"discrete_actions row 1 element 0 is 5, not in [0, 5)",
       [](StepBlock& b) { b.discrete_actions[1] = 5; }},
      {"discrete_actions row 0 element 0 is -1",
       [](StepBlock& b) { b.discrete_actions[0] = -1; }},
      {"discrete_actions has 2 values, expected 3",
       [](StepBlock& b) { b.discrete_actions.pop_back(); }},
      {"actions has 1 values, expected 0",
       [](StepBlock& b) { b.actions.push_back(0); }},
  };
  const Schema schema = SmallDiscreteSchema();
  ExpectAllRefused(schema, SecondBlock(schema, 10), corruptions);
}

TEST(CheckStepBlock, FindsABadNumberWhereverItIs) {
  const Schema schema = SmallSchema();
  const StepBlock good = SecondBlock(schema, 10);
  for (int64_t i = 0; i < 12; ++i) {
    StepBlock block = good;
    SetFloat(block, static_cast<size_t>(i), kNan);
    ExpectRefused(schema, block,
                  absl::StrCat("observations.state row ", i / 2 - 2,
                               " element ", i % 2, " is nan"));
  }
  for (int64_t i = 0; i < 6; ++i) {
    StepBlock block = good;
    block.actions[static_cast<size_t>(i)] = -1.25;
    ExpectRefused(
        schema, block,
        absl::StrCat("actions row ", i / 2, " element ", i % 2, " is -1.25"));
  }
}

TEST(CheckStepBlock, TheBoundsOfPolicySpaceThemselvesAreActions) {
  const Schema schema = SmallSchema();
  StepBlock block = SecondBlock(schema, 10);
  block.actions = {-1, 1, -1, 1, 1, -1};
  EXPECT_TRUE(CheckStepBlock(schema, block, 4).ok());
}

}  // namespace
}  // namespace softfleet
