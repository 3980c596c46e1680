// SPDX-License-Identifier: Apache-2.0
#include "core/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/crc32c.h"
#include "core/status.h"

namespace softfleet {
namespace {

using Json = nlohmann::json;

static_assert(std::endian::native == std::endian::little,
              "tensors are copied as they lie in the file");

constexpr size_t kLengthSize = 8;
constexpr size_t kAlignment = 8;
// The limit of the reference implementation.
constexpr uint64_t kMaxHeaderSize = 100'000'000;
constexpr char kMetadataKey[] = "__metadata__";

// A tensor's entry in the header.
struct Entry {
  std::string name;
  DType dtype;
  Shape shape;
  uint64_t begin;
  uint64_t end;
};

struct Header {
  SafetensorsMetadata metadata;
  std::vector<Entry> entries;
};

// Byte count of shape x dtype; nothing when it does not fit in 63 bits or a
// size is negative.
std::optional<uint64_t> ByteCount(const Shape& shape, DType dtype) {
  int64_t bytes = static_cast<int64_t>(DTypeSize(dtype));
  for (const int64_t size : shape) {
    if (size < 0 || __builtin_mul_overflow(bytes, size, &bytes)) {
      return std::nullopt;
    }
  }
  return static_cast<uint64_t>(bytes);
}

// Sees every key of the JSON text once and keeps the first that comes twice
// in one object; nlohmann's objects would silently keep the last value.
class DuplicateFinder {
 public:
  bool operator()(int /*depth*/, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) {
      keys_.emplace_back();
    } else if (event == Json::parse_event_t::object_end) {
      keys_.pop_back();
    } else if (event == Json::parse_event_t::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys_.back().insert(key).second && !duplicate_) duplicate_ = key;
    }
    return true;
  }

  const std::optional<std::string>& duplicate() const { return duplicate_; }

 private:
  std::vector<std::set<std::string>> keys_;
  std::optional<std::string> duplicate_;
};

absl::StatusOr<Json> ParseJson(absl::string_view text) {
  if (text.empty() || text.front() != '{') {
    return absl::InvalidArgumentError("the header does not begin with {");
  }
  // The parser would take a zero byte for the end of its input.
  if (text.find('\0') != absl::string_view::npos) {
    return absl::InvalidArgumentError("the header has a zero byte");
  }
  DuplicateFinder finder;
  try {
    Json json = Json::parse(text.begin(), text.end(), std::ref(finder));
    if (finder.duplicate()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the header names \"", *finder.duplicate(), "\" twice"));
    }
    return json;
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat("the header is not JSON: ", error.what()));
  }
}

absl::StatusOr<SafetensorsMetadata> ParseMetadata(const Json& json) {
  if (!json.is_object()) {
    return absl::InvalidArgumentError("__metadata__ is not an object");
  }
  SafetensorsMetadata metadata;
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) {
      return absl::InvalidArgumentError(
          absl::StrCat("__metadata__ \"", key, "\" is not a string"));
    }
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

absl::StatusOr<Shape> ParseShape(const Json& json) {
  if (!json.is_array()) {
    return absl::InvalidArgumentError("shape is not an array");
  }
  Shape shape;
  for (const Json& size : json) {
    if (!size.is_number_unsigned() ||
        size.get<uint64_t>() >
            static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return absl::InvalidArgumentError(
          absl::StrCat("shape has the size ", size.dump()));
    }
    shape.push_back(size.get<int64_t>());
  }
  return shape;
}

// Reads data_offsets into `entry`, checked against `data_size`.
absl::Status ParseOffsets(const Json& json, uint64_t data_size, Entry& entry) {
  if (!json.is_array() || json.size() != 2 || !json[0].is_number_unsigned() ||
      !json[1].is_number_unsigned()) {
    return absl::InvalidArgumentError(
        "data_offsets are not two non-negative integers");
  }
  entry.begin = json[0].get<uint64_t>();
  entry.end = json[1].get<uint64_t>();
  if (entry.begin > entry.end || entry.end > data_size) {
    return absl::InvalidArgumentError(
        absl::StrCat("data_offsets [", entry.begin, ", ", entry.end,
                     "] are not within the ", data_size, " bytes of data"));
  }
  return absl::OkStatus();
}

absl::Status CheckByteCount(const Entry& entry) {
  const std::optional<uint64_t> wanted = ByteCount(entry.shape, entry.dtype);
  if (!wanted) {
    return absl::InvalidArgumentError(
        absl::StrCat("shape ", ShapeString(entry.shape), " is too large"));
  }
  if (*wanted != entry.end - entry.begin) {
    return absl::InvalidArgumentError(absl::StrCat(
        DTypeName(entry.dtype), " ", ShapeString(entry.shape), " takes ",
        *wanted, " bytes, data_offsets hold ", entry.end - entry.begin));
  }
  return absl::OkStatus();
}

