// SPDX-License-Identifier: Apache-2.0
#include "policy/manifest.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "core/version.h"

namespace softfleet {
namespace {

using Json = nlohmann::json;
// Keys stay in the order in which a person wants to read them.
using OrderedJson = nlohmann::ordered_json;

// ---- Writing ----

// nlohmann::json writes NaN and infinity as null: they are refused before.
absl::Status CheckFinite(const OrderedJson& json, const std::string& path) {
  if (json.is_number_float() && !std::isfinite(json.get<double>())) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is ", json.get<double>(), ", not finite"));
  }
  if (!json.is_structured()) return absl::OkStatus();
  for (const auto& [key, value] : json.items()) {
    SF_RETURN_IF_ERROR(
        CheckFinite(value, json.is_array() ? absl::StrCat(path, "[", key, "]")
                                           : absl::StrCat(path, ".", key)));
  }
  return absl::OkStatus();
}

const char* ModeName(ActionMode mode) {
  return mode == ActionMode::kDeterministic ? "deterministic" : "stochastic";
}

OrderedJson FormatAction(const ActionSpec& action) {
  if (action.continuous()) {
    return {{"kind", "continuous"}, {"dimension", action.dimension}};
  }
  return {{"kind", "discrete"}, {"num_actions", action.num_actions}};
}

OrderedJson FormatSchema(const Schema& schema) {
  OrderedJson groups = OrderedJson::array();
  for (const ObservationGroup& group : schema.observations) {
    groups.push_back({{"name", group.name},
                      {"dtype", std::string(DTypeName(group.dtype))},
                      {"shape", group.shape}});
  }
  return {{"observations", std::move(groups)},
          {"action", FormatAction(schema.action)},
          {"frame_stack", schema.frame_stack}};
}

OrderedJson FormatLayers(const std::vector<Layer>& layers) {
  OrderedJson list = OrderedJson::array();
  for (const Layer& layer : layers) {
    list.push_back({{"kind", layer.kind}, {"tensors", layer.tensors}});
  }
  return list;
}

OrderedJson FormatHead(const Head& head) {
  return {{"kind", head.kind},
          {"log_std_mode", head.log_std_mode},
          {"log_std_min", head.log_std_min},
          {"log_std_max", head.log_std_max}};
}

OrderedJson FormatNormaliser(const std::optional<NormaliserState>& state) {
  if (!state.has_value()) return nullptr;
  return {{"count", state->count},
          {"mean", state->mean},
          {"variance", state->variance}};
}

OrderedJson ToJson(const PolicyBundle& bundle, const FileDigest& digest) {
  const Snapshot& snapshot = bundle.snapshot;
  OrderedJson json;
  json["format_version"] = kBundleFormatVersion;
  json["software"] = absl::StrCat("softfleet ", SoftwareVersion());
  json["run_id"] = snapshot.run_id;
  json["version"] = snapshot.version;
  json["step"] = snapshot.step;
  json["updates"] = snapshot.updates;
  json["environment"] = snapshot.environment;
  json["deployment_mode"] = ModeName(bundle.deployment_mode);
  json["action_low"] = snapshot.bounds.low;
  json["action_high"] = snapshot.bounds.high;
  json["reward_scale"] = snapshot.reward_scale;
  json["alpha"] = snapshot.alpha;
  json["target_entropy"] = snapshot.target_entropy;
  json["entropy_offset"] = snapshot.entropy_offset;
  json["schema"] = FormatSchema(snapshot.schema);
  json["layers"] = FormatLayers(snapshot.layers);
  json["head"] = FormatHead(snapshot.head);
  json["normaliser"] = FormatNormaliser(snapshot.normaliser);
  json["parameters"] = {{"size", digest.size}, {"crc32c", digest.crc32c}};
  return json;
}

// ---- Reading ----

// One value of the document with its path, for errors: "head.log_std_min".
class Field {
 public:
  Field(const Json& json, std::string path)
      : json_(json), path_(std::move(path)) {}

  bool is_null() const { return json_.is_null(); }
  absl::Status Error(absl::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat("key ", path_, " ", what));
  }

  absl::StatusOr<Field> operator[](const char* key) const {
    const std::string path =
        path_.empty() ? key : absl::StrCat(path_, ".", key);
    if (!json_.is_object()) return WrongType("an object");
    const auto found = json_.find(key);
    if (found == json_.end()) return Field(json_, path).Error("is missing");
    return Field(*found, path);
  }

