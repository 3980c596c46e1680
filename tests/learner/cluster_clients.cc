// SPDX-License-Identifier: Apache-2.0
#include "tests/learner/cluster_clients.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>

#include "run/audit_record.h"
#include "run/config.h"
#include "tests/replay_server/testing.h"
#include "transport/channel.h"
#include "transport/learner_client.h"

namespace softfleet {
namespace {

constexpr absl::Duration kStep = absl::Milliseconds(20);
constexpr int64_t kRows = 4;  // of a block

// Rows with numbers that one can learn from.
StepBlock SomeRows(uint64_t environment, uint64_t first_step,
                   uint64_t version) {
  StepBlock block = testing::TestBlock(environment, first_step, kRows);
  block.first_policy_version = block.last_policy_version = version;
  std::fill(block.rewards.begin(), block.rewards.end(), -1.f);
  for (auto& column : block.observations) {
    std::fill(column.begin(), column.end(), std::byte(0x3e));
  }
  return block;
}

}  // namespace

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  const auto channel = MakeChannel(address, {});
  EXPECT_TRUE(channel.ok()) << channel.status();
  return *channel;
}

void TestActor::Run() {
  const auto channel = Connect(learner_);
  const auto joined = Join(channel, {v1::ROLE_ACTOR, "actor", learner_},
                           [this] { return stop_.load(); });
  if (!joined.ok()) return;
  if (joined->phase() == v1::RUN_PHASE_FINISHED) {
    finished = true;
    return;
  }
  InsertClient::Options options;
  options.run_id = joined->run_id();
  options.schema = testing::TestSchema();
  options.pending_rows = 16;
  auto client =
      InsertClient::Create(Connect(joined->shard()), options, metrics_);
  ASSERT_TRUE(client.ok()) << client.status();
  ParameterClient::Options parameters;
  parameters.run_id = joined->run_id();
  ParameterClient policies(channel, parameters);
  uint64_t version = 0, step = 0;
  while (!stop_ && policies.phase() != RunState::kFinished) {
    const auto newest = policies.Latest(version);
    if (newest.ok() && *newest != nullptr) {
      if ((*newest)->version < version) versions_fell = true;
      version = (*newest)->version;
    }
    if (!(*client)->WaitForRoom(kStep)) continue;
    const StepBlock block =
        SomeRows(joined->first_environment(), step, version);
    if ((*client)->Append(block).ok()) step += kRows;
  }
  if (stop_) return;
  const absl::Status flushed = (*client)->Finish(absl::Seconds(10));
  EXPECT_TRUE(flushed.ok()) << flushed;
  finished = true;
}

TestEvaluator::TestEvaluator(const std::string& learner,
                             const v1::RunConfig& config)
    : learner_(learner),
      config_hash_(ConfigHash(config)),
      thread_("evaluator", [this] { Run(); }) {}

void TestEvaluator::Run() {
  const auto channel = Connect(learner_);
  ParameterClient::Options options;
  options.for_evaluation = true;
  options.max_wait = absl::Seconds(1);
  ParameterClient requests(channel, options);
  uint64_t version = 0;
  while (!stop_) {
    const auto snapshot = requests.WaitForNewer(version, kStep);
    if (!snapshot.ok() || *snapshot == nullptr) continue;
    version = (*snapshot)->version;
    AuditRecord record;
    record.run_id = (*snapshot)->run_id;
    record.step = (*snapshot)->step;
    record.updates = (*snapshot)->updates;
    record.version = version;
    record.config_hash = config_hash_;
    v1::ReportEvaluationRequest report;
    report.set_run_id(record.run_id);
    report.set_version(version);
    report.set_audit_json(FormatAuditJson({record}));
    while (!stop_ && !ReportEvaluation(channel, report).ok()) {
    }
  }
}

}  // namespace softfleet
