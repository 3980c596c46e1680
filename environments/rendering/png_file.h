// SPDX-License-Identifier: Apache-2.0
// A frame as a PNG file. Thread-safe: a free function.
#ifndef SOFTFLEET_ENVIRONMENTS_RENDERING_PNG_FILE_H_
#define SOFTFLEET_ENVIRONMENTS_RENDERING_PNG_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "environments/rendering/frame.h"

namespace softfleet {

// The file's bytes. Equal frames give equal bytes.
absl::StatusOr<std::string> EncodePng(const Frame& frame);

}  // namespace softfleet

#endif  // SOFTFLEET_ENVIRONMENTS_RENDERING_PNG_FILE_H_