  absl::Status Get(std::string* value) const {
    if (!json_.is_string()) return WrongType("a string");
    *value = json_.get<std::string>();
    return absl::OkStatus();
  }
  absl::Status Get(double* value) const {
    if (!json_.is_number()) return WrongType("a number");
    *value = json_.get<double>();
    return absl::OkStatus();
  }
  // Integers that fit T.
  template <typename T>
  requires std::is_integral_v<T> absl::Status Get(T* value)
  const {
    constexpr auto kMax = static_cast<uint64_t>(std::numeric_limits<T>::max());
    if (!json_.is_number_unsigned()) return WrongType("a whole number >= 0");
    if (json_.get<uint64_t>() > kMax) {
      return Error(
          absl::StrCat("is ", json_.get<uint64_t>(), ", above ", kMax));
    }
    *value = json_.get<T>();
    return absl::OkStatus();
  }
  template <typename T>
  absl::Status Get(std::vector<T>* values) const {
    return ForEach([values](const Field& element) {
      return element.Get(&values->emplace_back());
    });
  }

  // Calls `visit` for every element of an array, until one fails.
  template <typename Visit>
  absl::Status ForEach(Visit visit) const {
    if (!json_.is_array()) return WrongType("an array");
    for (size_t i = 0; i < json_.size(); ++i) {
      SF_RETURN_IF_ERROR(
          visit(Field(json_[i], absl::StrCat(path_, "[", i, "]"))));
    }
    return absl::OkStatus();
  }

  // The member `key`, which must be there, as whatever `value` is.
  template <typename T>
  absl::Status Read(const char* key, T* value) const {
    SF_ASSIGN_OR_RETURN(const Field field, (*this)[key]);
    return field.Get(value);
  }

 private:
  absl::Status WrongType(absl::string_view wanted) const {
    return Error(
        absl::StrCat("is of type ", json_.type_name(), ", needs ", wanted));
  }

  const Json& json_;
  std::string path_;
};

absl::Status ParseMode(const Field& field, ActionMode* mode) {
  std::string name;
  SF_RETURN_IF_ERROR(field.Get(&name));
  for (const ActionMode known :
       {ActionMode::kDeterministic, ActionMode::kStochastic}) {
    if (name == ModeName(known)) {
      *mode = known;
      return absl::OkStatus();
    }
  }
  return field.Error(
      absl::StrCat("is \"", name, "\", needs deterministic or stochastic"));
}

absl::Status ParseAction(const Field& field, ActionSpec* action) {
  SF_ASSIGN_OR_RETURN(const Field kind_field, field["kind"]);
  std::string kind;
  SF_RETURN_IF_ERROR(kind_field.Get(&kind));
  if (kind == "continuous") {
    action->kind = ActionSpec::Kind::kContinuous;
    return field.Read("dimension", &action->dimension);
  }
  if (kind == "discrete") {
    action->kind = ActionSpec::Kind::kDiscrete;
    return field.Read("num_actions", &action->num_actions);
  }
  return kind_field.Error(
      absl::StrCat("is \"", kind, "\", needs continuous or discrete"));
}

absl::Status ParseGroup(const Field& field, ObservationGroup* group) {
  SF_RETURN_IF_ERROR(field.Read("name", &group->name));
  SF_RETURN_IF_ERROR(field.Read("shape", &group->shape));
  SF_ASSIGN_OR_RETURN(const Field dtype_field, field["dtype"]);
  std::string dtype;
  SF_RETURN_IF_ERROR(dtype_field.Get(&dtype));
  const absl::StatusOr<DType> parsed = ParseDType(dtype);
  if (!parsed.ok()) {
    return dtype_field.Error(absl::StrCat("is an ", parsed.status().message()));
  }
  group->dtype = *parsed;
  return absl::OkStatus();
}

absl::Status ParseSchema(const Field& field, Schema* schema) {
  SF_ASSIGN_OR_RETURN(const Field groups, field["observations"]);
  SF_RETURN_IF_ERROR(groups.ForEach([schema](const Field& group) {
    return ParseGroup(group, &schema->observations.emplace_back());
  }));
  SF_ASSIGN_OR_RETURN(const Field action, field["action"]);
  SF_RETURN_IF_ERROR(ParseAction(action, &schema->action));
  SF_RETURN_IF_ERROR(field.Read("frame_stack", &schema->frame_stack));
  return Annotate(schema->Validate(), "key schema");
}

absl::Status ParseLayers(const Field& field, std::vector<Layer>* layers) {
  return field.ForEach([layers](const Field& element) -> absl::Status {
    Layer& layer = layers->emplace_back();
    SF_RETURN_IF_ERROR(element.Read("kind", &layer.kind));
    return element.Read("tensors", &layer.tensors);
  });
}

