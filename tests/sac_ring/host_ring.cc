// SPDX-License-Identifier: Apache-2.0
#include "tests/sac_ring/host_ring.h"

#include <cstring>

#include "core/philox.h"

namespace softfleet::testing {
namespace {

size_t Cells(size_t bytes) {
  return (bytes + sizeof(uint64_t) - 1) / sizeof(uint64_t);
}

}  // namespace

HostRing::HostRing(const TableOptions& options, bool prioritized,
                   uint32_t team_size)
    : feed_(RingFeed::Create(options, prioritized).value()),
      team_size_(team_size),
      memory_(Cells(RowRingBytes(feed_.shape()))),
      ring_(MakeRowRing(feed_.shape(),
                        reinterpret_cast<unsigned char*>(memory_.data()))) {
  if (prioritized) {
    OnTeam(team_size_, [&](const auto& team) { ResetMasses(team, ring_); });
  }
}

void HostRing::Append(const StepBlock& block) {
  stage_.assign(Cells(feed_.StagedBytes(block.rows)), {});
  auto* stage = reinterpret_cast<std::byte*>(stage_.data());
  feed_.Stage(block, stage);
  OnTeam(team_size_, [&](const auto& team) {
    PlaceBlock(team, ring_, *reinterpret_cast<const StagedBlock*>(stage));
  });
}

std::vector<uint64_t> HostRing::SampleUniform(uint64_t seed, uint64_t step,
                                              uint32_t count) const {
  std::vector<uint64_t> ids(count);
  const PhiloxStream stream = {
      seed, static_cast<uint32_t>(Purpose::kReplayDraw), 0, step};
  OnTeam(team_size_, [&](const auto& team) {
    softfleet::SampleUniform(team, ring_, stream, count, ids.data());
  });
  return ids;
}

TransitionBatch HostRing::Gather(const std::vector<uint64_t>& ids, int n_step,
                                 double gamma) const {
  const RowRingShape& shape = ring_.shape;
  const uint32_t stack = shape.StackElements();
  std::vector<int32_t> discrete(ids.size());
  TransitionBatch batch;
  batch.size = static_cast<int64_t>(ids.size());
  batch.ids = ids;
  batch.observations.resize(ids.size() * stack);
  batch.next_observations.resize(ids.size() * stack);
  batch.actions.resize(ids.size() * shape.action_columns);
  batch.returns.resize(ids.size());
  batch.discounts.resize(ids.size());
  batch.terminated.resize(ids.size());
  batch.steps.resize(ids.size());
  RowBatch<float> rows = {};
  rows.ids = batch.ids.data();
  rows.observations = batch.observations.data();
  rows.next_observations = batch.next_observations.data();
  rows.observation_stride = stack;
  rows.actions = batch.actions.data();
  rows.action_stride = shape.action_columns;
  rows.discrete_actions = discrete.data();
  rows.returns = batch.returns.data();
  rows.discounts = batch.discounts.data();
  rows.terminated = batch.terminated.data();
  rows.steps = batch.steps.data();
  GatherOptions options;
  options.n_step = n_step;
  options.gamma = gamma;
  OnTeam(team_size_, [&](const auto& team) {
    for (uint64_t i = 0; i < ids.size(); ++i) {
      GatherRow(team, ring_, options, i, rows);
    }
  });
  if (shape.action_columns == 0) {
    batch.discrete_actions.assign(discrete.begin(), discrete.end());
  }
  return batch;
}

void HostRing::Load(const Ring& ring, const Streams& streams) {
  feed_.Load(ring, streams);
  for (size_t i = 0; i < ring.columns().size(); ++i) {
    std::memcpy(ring_.column[i], ring.columns()[i].bytes.get(),
                ring.slots() * ring.columns()[i].cell_bytes);
  }
  *ring_.counters = feed_.counters();
}

}  // namespace softfleet::testing
