// SPDX-License-Identifier: Apache-2.0
#include "tests/replay/twin.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace softfleet::testing {

int64_t Between(Random& random, int64_t low, int64_t high) {
  return std::uniform_int_distribution<int64_t>(low, high)(random);
}

float RandomFloat(Random& random) {
  return std::uniform_real_distribution<float>(-1, 1)(random);
}

Schema RandomSchema(Random& random) {
  Schema schema;
  const int64_t groups = Between(random, 1, 3);
  for (int64_t i = 0; i < groups; ++i) {
    const bool pixels = Between(random, 0, 2) == 0;
    const Shape shape =
        pixels ? Shape{2, Between(random, 1, 2)} : Shape{Between(random, 1, 4)};
    schema.observations.push_back({"group" + std::to_string(i),
                                   pixels ? DType::kU8 : DType::kF32, shape});
  }
  if (Between(random, 0, 1) == 0) {
    schema.action = {ActionSpec::Kind::kContinuous, Between(random, 1, 3), 0};
  } else {
    schema.action = {ActionSpec::Kind::kDiscrete, 0, Between(random, 2, 5)};
  }
  schema.frame_stack = static_cast<int>(Between(random, 1, 4));
  return schema;
}

RandomActor::RandomActor(Schema schema, uint64_t environment, uint64_t seed)
    : schema_(std::move(schema)), environment_(environment), random_(seed) {
  seen_.push_back(RandomObservation());
}

RandomActor::Observation RandomActor::RandomObservation() {
  Observation observation;
  for (const ObservationGroup& group : schema_.observations) {
    const size_t elements = static_cast<size_t>(NumElements(group.shape));
    std::vector<std::byte> bytes(elements * DTypeSize(group.dtype));
    for (size_t i = 0; i < elements; ++i) {
      if (group.dtype == DType::kU8) {
        bytes[i] = static_cast<std::byte>(Between(random_, 0, 255));
      } else {
        const float value = RandomFloat(random_);
        std::memcpy(&bytes[i * sizeof(value)], &value, sizeof(value));
      }
    }
    observation.push_back(std::move(bytes));
  }
  return observation;
}

StepBlock RandomActor::Next(int64_t rows, EpisodeEnd end) {
  StepBlock block;
  block.environment = environment_;
  block.episode = episode_;
  block.first_step = seen_.size() - 1;
  block.end = end;
  block.rows = rows;
  block.context = schema_.frame_stack - 1;
  block.observations.resize(schema_.observations.size());
  const int64_t first = static_cast<int64_t>(block.first_step);
  for (int64_t i = 0; i < rows; ++i) {
    seen_.push_back(RandomObservation());
    block.rewards.push_back(10 * RandomFloat(random_));
    if (Between(random_, 0, 19) == 0) {
      block.row_flags.resize(static_cast<size_t>(rows));
      block.row_flags.back() = static_cast<uint8_t>(Between(random_, 1, 3));
    }
    for (int64_t d = 0; d < schema_.action.columns(); ++d) {
      block.actions.push_back(RandomFloat(random_));
    }
    if (!schema_.action.continuous()) {
      block.discrete_actions.push_back(static_cast<int32_t>(
          Between(random_, 0, schema_.action.num_actions - 1)));
    }
  }
  for (int64_t i = first - block.context; i <= first + rows; ++i) {
    const Observation& observation = seen_[std::max<int64_t>(i, 0)];
    for (size_t group = 0; group < observation.size(); ++group) {
      block.observations[group].insert(block.observations[group].end(),
                                       observation[group].begin(),
                                       observation[group].end());
    }
  }
  if (end != EpisodeEnd::kNone) {
    block.episode_length = block.first_step + static_cast<uint64_t>(rows);
    ++episode_;
    seen_.clear();
    seen_.push_back(RandomObservation());
  }
  return block;
}

Twin::Twin(const TableOptions& options) : options_(options) {
  // The formula in table.h, rule 1.
  const int64_t run = options.expected_run_rows;
  const int64_t blocks = (options.capacity_rows + run - 1) / run + 1;
  slots_ = static_cast<uint64_t>(options.capacity_rows +
                                 blocks * options.schema.frame_stack);
}

