// SPDX-License-Identifier: Apache-2.0
#include "actor/actor_thread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <iterator>
#include <vector>

#include "core/philox.h"
#include "tests/actor/actor_fixture.h"

namespace softfleet {
namespace {

constexpr absl::Duration kLong = absl::Seconds(20);

// A loop on a thread, and its rows as they are taken.
struct ThreadedActor {
  explicit ThreadedActor(const ActorOptions& options) {
    policies.newest = RandomPolicy(options.environment.name, 4);
    auto made = ActorLoop::Create(options, thread, policies);
    EXPECT_TRUE(made.ok()) << made.status();
    loop = *std::move(made);
  }

  absl::Status TakeSome(absl::Duration timeout) {
    auto delivery = thread.Take(timeout);
    if (!delivery.ok()) return delivery.status();
    std::move(delivery->blocks.begin(), delivery->blocks.end(),
              std::back_inserter(blocks));
    episodes += delivery->episodes.size();
    return absl::OkStatus();
  }
  int64_t rows() const {
    int64_t rows = 0;
    for (const StepBlock& block : blocks) rows += block.rows;
    return rows;
  }
  void TakeUntil(int64_t wanted) {
    while (rows() < wanted) {
      const int64_t before = rows();
      ASSERT_TRUE(TakeSome(kLong).ok());
      ASSERT_GT(rows(), before) << "nothing came in " << kLong;
    }
  }

  FakePolicies policies;
  std::unique_ptr<ActorLoop> loop;
  std::vector<StepBlock> blocks;
  size_t episodes = 0;
  ActorThread thread{SystemClock()};  // last: drives the loop
};

ActorOptions RowByRow(int num_environments) {
  ActorOptions options = Options("Pendulum-v1", num_environments);
  options.block_rows = 1;
  return options;
}

TEST(ActorThreadTest, MakesTheRowsOfALoopAloneAndNoneThatIsNotAllowed) {
  for (const int environments : {1, 3}) {
    const ActorOptions options = RowByRow(environments);
    RecordedActor alone(options);
    alone.policies.newest = RandomPolicy("Pendulum-v1", 4);
    ThreadedActor actor(options);
    actor.thread.Start(*actor.loop, /*rows=*/0);
    Philox random(23, Purpose::kTest, environments);
    int64_t allowed = 0;
    while (allowed < 600) {
      allowed += static_cast<int64_t>(random.NextBelow(40));
      actor.thread.Allow(allowed);
      // A round that was begun below the bound is made whole.
      const int64_t rounds = (allowed + environments - 1) / environments;
      actor.TakeUntil(rounds * environments);
      if (HasFatalFailure()) return;
      actor.thread.Pause();
      ASSERT_TRUE(actor.TakeSome(absl::ZeroDuration()).ok());
      ASSERT_EQ(actor.rows(), rounds * environments);
      actor.thread.Resume();
    }
    while (static_cast<int64_t>(alone.sink.blocks.size()) < actor.rows()) {
      alone.Run(1);
    }
    EXPECT_TRUE(actor.blocks == alone.sink.blocks);
    EXPECT_GT(actor.episodes, 0);
    EXPECT_GT(actor.thread.waited(), absl::ZeroDuration());
  }
}

TEST(ActorThreadTest, RowsOfBeforeCountTowardsWhatIsAllowed) {
  ThreadedActor actor(RowByRow(1));
  actor.thread.Allow(110);
  actor.thread.Start(*actor.loop, /*rows=*/100);
  actor.TakeUntil(10);
  actor.thread.Pause();
  ASSERT_TRUE(actor.TakeSome(absl::ZeroDuration()).ok());
  EXPECT_EQ(actor.rows(), 10);
}

TEST(ActorThreadTest, WhilePausedTheLoopIsTheCallers) {
  ThreadedActor actor(RowByRow(2));
  actor.thread.Allow(1'000'000);
  actor.thread.Start(*actor.loop, 0);
  for (int i = 0; i < 50; ++i) {
    actor.thread.Pause();
    ASSERT_TRUE(actor.TakeSome(absl::ZeroDuration()).ok());
    // Every step that was counted was handed over, and none follows.
    ASSERT_EQ(actor.loop->counts().steps, actor.rows());
    const TensorMap saved = actor.loop->Save();
    ASSERT_TRUE(actor.TakeSome(absl::ZeroDuration()).ok());
    ASSERT_EQ(actor.loop->counts().steps, actor.rows());
    ASSERT_TRUE(actor.loop->Save() == saved);
    actor.thread.Resume();
    actor.TakeUntil(actor.rows() + 1);
    if (HasFatalFailure()) return;
  }
}

TEST(ActorThreadTest, AnErrorComesAfterTheRowsBeforeIt) {
  ThreadedActor actor(RowByRow(1));
  actor.thread.Allow(5);
  actor.thread.Start(*actor.loop, 0);
  actor.TakeUntil(5);
  actor.thread.Pause();
  actor.policies.newest = RandomPolicy("CartPole-v1", 9);
  actor.thread.Resume();
  actor.thread.Allow(6);
  const absl::Status status = actor.TakeSome(kLong);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  // And stays.
  EXPECT_EQ(actor.TakeSome(absl::ZeroDuration()), status);
  EXPECT_EQ(actor.rows(), 5);
}

}  // namespace
}  // namespace softfleet
