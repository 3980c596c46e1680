// SPDX-License-Identifier: Apache-2.0
#include "tests/transport/random_values.h"

#include <bit>
#include <cstring>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace softfleet {
namespace {

template <typename T>
bool SameBits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() &&
         (a.empty() ||
          std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

bool SameBits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

bool SameBits(const std::optional<NormaliserState>& a,
              const std::optional<NormaliserState>& b) {
  if (!a.has_value() || !b.has_value()) return a.has_value() == b.has_value();
  return SameBits(a->count, b->count) && SameBits(a->mean, b->mean) &&
         SameBits(a->variance, b->variance);
}

auto Exact(const Snapshot& s) {
  return std::tie(s.run_id, s.version, s.step, s.updates, s.state,
                  s.act_uniformly, s.schema, s.layers, s.head.kind,
                  s.head.log_std_mode, s.tensors, s.environment);
}

auto Exact(const StepBlock& b) {
  return std::tie(b.environment, b.episode, b.first_step,
                  b.first_policy_version, b.last_policy_version, b.end,
                  b.episode_length, b.rows, b.context, b.observations,
                  b.discrete_actions);
}

}  // namespace

bool SameBits(const Snapshot& a, const Snapshot& b) {
  return Exact(a) == Exact(b) && SameBits(a.bounds.low, b.bounds.low) &&
         SameBits(a.bounds.high, b.bounds.high) &&
         SameBits(a.head.log_std_min, b.head.log_std_min) &&
         SameBits(a.head.log_std_max, b.head.log_std_max) &&
         SameBits(a.normaliser, b.normaliser) &&
         SameBits(a.reward_scale, b.reward_scale) &&
         SameBits(a.alpha, b.alpha) &&
         SameBits(a.target_entropy, b.target_entropy) &&
         SameBits(a.entropy_offset, b.entropy_offset);
}

bool SameBits(const StepBlock& a, const StepBlock& b) {
  return Exact(a) == Exact(b) && SameBits(a.episode_return, b.episode_return) &&
         SameBits(a.actions, b.actions) && SameBits(a.rewards, b.rewards) &&
         a.row_flags == b.row_flags;
}

int64_t RandomValues::Integer(int64_t low, int64_t high) {
  return std::uniform_int_distribution<int64_t>(low, high)(random_);
}

double RandomValues::AnyDouble() { return std::bit_cast<double>(Word()); }

std::string RandomValues::Name() {
  std::string name;
  for (int64_t i = Integer(1, 12); i > 0; --i) {
    name += "abcdefghijklmnopqrstuvwxyz0123456789_-./"[Integer(0, 39)];
  }
  return name;
}

std::string RandomValues::Bytes(size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(Integer(0, 255));
  return bytes;
}

template <typename T>
std::vector<T> RandomValues::AnyBits(size_t count) {
  const std::string bytes = Bytes(count * sizeof(T));
  std::vector<T> values(count);
  if (count > 0) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::vector<double> RandomValues::AnyDoubles(size_t count) {
  return AnyBits<double>(count);
}

Shape RandomValues::MakeShape(int64_t longest) {
  Shape shape(Integer(0, 3));
  for (int64_t& size : shape) size = Integer(1, longest);
  return shape;
}

Schema RandomValues::MakeSchema() {
  Schema schema;
  const int64_t groups = Integer(1, 3);
  for (int64_t g = 0; g < groups; ++g) {
    schema.observations.push_back({absl::StrCat(Name(), g),
                                   Coin() ? DType::kF32 : DType::kU8,
                                   MakeShape(4)});
  }
  if (Coin()) {
    schema.action = {ActionSpec::Kind::kContinuous, Integer(1, 6), 0};
  } else {
    schema.action = {ActionSpec::Kind::kDiscrete, 0, Integer(1, 1000)};
  }
  schema.frame_stack = static_cast<int>(Integer(1, 4));
  return schema;
}

StepBlock RandomValues::MakeBlock(const Schema& schema) {
  StepBlock block;
  block.environment = Word();
  block.episode = Word();
  block.first_step = Word();
  block.first_policy_version = Word();
  block.last_policy_version = Word();
  block.end = static_cast<EpisodeEnd>(Integer(0, 2));
  block.episode_return = AnyDouble();
  block.episode_length = Word();
  block.rows = Integer(1, 40);
  block.context = schema.frame_stack - 1;
  const size_t rows = static_cast<size_t>(block.rows);
  const size_t observations = static_cast<size_t>(block.context) + rows + 1;
  for (const ObservationGroup& group : schema.observations) {
    block.observations.push_back(
        AnyBits<std::byte>(observations * group.bytes()));
  }
  if (schema.action.continuous()) {
    block.actions = AnyBits<float>(rows * schema.action.dimension);
  } else {
    block.discrete_actions = AnyBits<int32_t>(rows);
  }
  block.rewards = AnyBits<float>(rows);
  if (Coin()) block.row_flags = AnyBits<uint8_t>(rows);
  for (uint8_t& flags : block.row_flags) flags &= kRowFlagsMask;
  return block;
}

Snapshot RandomValues::MakeSnapshot() {
  Snapshot snapshot;
  snapshot.run_id = Name();
  snapshot.version = Word();
  snapshot.step = Word();
  snapshot.updates = Word();
  snapshot.state = static_cast<RunState>(Integer(0, 4));
  snapshot.act_uniformly = Coin();
  snapshot.schema = MakeSchema();
  const size_t bounds = static_cast<size_t>(Integer(0, 4));
  snapshot.bounds = {AnyDoubles(bounds), AnyDoubles(bounds)};
  for (int64_t i = Integer(0, 5); i > 0; --i) {
    snapshot.layers.push_back({Name(), Coin() ? Name() : ""});
  }
  snapshot.head = {Name(), Name(), AnyDouble(), AnyDouble()};
  for (int64_t i = Integer(0, 6); i > 0; --i) {
    const DType dtype = static_cast<DType>(Integer(0, 6));
    const Shape shape = MakeShape(7);
    const size_t bytes = NumElements(shape) * DTypeSize(dtype);
    snapshot.tensors[Name()] = {dtype, shape, AnyBits<std::byte>(bytes)};
  }
  if (Coin()) {
    const size_t elements = static_cast<size_t>(Integer(0, 9));
    snapshot.normaliser = {AnyDouble(), AnyDoubles(elements),
                           AnyDoubles(elements)};
  }
  snapshot.environment = Name();
  snapshot.reward_scale = AnyDouble();
  snapshot.alpha = AnyDouble();
  snapshot.target_entropy = AnyDouble();
  snapshot.entropy_offset = AnyDouble();
  return snapshot;
}

}  // namespace softfleet