absl::StatusOr<Entry> ParseEntry(const std::string& name, const Json& json,
                                 uint64_t data_size) {
  if (!json.is_object() || json.size() != 3 || !json.contains("dtype") ||
      !json.contains("shape") || !json.contains("data_offsets")) {
    return absl::InvalidArgumentError(
        "its entry is not an object of dtype, shape and data_offsets");
  }
  if (!json["dtype"].is_string()) {
    return absl::InvalidArgumentError("dtype is not a string");
  }
  Entry entry;
  entry.name = name;
  SF_ASSIGN_OR_RETURN(entry.dtype,
                      ParseDType(json["dtype"].get_ref<const std::string&>()));
  SF_ASSIGN_OR_RETURN(entry.shape, ParseShape(json["shape"]));
  SF_RETURN_IF_ERROR(ParseOffsets(json["data_offsets"], data_size, entry));
  SF_RETURN_IF_ERROR(CheckByteCount(entry));
  return entry;
}

// Whether the entries cover the data exactly once. Sorts them by place.
absl::Status CheckCoverage(std::vector<Entry>& entries, uint64_t data_size) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t covered = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != covered) {
      return absl::InvalidArgumentError(absl::StrCat(
          "tensor \"", entry.name, "\" begins at byte ", entry.begin,
          entry.begin < covered ? " inside the tensor before, which ends at "
                                : " after a gap that begins at ",
          covered));
    }
    covered = entry.end;
  }
  if (covered != data_size) {
    return absl::InvalidArgumentError(
        absl::StrCat(data_size - covered, " bytes follow the last tensor"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Header> ParseHeader(absl::string_view text, uint64_t data_size) {
  SF_ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  Header header;
  for (const auto& [name, value] : json.items()) {
    if (name == kMetadataKey) {
      SF_ASSIGN_OR_RETURN(header.metadata, ParseMetadata(value));
      continue;
    }
    absl::StatusOr<Entry> entry = ParseEntry(name, value, data_size);
    if (!entry.ok()) {
      return Annotate(entry.status(), absl::StrCat("tensor \"", name, "\""));
    }
    header.entries.push_back(*std::move(entry));
  }
  SF_RETURN_IF_ERROR(CheckCoverage(header.entries, data_size));
  return header;
}

absl::StatusOr<SafetensorsContent> Parse(absl::string_view bytes) {
  if (bytes.size() < kLengthSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("a file of ", bytes.size(), " bytes has no header"));
  }
  uint64_t header_size;
  std::memcpy(&header_size, bytes.data(), kLengthSize);
  bytes.remove_prefix(kLengthSize);
  if (header_size > kMaxHeaderSize || header_size > bytes.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the header says it has ", header_size, " bytes, ", bytes.size(),
        " follow and ", kMaxHeaderSize, " are allowed"));
  }
  const absl::string_view data = bytes.substr(header_size);
  SF_ASSIGN_OR_RETURN(Header header,
                      ParseHeader(bytes.substr(0, header_size), data.size()));
  SafetensorsContent content;
  content.metadata = std::move(header.metadata);
  for (Entry& entry : header.entries) {
    Tensor& tensor = content.tensors[entry.name];
    tensor.dtype = entry.dtype;
    tensor.shape = std::move(entry.shape);
    const auto* begin = reinterpret_cast<const std::byte*>(data.data());
    tensor.bytes.assign(begin + entry.begin, begin + entry.end);
  }
  return content;
}

absl::string_view AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

absl::Status CheckView(const TensorView& tensor) {
  const std::optional<uint64_t> wanted = ByteCount(tensor.shape, tensor.dtype);
  if (wanted == tensor.bytes.size()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "tensor \"", tensor.name, "\" has ", tensor.bytes.size(), " bytes and ",
      DTypeName(tensor.dtype), " ", ShapeString(tensor.shape)));
}

// `text` in quotes. Throws Json::exception when it is not UTF-8.
std::string Quoted(const std::string& text) { return Json(text).dump(); }

std::string HeaderJson(std::span<const TensorView> tensors,
                       const SafetensorsMetadata& metadata) {
  std::string text = "{";
  const char* comma = "";
  if (!metadata.empty()) {
    absl::StrAppend(&text, "\"", kMetadataKey, "\":", Json(metadata).dump());
    comma = ",";
  }
  uint64_t offset = 0;
  for (const TensorView& tensor : tensors) {
    const uint64_t end = offset + tensor.bytes.size();
    absl::StrAppend(&text, comma, Quoted(tensor.name), ":{\"dtype\":\"",
                    DTypeName(tensor.dtype),
                    "\",\"shape\":", Json(tensor.shape).dump());
    absl::StrAppend(&text, ",\"data_offsets\":[", offset, ",", end, "]}");
    offset = end;
    comma = ",";
  }
  text += '}';
  text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  return text;
}

