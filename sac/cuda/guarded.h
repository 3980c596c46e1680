// SPDX-License-Identifier: Apache-2.0
// Exceptions end at the plug-in's door: they become messages. Thread-safe.
#ifndef SOFTFLEET_SAC_CUDA_GUARDED_H_
#define SOFTFLEET_SAC_CUDA_GUARDED_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>

namespace softfleet {

inline void WriteMessage(const std::string& text, char* message,
                         std::size_t size) {
  if (message != nullptr && size > 0) {
    std::snprintf(message, size, "%s", text.c_str());
  }
}

// Runs `body`; an exception becomes its message and the value 1.
template <typename Body>
std::int32_t Guarded(char* message, std::size_t size, Body body) {
  try {
    return body();
  } catch (const std::exception& error) {
    WriteMessage(error.what(), message, size);
  } catch (...) {
    WriteMessage("unknown exception", message, size);
  }
  return 1;
}

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_CUDA_GUARDED_H_
