// SPDX-License-Identifier: Apache-2.0
#include "core/thread.h"

#include <pthread.h>

namespace softfleet {

void SetThreadName(const std::string& name) {
  constexpr size_t kMostBytes = 15;  // pthread_setname_np refuses longer ones.
  pthread_setname_np(pthread_self(), name.substr(0, kMostBytes).c_str());
}

}  // namespace softfleet
