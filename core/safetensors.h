// SPDX-License-Identifier: Apache-2.0
// Strict reader and writer of the safetensors format: 8-byte little-endian
// header length, JSON header, raw little-endian data
// (https://github.com/huggingface/safetensors, "Format").
//
// Strict means: a header longer than the file or than 100 MB, a tensor whose
// byte count is not shape x dtype, offsets that overlap, leave gaps or leave
// the file, unknown dtypes, duplicate names and trailing bytes are errors that
// name the tensor. Nothing is ever read beyond the buffer. What is written
// begins its data at a multiple of 8 bytes (the header is padded with spaces),
// in the order given, without gaps.
// Thread-safe: free functions over values.
#ifndef SOFTFLEET_CORE_SAFETENSORS_H_
#define SOFTFLEET_CORE_SAFETENSORS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/file_system.h"
#include "core/tensor.h"

namespace softfleet {

using SafetensorsMetadata = std::map<std::string, std::string>;

// A parsed file. Tensors are copied out of the file's bytes.
struct SafetensorsContent {
  SafetensorsMetadata metadata;
  TensorMap tensors;

  // The tensor of that name, or NotFound naming it. The pointer lives as long
  // as this object.
  absl::StatusOr<const Tensor*> Find(const std::string& name) const;
  // The same, with dtype and shape required; the error says both.
  absl::StatusOr<const Tensor*> Find(const std::string& name, DType dtype,
                                     const Shape& shape) const;
};

// Parses `bytes`; `source` names them in errors (a path). InvalidArgument when
// they are not a file this header calls strict.
absl::StatusOr<SafetensorsContent> ParseSafetensors(absl::string_view bytes,
                                                    absl::string_view source);
absl::StatusOr<SafetensorsContent> ReadSafetensors(FileSystem& files,
                                                   const std::string& path);

// A tensor to write, not owned.
struct TensorView {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape;
  std::span<const std::byte> bytes;  // shape x dtype bytes
};

// What was written: recorded in manifests and checked before loading.
struct FileDigest {
  uint64_t size = 0;    // bytes
  uint32_t crc32c = 0;  // of the whole file
  bool operator==(const FileDigest&) const = default;
};

// Writes to `path` (created or replaced), fsyncs and closes; tensors in the
// order given. The data are streamed, not copied.
absl::StatusOr<FileDigest> WriteSafetensors(
    FileSystem& files, const std::string& path,
    std::span<const TensorView> tensors, const SafetensorsMetadata& metadata);
// The same, of bytes that are not to be read where they lie:
// `read(i, append)` gives those of tensors[i] to `append` in pieces. Of
// TensorView::bytes only the size counts.
using AppendPiece = std::function<absl::Status(absl::string_view piece)>;
absl::StatusOr<FileDigest> WriteSafetensors(
    FileSystem& files, const std::string& path,
    std::span<const TensorView> tensors, const SafetensorsMetadata& metadata,
    const std::function<absl::Status(size_t, const AppendPiece&)>& read);
absl::StatusOr<FileDigest> WriteSafetensors(
    FileSystem& files, const std::string& path, const TensorMap& tensors,
    const SafetensorsMetadata& metadata);
// The same bytes as a string.
absl::StatusOr<std::string> SerializeSafetensors(
    const TensorMap& tensors, const SafetensorsMetadata& metadata);

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_SAFETENSORS_H_
