// SPDX-License-Identifier: Apache-2.0
#include "run/checkpoint_manifest.h"

#include <cstdint>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/crc32c.h"
#include "core/status.h"

namespace softfleet {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormatVersion = 1;
// How dump(2) ends an object, and what stands there instead.
constexpr absl::string_view kObjectEnd = "\n}";
constexpr absl::string_view kBeforeCrc = ",\n  \"crc32c\": \"";
constexpr absl::string_view kBehindCrc = "\"\n}\n";

std::string CrcText(uint32_t crc) { return absl::StrFormat("%08x", crc); }

bool IsPlainName(const std::string& name) {
  return !name.empty() && name != kManifestFile && name.front() != '.' &&
         !absl::StrContains(name, '/');
}

Json FilesToJson(const CheckpointManifest& manifest) {
  Json files = Json::object();
  for (const auto& [name, digest] : manifest.files) {
    files[name] = {{"size", digest.size}, {"crc32c", CrcText(digest.crc32c)}};
  }
  return files;
}

std::string WithCrc(std::string object) {
  object.resize(object.size() - kObjectEnd.size());
  const std::string crc = CrcText(Crc32c(object));
  return absl::StrCat(object, kBeforeCrc, crc, kBehindCrc);
}

// Whether the text ends with the CRC of what is before it.
bool HasItsCrc(absl::string_view text) {
  const size_t end = text.rfind(kBeforeCrc);
  if (end == absl::string_view::npos) return false;
  const std::string crc = CrcText(Crc32c(text.substr(0, end)));
  return text.substr(end) == absl::StrCat(kBeforeCrc, crc, kBehindCrc);
}

absl::StatusOr<FileDigest> DigestFromJson(const Json& json) {
  FileDigest digest;
  digest.size = json.at("size").get<uint64_t>();
  if (!absl::SimpleHexAtoi(json.at("crc32c").get<std::string>(),
                           &digest.crc32c)) {
    return absl::DataLossError("a crc32c is not hexadecimal");
  }
  return digest;
}

absl::StatusOr<CheckpointManifest> FromJson(const Json& json) {
  const int version = json.at("format_version").get<int>();
  if (version != kFormatVersion) {
    return absl::DataLossError(absl::StrCat(
        "format version ", version, ", this program reads ", kFormatVersion));
  }
  CheckpointManifest manifest;
  manifest.step = json.at("step").get<uint64_t>();
  manifest.updates = json.at("updates").get<uint64_t>();
  manifest.run_id = json.at("run_id").get<std::string>();
  manifest.config_hash = json.at("config_hash").get<std::string>();
  manifest.config = json.at("config").get<std::string>();
  manifest.state_json = json.at("state").dump();
  for (const auto& [name, digest] : json.at("files").items()) {
    if (!IsPlainName(name)) {
      return absl::DataLossError(
          absl::StrCat("\"", name, "\" is not the name of a file"));
    }
    SF_ASSIGN_OR_RETURN(manifest.files[name], DigestFromJson(digest));
  }
  return manifest;
}

}  // namespace

absl::StatusOr<std::string> EncodeManifest(const CheckpointManifest& manifest) {
  for (const auto& [name, digest] : manifest.files) {
    if (IsPlainName(name)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", name, "\" cannot be the name of a checkpoint's file"));
  }
  Json state = Json::parse(manifest.state_json, nullptr,
                           /*allow_exceptions=*/false);
  if (!state.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat("state_json is not a JSON object: ", manifest.state_json));
  }
  Json json;
  json["format_version"] = kFormatVersion;
  json["step"] = manifest.step;
  json["updates"] = manifest.updates;
  json["run_id"] = manifest.run_id;
  json["config_hash"] = manifest.config_hash;
  json["config"] = manifest.config;
  json["state"] = std::move(state);
  json["files"] = FilesToJson(manifest);
  try {
    return WithCrc(json.dump(2));
  } catch (const nlohmann::json::exception& error) {  // text is not UTF-8
    return absl::InvalidArgumentError(absl::StrCat("manifest: ", error.what()));
  }
}

absl::StatusOr<CheckpointManifest> DecodeManifest(absl::string_view text) {
  if (!HasItsCrc(text)) {
    return absl::DataLossError("truncated or altered (CRC-32C)");
  }
  const Json json = Json::parse(text.begin(), text.end(), nullptr,
                                /*allow_exceptions=*/false);
  if (!json.is_object()) return absl::DataLossError("not a JSON object");
  try {
    return FromJson(json);
  } catch (const nlohmann::json::exception& error) {
    return absl::DataLossError(error.what());
  }
}

}  // namespace softfleet
