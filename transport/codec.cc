// SPDX-License-Identifier: Apache-2.0
#include "transport/codec.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "transport/codec_fields.h"

namespace softfleet {
namespace {

using codec::CheckName;
using codec::Column;
using codec::DecodeDType;
using codec::DecodeShape;
using codec::SetColumn;

// Far above any use.
constexpr int kMaxGroups = 256;

absl::StatusOr<ObservationGroup> DecodeGroup(
    const v1::ObservationGroup& message) {
  SF_RETURN_IF_ERROR(CheckName("observation group name", message.name()));
  const std::string context =
      absl::StrCat("observation group \"", message.name(), "\"");
  absl::StatusOr<DType> dtype = DecodeDType(message.dtype());
  if (!dtype.ok()) return Annotate(dtype.status(), context);
  absl::StatusOr<Shape> shape = DecodeShape(message.shape());
  if (!shape.ok()) return Annotate(shape.status(), context);
  return ObservationGroup{message.name(), *dtype, *std::move(shape)};
}

// Of both sizes set, or neither, Validate complains.
ActionSpec DecodeAction(const v1::Schema& message) {
  const bool discrete =
      message.action_dimension() == 0 && message.num_actions() != 0;
  return {
      discrete ? ActionSpec::Kind::kDiscrete : ActionSpec::Kind::kContinuous,
      message.action_dimension(), message.num_actions()};
}

absl::StatusOr<EpisodeEnd> DecodeEnd(v1::EpisodeEnd end) {
  switch (end) {
    case v1::EPISODE_END_NONE:
      return EpisodeEnd::kNone;
    case v1::EPISODE_END_TERMINATED:
      return EpisodeEnd::kTerminated;
    case v1::EPISODE_END_TRUNCATED:
      return EpisodeEnd::kTruncated;
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("end is ", static_cast<int>(end), ", not in 0 to 2"));
  }
}

// `elements` values of `element_bytes`; their product fits because an element
// is at most 2^30 bytes and there are at most 2^33.
absl::Status CheckColumn(absl::string_view field, const std::string& column,
                         uint64_t elements, uint64_t element_bytes) {
  if (column.size() == elements * element_bytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      field, " has ", column.size(), " bytes, expected ",
      elements * element_bytes, " (", elements, " of ", element_bytes, ")"));
}

// Before anything is allocated: how long each column must be.
absl::Status CheckColumns(const Schema& schema, const v1::StepBlock& message) {
  if (message.observations_size() != std::ssize(schema.observations)) {
    return absl::InvalidArgumentError(
        absl::StrCat("observations has ", message.observations_size(),
                     " groups, the schema has ", schema.observations.size()));
  }
  const uint64_t rows = message.rows();
  const uint64_t observations = rows + message.context() + 1;
  for (int g = 0; g < message.observations_size(); ++g) {
    const ObservationGroup& group = schema.observations[g];
    SF_RETURN_IF_ERROR(CheckColumn(absl::StrCat("observations.", group.name),
                                   message.observations(g), observations,
                                   group.bytes()));
  }
  const uint64_t action_bytes =
      schema.action.continuous()
          ? static_cast<uint64_t>(schema.action.dimension) * sizeof(float)
          : sizeof(int32_t);
  SF_RETURN_IF_ERROR(
      CheckColumn("actions", message.actions(), rows, action_bytes));
  if (!message.row_flags().empty()) {
    SF_RETURN_IF_ERROR(CheckColumn("row_flags", message.row_flags(), rows, 1));
  }
  return CheckColumn("rewards", message.rewards(), rows, sizeof(float));
}

}  // namespace

void EncodeSchema(const Schema& schema, v1::Schema* message) {
  message->Clear();
  for (const ObservationGroup& group : schema.observations) {
    v1::ObservationGroup* added = message->add_observations();
    added->set_name(group.name);
    added->set_dtype(std::string(DTypeName(group.dtype)));
    added->mutable_shape()->Assign(group.shape.begin(), group.shape.end());
  }
  message->set_action_dimension(schema.action.dimension);
  message->set_num_actions(schema.action.num_actions);
  message->set_frame_stack(schema.frame_stack);
}

absl::StatusOr<Schema> DecodeSchema(const v1::Schema& message) {
  if (message.observations_size() > kMaxGroups) {
    return absl::InvalidArgumentError(
        absl::StrCat("schema has ", message.observations_size(),
                     " observation groups, more than ", kMaxGroups));
  }
  Schema schema;
  for (const v1::ObservationGroup& group : message.observations()) {
    SF_ASSIGN_OR_RETURN(ObservationGroup decoded, DecodeGroup(group));
    schema.observations.push_back(std::move(decoded));
  }
  schema.action = DecodeAction(message);
  schema.frame_stack = message.frame_stack() == 0 ? 1 : message.frame_stack();
  SF_RETURN_IF_ERROR(schema.Validate());
  return schema;
}

void EncodeStepBlock(const StepBlock& block, v1::StepBlock* message) {
  message->Clear();
  message->set_environment(block.environment);
  message->set_episode(block.episode);
  message->set_first_step(block.first_step);
  message->set_first_policy_version(block.first_policy_version);
  message->set_last_policy_version(block.last_policy_version);
  message->set_end(static_cast<v1::EpisodeEnd>(block.end));
  message->set_episode_return(block.episode_return);
  message->set_episode_length(block.episode_length);
  message->set_rows(static_cast<uint32_t>(block.rows));
  message->set_context(static_cast<uint32_t>(block.context));
  for (const std::vector<std::byte>& column : block.observations) {
    SetColumn(column, message->add_observations());
  }
  if (block.discrete_actions.empty()) {
    SetColumn(block.actions, message->mutable_actions());
  } else {
    SetColumn(block.discrete_actions, message->mutable_actions());
  }
  SetColumn(block.rewards, message->mutable_rewards());
  SetColumn(block.row_flags, message->mutable_row_flags());
}

absl::StatusOr<StepBlock> DecodeStepBlock(const Schema& schema,
                                          const v1::StepBlock& message) {
  SF_RETURN_IF_ERROR(CheckColumns(schema, message));
  StepBlock block;
  SF_ASSIGN_OR_RETURN(block.end, DecodeEnd(message.end()));
  block.environment = message.environment();
  block.episode = message.episode();
  block.first_step = message.first_step();
  block.first_policy_version = message.first_policy_version();
  block.last_policy_version = message.last_policy_version();
  block.episode_return = message.episode_return();
  block.episode_length = message.episode_length();
  block.rows = message.rows();
  block.context = message.context();
  block.observations.reserve(schema.observations.size());
  for (const std::string& column : message.observations()) {
    block.observations.push_back(Column<std::byte>(column));
  }
  if (schema.action.continuous()) {
    block.actions = Column<float>(message.actions());
  } else {
    block.discrete_actions = Column<int32_t>(message.actions());
  }
  block.rewards = Column<float>(message.rewards());
  block.row_flags = Column<uint8_t>(message.row_flags());
  for (uint8_t& flags : block.row_flags) flags &= kRowFlagsMask;
  return block;
}

void EncodePosition(const Position& position, v1::Position* message) {
  message->set_incarnation(position.incarnation);
  message->set_next_id(position.next_id);
}

Position DecodePosition(const v1::Position& message) {
  return {message.incarnation(), message.next_id()};
}

}  // namespace softfleet
