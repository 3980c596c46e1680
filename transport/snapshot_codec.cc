// SPDX-License-Identifier: Apache-2.0
// The part of codec.h that is about snapshots.
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "experience/run_phase.h"
#include "transport/codec.h"
#include "transport/codec_fields.h"

namespace softfleet {
namespace {

using codec::CheckName;
using codec::Column;
using codec::DecodeDType;
using codec::DecodeShape;
using codec::SetColumn;

constexpr int64_t kMaxTensorElements = int64_t{1} << 31;

// shape x dtype bytes, or InvalidArgument; the product cannot overflow.
absl::StatusOr<uint64_t> TensorBytes(const Shape& shape, DType dtype) {
  int64_t elements = 1;
  for (const int64_t size : shape) {
    if (size < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("shape ", ShapeString(shape), " has a negative size"));
    }
    if (size > kMaxTensorElements || elements * size > kMaxTensorElements) {
      return absl::InvalidArgumentError(
          absl::StrCat("shape ", ShapeString(shape), " has more than ",
                       kMaxTensorElements, " elements"));
    }
    elements *= size;
  }
  return static_cast<uint64_t>(elements) * DTypeSize(dtype);
}

absl::StatusOr<Tensor> DecodeTensor(const v1::NamedTensor& message) {
  SF_ASSIGN_OR_RETURN(const DType dtype, DecodeDType(message.dtype()));
  SF_ASSIGN_OR_RETURN(Shape shape, DecodeShape(message.shape()));
  SF_ASSIGN_OR_RETURN(const uint64_t bytes, TensorBytes(shape, dtype));
  if (message.data().size() != bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("data has ", message.data().size(), " bytes, ",
                     DTypeName(dtype), ShapeString(shape), " has ", bytes));
  }
  return Tensor{dtype, std::move(shape), Column<std::byte>(message.data())};
}

absl::StatusOr<TensorMap> DecodeTensors(const v1::Snapshot& message) {
  TensorMap tensors;
  for (const v1::NamedTensor& tensor : message.tensors()) {
    SF_RETURN_IF_ERROR(CheckName("tensor name", tensor.name()));
    const std::string context = absl::StrCat("tensor \"", tensor.name(), "\"");
    absl::StatusOr<Tensor> decoded = DecodeTensor(tensor);
    if (!decoded.ok()) return Annotate(decoded.status(), context);
    if (!tensors.emplace(tensor.name(), *std::move(decoded)).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(context, " appears twice"));
    }
  }
  return tensors;
}

std::vector<double> Numbers(
    const google::protobuf::RepeatedField<double>& field) {
  return std::vector<double>(field.begin(), field.end());
}

absl::Status CheckSameSize(absl::string_view a, size_t a_size,
                           absl::string_view b, size_t b_size) {
  if (a_size == b_size) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(a, " has ", a_size, " numbers, ", b, " has ", b_size));
}

absl::Status DecodeLists(const v1::Snapshot& message, Snapshot* snapshot) {
  SF_RETURN_IF_ERROR(CheckSameSize("bounds_low", message.bounds_low_size(),
                                   "bounds_high", message.bounds_high_size()));
  snapshot->bounds = {Numbers(message.bounds_low()),
                      Numbers(message.bounds_high())};
  for (const v1::Layer& layer : message.layers()) {
    SF_RETURN_IF_ERROR(CheckName("layer kind", layer.kind()));
    SF_RETURN_IF_ERROR(CheckName("layer tensors", layer.tensors()));
    snapshot->layers.push_back({layer.kind(), layer.tensors()});
  }
  if (!message.has_normaliser()) return absl::OkStatus();
  const v1::Normaliser& normaliser = message.normaliser();
  SF_RETURN_IF_ERROR(CheckSameSize("normaliser mean", normaliser.mean_size(),
                                   "normaliser variance",
                                   normaliser.variance_size()));
  snapshot->normaliser =
      NormaliserState{normaliser.count(), Numbers(normaliser.mean()),
                      Numbers(normaliser.variance())};
  return absl::OkStatus();
}

absl::Status DecodeHead(const v1::Head& message, Head* head) {
  SF_RETURN_IF_ERROR(CheckName("head kind", message.kind()));
  SF_RETURN_IF_ERROR(CheckName("head log_std_mode", message.log_std_mode()));
  *head = {message.kind(), message.log_std_mode(), message.log_std_min(),
           message.log_std_max()};
  return absl::OkStatus();
}