// The file up to its data.
absl::StatusOr<std::string> Preamble(std::span<const TensorView> tensors,
                                     const SafetensorsMetadata& metadata) {
  std::set<absl::string_view> names = {kMetadataKey};
  for (const TensorView& tensor : tensors) {
    if (!names.insert(tensor.name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("the tensor name \"", tensor.name, "\" is taken"));
    }
    SF_RETURN_IF_ERROR(CheckView(tensor));
  }
  std::string header;
  try {
    header = HeaderJson(tensors, metadata);
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat("a name or metadata is not UTF-8: ", error.what()));
  }
  const uint64_t size = header.size();
  if (size > kMaxHeaderSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("the header would have ", size, " bytes, ", kMaxHeaderSize,
                     " are allowed"));
  }
  return absl::StrCat(
      absl::string_view(reinterpret_cast<const char*>(&size), kLengthSize),
      header);
}

std::vector<TensorView> Views(const TensorMap& tensors) {
  std::vector<TensorView> views;
  views.reserve(tensors.size());
  for (const auto& [name, tensor] : tensors) {
    views.push_back({name, tensor.dtype, tensor.shape, tensor.bytes});
  }
  return views;
}

absl::Status AppendAndDigest(WritableFile& file, absl::string_view bytes,
                             FileDigest& digest) {
  SF_RETURN_IF_ERROR(file.Append(bytes));
  digest.size += bytes.size();
  digest.crc32c = Crc32c(bytes, digest.crc32c);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<const Tensor*> SafetensorsContent::Find(
    const std::string& name) const {
  const auto found = tensors.find(name);
  if (found != tensors.end()) return &found->second;
  return absl::NotFoundError(absl::StrCat("no tensor \"", name, "\""));
}

absl::StatusOr<const Tensor*> SafetensorsContent::Find(
    const std::string& name, DType dtype, const Shape& shape) const {
  SF_ASSIGN_OR_RETURN(const Tensor* const tensor, Find(name));
  if (tensor->dtype == dtype && tensor->shape == shape) return tensor;
  return absl::InvalidArgumentError(
      absl::StrCat("tensor \"", name, "\" is ", DTypeName(tensor->dtype), " ",
                   ShapeString(tensor->shape), ", expected ", DTypeName(dtype),
                   " ", ShapeString(shape)));
}

absl::StatusOr<SafetensorsContent> ParseSafetensors(absl::string_view bytes,
                                                    absl::string_view source) {
  absl::StatusOr<SafetensorsContent> content = Parse(bytes);
  if (!content.ok()) return Annotate(content.status(), source);
  return content;
}

absl::StatusOr<SafetensorsContent> ReadSafetensors(FileSystem& files,
                                                   const std::string& path) {
  SF_ASSIGN_OR_RETURN(const std::string bytes, files.Read(path));
  return ParseSafetensors(bytes, path);
}

absl::StatusOr<FileDigest> WriteSafetensors(
    FileSystem& files, const std::string& path,
    std::span<const TensorView> tensors, const SafetensorsMetadata& metadata) {
  return WriteSafetensors(files, path, tensors, metadata,
                          [&](size_t i, const AppendPiece& append) {
                            return append(AsText(tensors[i].bytes));
                          });
}

absl::StatusOr<FileDigest> WriteSafetensors(
    FileSystem& files, const std::string& path,
    std::span<const TensorView> tensors, const SafetensorsMetadata& metadata,
    const std::function<absl::Status(size_t, const AppendPiece&)>& read) {
  const absl::StatusOr<std::string> preamble = Preamble(tensors, metadata);
  if (!preamble.ok()) return Annotate(preamble.status(), path);
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file,
                      files.Open(path, FileSystem::OpenMode::kReplace));
  FileDigest digest;
  const AppendPiece append = [&](absl::string_view piece) {
    return AppendAndDigest(*file, piece, digest);
  };
  SF_RETURN_IF_ERROR(append(*preamble));
  uint64_t size = digest.size;
  for (size_t i = 0; i < tensors.size(); ++i) {
    SF_RETURN_IF_ERROR(read(i, append));
    size += tensors[i].bytes.size();
    if (digest.size == size) continue;
    return absl::InternalError(absl::StrCat(
        path, ": tensor \"", tensors[i].name, "\" was not given its ",
        tensors[i].bytes.size(), " bytes"));
  }
  SF_RETURN_IF_ERROR(file->Sync());
  SF_RETURN_IF_ERROR(file->Close());
  return digest;
}

absl::StatusOr<FileDigest> WriteSafetensors(
    FileSystem& files, const std::string& path, const TensorMap& tensors,
    const SafetensorsMetadata& metadata) {
  return WriteSafetensors(files, path, Views(tensors), metadata);
}

absl::StatusOr<std::string> SerializeSafetensors(
    const TensorMap& tensors, const SafetensorsMetadata& metadata) {
  const std::vector<TensorView> views = Views(tensors);
  SF_ASSIGN_OR_RETURN(std::string bytes, Preamble(views, metadata));
  for (const TensorView& view : views) {
    absl::StrAppend(&bytes, AsText(view.bytes));
  }
  return bytes;
}

}  // namespace softfleet