std::vector<float> Twin::StackAt(const StepBlock& block, int64_t newest) const {
  std::vector<float> stack;
  for (int64_t i = newest - block.context; i <= newest; ++i) {
    for (size_t g = 0; g < options_.schema.observations.size(); ++g) {
      const auto bytes = block.Observation(options_.schema, g, i);
      const bool pixels = options_.schema.observations[g].dtype == DType::kU8;
      for (size_t at = 0; at < bytes.size(); at += pixels ? 1 : 4) {
        float value = static_cast<float>(bytes[at]) / 255.0f;
        if (!pixels) std::memcpy(&value, &bytes[at], sizeof(value));
        stack.push_back(value);
      }
    }
  }
  return stack;
}

void Twin::Append(const StepBlock& block) {
  // Take-over: the closing slot of the last block becomes the first row.
  const bool take_over = last_.has_value() && last_->ContinuedBy(block);
  if (take_over) {
    head_ -= 1;
  } else {
    head_ += static_cast<uint64_t>(block.context);
  }
  for (int64_t i = 0; i < block.rows; ++i) {
    Step step = {head_++,
                 block.environment,
                 block.episode,
                 block.first_step + static_cast<uint64_t>(i),
                 StackAt(block, block.context + i),
                 StackAt(block, block.context + i + 1),
                 {},
                 block.rewards[static_cast<size_t>(i)],
                 i + 1 == block.rows ? block.end : EpisodeEnd::kNone};
    const int64_t columns = options_.schema.action.columns();
    for (int64_t d = 0; d < columns; ++d) {
      step.action.push_back(block.actions[i * columns + d]);
    }
    if (columns == 0) {
      step.action.push_back(static_cast<float>(block.discrete_actions[i]));
    }
    by_id_[step.id] = steps_.size();
    by_number_[{step.environment, step.episode, step.number}] = steps_.size();
    steps_.push_back(std::move(step));
  }
  head_ += 1;  // the closing slot
  last_ = block;
}

std::vector<uint64_t> Twin::SampleableIds() const {
  std::vector<uint64_t> ids;
  const uint64_t context =
      static_cast<uint64_t>(options_.schema.frame_stack - 1);
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    if (step->id - context + slots_ < head_) break;
    if (ids.size() == static_cast<size_t>(options_.capacity_rows)) break;
    ids.push_back(step->id);
  }
  std::reverse(ids.begin(), ids.end());
  return ids;
}

const Twin::Step& Twin::StepOf(uint64_t id) const {
  return steps_[by_id_.at(id)];
}

const Twin::Step* Twin::After(const Step& step) const {
  const auto found =
      by_number_.find({step.environment, step.episode, step.number + 1});
  return found == by_number_.end() ? nullptr : &steps_[found->second];
}

TransitionBatch Twin::Gather(std::span<const uint64_t> ids, int n,
                             double gamma) const {
  TransitionBatch batch;
  batch.size = static_cast<int64_t>(ids.size());
  for (const uint64_t id : ids) {
    const Step& first = StepOf(id);
    const Step* last = &first;
    double sum = last->reward;
    double discount = gamma;
    int32_t steps = 1;
    while (steps < n && last->end == EpisodeEnd::kNone &&
           After(*last) != nullptr) {
      last = After(*last);
      sum += discount * last->reward;
      discount *= gamma;
      ++steps;
    }
    batch.ids.push_back(id);
    batch.observations.insert(batch.observations.end(), first.stack.begin(),
                              first.stack.end());
    if (options_.schema.action.continuous()) {
      batch.actions.insert(batch.actions.end(), first.action.begin(),
                           first.action.end());
    } else {
      batch.discrete_actions.push_back(static_cast<int64_t>(first.action[0]));
    }
    batch.returns.push_back(sum);
    batch.discounts.push_back(discount);
    batch.terminated.push_back(last->end == EpisodeEnd::kTerminated);
    batch.steps.push_back(steps);
    batch.next_observations.insert(batch.next_observations.end(),
                                   last->next_stack.begin(),
                                   last->next_stack.end());
  }
  return batch;
}

}  // namespace softfleet::testing