void EncodeNetwork(const Snapshot& snapshot, v1::Snapshot* message) {
  for (const Layer& layer : snapshot.layers) {
    v1::Layer* added = message->add_layers();
    added->set_kind(layer.kind);
    added->set_tensors(layer.tensors);
  }
  v1::Head* head = message->mutable_head();
  head->set_kind(snapshot.head.kind);
  head->set_log_std_mode(snapshot.head.log_std_mode);
  head->set_log_std_min(snapshot.head.log_std_min);
  head->set_log_std_max(snapshot.head.log_std_max);
  for (const auto& [name, tensor] : snapshot.tensors) {
    v1::NamedTensor* added = message->add_tensors();
    added->set_name(name);
    added->set_dtype(std::string(DTypeName(tensor.dtype)));
    added->mutable_shape()->Assign(tensor.shape.begin(), tensor.shape.end());
    SetColumn(tensor.bytes, added->mutable_data());
  }
  if (!snapshot.normaliser.has_value()) return;
  v1::Normaliser* normaliser = message->mutable_normaliser();
  const NormaliserState& state = *snapshot.normaliser;
  normaliser->set_count(state.count);
  normaliser->mutable_mean()->Assign(state.mean.begin(), state.mean.end());
  normaliser->mutable_variance()->Assign(state.variance.begin(),
                                         state.variance.end());
}

// The fields that are one number or one text.
void EncodeScalars(const Snapshot& snapshot, v1::Snapshot* message) {
  message->set_run_id(snapshot.run_id);
  message->set_version(snapshot.version);
  message->set_step(snapshot.step);
  message->set_updates(snapshot.updates);
  message->set_phase(EncodePhase(snapshot.state));
  message->set_act_uniformly(snapshot.act_uniformly);
  message->set_environment(snapshot.environment);
  message->set_reward_scale(snapshot.reward_scale);
  message->set_alpha(snapshot.alpha);
  message->set_target_entropy(snapshot.target_entropy);
  message->set_entropy_offset(snapshot.entropy_offset);
}

absl::Status DecodeScalars(const v1::Snapshot& message, Snapshot* snapshot) {
  SF_RETURN_IF_ERROR(CheckName("run_id", message.run_id()));
  SF_RETURN_IF_ERROR(CheckName("environment", message.environment()));
  snapshot->run_id = message.run_id();
  snapshot->version = message.version();
  snapshot->step = message.step();
  snapshot->updates = message.updates();
  snapshot->state = DecodePhase(message.phase());
  snapshot->act_uniformly = message.act_uniformly();
  snapshot->environment = message.environment();
  snapshot->reward_scale = message.reward_scale();
  snapshot->alpha = message.alpha();
  snapshot->target_entropy = message.target_entropy();
  snapshot->entropy_offset = message.entropy_offset();
  return absl::OkStatus();
}

}  // namespace

std::string EncodeSnapshot(const Snapshot& snapshot) {
  v1::Snapshot message;
  EncodeScalars(snapshot, &message);
  EncodeSchema(snapshot.schema, message.mutable_schema());
  message.mutable_bounds_low()->Assign(snapshot.bounds.low.begin(),
                                       snapshot.bounds.low.end());
  message.mutable_bounds_high()->Assign(snapshot.bounds.high.begin(),
                                        snapshot.bounds.high.end());
  EncodeNetwork(snapshot, &message);
  return message.SerializeAsString();
}

absl::StatusOr<Snapshot> DecodeSnapshot(absl::string_view bytes) {
  v1::Snapshot message;
  if (bytes.size() > std::numeric_limits<int>::max() ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError(
        absl::StrCat("these ", bytes.size(), " bytes are no snapshot"));
  }
  Snapshot snapshot;
  SF_RETURN_IF_ERROR(DecodeScalars(message, &snapshot));
  SF_ASSIGN_OR_RETURN(snapshot.schema, DecodeSchema(message.schema()));
  SF_RETURN_IF_ERROR(DecodeLists(message, &snapshot));
  SF_RETURN_IF_ERROR(DecodeHead(message.head(), &snapshot.head));
  SF_ASSIGN_OR_RETURN(snapshot.tensors, DecodeTensors(message));
  return snapshot;
}

}  // namespace softfleet