absl::Status ParseHead(const Field& field, Head* head) {
  SF_RETURN_IF_ERROR(field.Read("kind", &head->kind));
  SF_RETURN_IF_ERROR(field.Read("log_std_mode", &head->log_std_mode));
  SF_RETURN_IF_ERROR(field.Read("log_std_min", &head->log_std_min));
  return field.Read("log_std_max", &head->log_std_max);
}

absl::Status ParseNormaliser(const Field& field,
                             std::optional<NormaliserState>* state) {
  if (field.is_null()) return absl::OkStatus();
  NormaliserState& made = state->emplace();
  SF_RETURN_IF_ERROR(field.Read("count", &made.count));
  SF_RETURN_IF_ERROR(field.Read("mean", &made.mean));
  return field.Read("variance", &made.variance);
}

absl::Status ParseDigest(const Field& field, FileDigest* digest) {
  SF_RETURN_IF_ERROR(field.Read("size", &digest->size));
  return field.Read("crc32c", &digest->crc32c);
}

absl::Status CheckFormatVersion(const Field& root) {
  int64_t version = 0;
  SF_RETURN_IF_ERROR(root.Read("format_version", &version));
  if (version == kBundleFormatVersion) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("key format_version is ", version, ", this program reads ",
                   kBundleFormatVersion));
}

absl::Status ParseAuditFields(const Field& root, Snapshot* snapshot) {
  SF_RETURN_IF_ERROR(root.Read("run_id", &snapshot->run_id));
  SF_RETURN_IF_ERROR(root.Read("version", &snapshot->version));
  SF_RETURN_IF_ERROR(root.Read("step", &snapshot->step));
  SF_RETURN_IF_ERROR(root.Read("updates", &snapshot->updates));
  SF_RETURN_IF_ERROR(root.Read("environment", &snapshot->environment));
  SF_RETURN_IF_ERROR(root.Read("action_low", &snapshot->bounds.low));
  SF_RETURN_IF_ERROR(root.Read("action_high", &snapshot->bounds.high));
  SF_RETURN_IF_ERROR(root.Read("reward_scale", &snapshot->reward_scale));
  SF_RETURN_IF_ERROR(root.Read("alpha", &snapshot->alpha));
  SF_RETURN_IF_ERROR(root.Read("target_entropy", &snapshot->target_entropy));
  return root.Read("entropy_offset", &snapshot->entropy_offset);
}

// Reads the member `key` with one of the parsers above.
template <typename T>
absl::Status ReadWith(absl::Status (*parse)(const Field&, T*),
                      const Field& root, const char* key, T* value) {
  SF_ASSIGN_OR_RETURN(const Field field, root[key]);
  return parse(field, value);
}

absl::Status ParseNetwork(const Field& root, Snapshot* snapshot) {
  SF_RETURN_IF_ERROR(ReadWith(ParseSchema, root, "schema", &snapshot->schema));
  SF_RETURN_IF_ERROR(ReadWith(ParseLayers, root, "layers", &snapshot->layers));
  SF_RETURN_IF_ERROR(ReadWith(ParseHead, root, "head", &snapshot->head));
  return ReadWith(ParseNormaliser, root, "normaliser", &snapshot->normaliser);
}

}  // namespace

absl::StatusOr<std::string> FormatManifest(const PolicyBundle& bundle,
                                           const FileDigest& digest) {
  const OrderedJson json = ToJson(bundle, digest);
  for (const auto& [key, value] : json.items()) {
    SF_RETURN_IF_ERROR(CheckFinite(value, key));
  }
  try {
    return json.dump(2) + "\n";
  } catch (const OrderedJson::type_error& error) {  // a text is not UTF-8
    return absl::InvalidArgumentError(error.what());
  }
}

absl::StatusOr<Manifest> ParseManifest(absl::string_view text) {
  const Json json = Json::parse(text.begin(), text.end(), nullptr,
                                /*allow_exceptions=*/false);
  if (json.is_discarded()) return absl::InvalidArgumentError("not JSON");
  if (!json.is_object()) {
    return absl::InvalidArgumentError("not a JSON object");
  }
  const Field root(json, "");
  SF_RETURN_IF_ERROR(CheckFormatVersion(root));
  Manifest manifest;
  Snapshot* snapshot = &manifest.bundle.snapshot;
  SF_RETURN_IF_ERROR(ParseAuditFields(root, snapshot));
  SF_RETURN_IF_ERROR(ParseNetwork(root, snapshot));
  SF_RETURN_IF_ERROR(ReadWith(ParseMode, root, "deployment_mode",
                              &manifest.bundle.deployment_mode));
  SF_RETURN_IF_ERROR(
      ReadWith(ParseDigest, root, "parameters", &manifest.digest));
  return manifest;
}

}  // namespace softfleet
