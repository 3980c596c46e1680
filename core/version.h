// SPDX-License-Identifier: Apache-2.0
// The software's version, as in CMakeLists.txt.
#ifndef SOFTFLEET_CORE_VERSION_H_
#define SOFTFLEET_CORE_VERSION_H_

#include "absl/strings/string_view.h"

namespace softfleet {

absl::string_view SoftwareVersion();  // "0.1.0"

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_VERSION_H_
