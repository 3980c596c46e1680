// SPDX-License-Identifier: Apache-2.0
// Denormal numbers count as zero while an object of this class lives, in its
// thread. Adam's moments of a dead ReLU unit decay by a factor per step until
// they are denormal, and stay there for ever (0.9 times the smallest ones
// rounds back to them), where many processors are a hundred times slower; no
// number that matters is that small.
#ifndef SOFTFLEET_SAC_FUSED_FLOATING_POINT_H_
#define SOFTFLEET_SAC_FUSED_FLOATING_POINT_H_

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace softfleet::fused {

class FlushDenormals {
 public:
#if defined(__x86_64__)
  FlushDenormals() : before_(_mm_getcsr()) {
    constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
    _mm_setcsr(before_ | kFlushToZero | kDenormalsAreZero);
  }
  ~FlushDenormals() { _mm_setcsr(before_); }
#else
  FlushDenormals() {}
  ~FlushDenormals() {}
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
#if defined(__x86_64__)
  const unsigned before_;
#endif
};

}  // namespace softfleet::fused

#endif  // SOFTFLEET_SAC_FUSED_FLOATING_POINT_H_
