// SPDX-License-Identifier: Apache-2.0
// What SacAgent refuses before an engine sees it.
#ifndef SOFTFLEET_SAC_SAC_CHECKS_H_
#define SOFTFLEET_SAC_SAC_CHECKS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "sac/update.h"

namespace softfleet {

constexpr int kMostHiddenLayers = 61;

// OK, or InvalidArgument naming the option and its value.
absl::Status ValidateSacOptions(const SacOptions& options);

// Whether the sizes fit the options; `updates` have been done before.
absl::Status CheckSacBatch(const SacOptions& options, int64_t updates,
                           const SacBatch& batch, const SacDraws& draws);

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_SAC_CHECKS_H_
