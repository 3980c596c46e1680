// SPDX-License-Identifier: Apache-2.0
#include "core/backoff.h"

#include <algorithm>
#include <random>

namespace softfleet {
namespace {

uint64_t RandomSeed() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

}  // namespace

Backoff::Backoff(Options options)
    : options_(options),
      delay_(options.initial),
      random_(options.seed.has_value() ? *options.seed : RandomSeed(),
              Purpose::kBackoff) {}

absl::Duration Backoff::Next() {
  const absl::Duration delay = std::min(delay_, options_.max);
  delay_ = std::min(delay * options_.multiplier, options_.max);
  return delay * (0.5 + 0.5 * random_.NextUniform());
}

}  // namespace softfleet
