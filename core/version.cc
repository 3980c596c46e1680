// SPDX-License-Identifier: Apache-2.0
#include "core/version.h"

namespace softfleet {

absl::string_view SoftwareVersion() { return SOFTFLEET_VERSION; }

}  // namespace softfleet
