// SPDX-License-Identifier: Apache-2.0
#include "environments/rendering/png_file.h"

#include <png.h>

#include "absl/strings/str_cat.h"

namespace softfleet {

absl::StatusOr<std::string> EncodePng(const Frame& frame) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(frame.width);
  image.height = static_cast<png_uint_32>(frame.height);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  const bool written = png_image_write_to_memory(
      &image, bytes.data(), &size, /*convert_to_8_bit=*/0, frame.pixels.data(),
      /*row_stride=*/0, /*colormap=*/nullptr);
  if (!written) {
    return absl::InternalError(absl::StrCat("libpng: ", image.message));
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace softfleet
