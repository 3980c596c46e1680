// SPDX-License-Identifier: Apache-2.0
// The elementwise sweeps of the kernels, written once like kernel_body.h, which
// includes this and says what V has and why only kernels_<isa>.cc include it.
#ifndef SOFTFLEET_SAC_FUSED_SWEEP_BODY_H_
#define SOFTFLEET_SAC_FUSED_SWEEP_BODY_H_

#include <cstddef>

#include "sac/fused/kernels.h"

#define SF_INLINE __attribute__((always_inline)) static inline
#define SF_UNROLL _Pragma("GCC unroll 32")

namespace softfleet::fused {

template <typename V, bool kPart>
SF_INLINE typename V::Vec LoadLanes(const typename V::T* p, int lanes) {
  if constexpr (kPart) {
    return V::LoadPart(p, lanes);
  } else {
    return V::Load(p);
  }
}

template <typename V, bool kPart>
SF_INLINE void StoreLanes(typename V::T* p, typename V::Vec v, int lanes) {
  if constexpr (kPart) {
    V::StorePart(p, v, lanes);
  } else {
    V::Store(p, v);
  }
}

// --- Adam --------------------------------------------------------------------

template <typename V>
struct VectorRoot {
  __attribute__((always_inline)) typename V::Vec operator()(
      typename V::Vec v) const {
    return V::Sqrt(v);
  }
};

// The step of the elements from `at` on, whose gradients are in a register.
template <typename V, bool kPart>
SF_INLINE void StepLanes(const AdamSweep<typename V::T>& sweep,
                         std::ptrdiff_t at, typename V::Vec gradient,
                         int lanes) {
  using Vec = typename V::Vec;
  Vec parameter = LoadLanes<V, kPart>(sweep.parameters + at, lanes);
  Vec first = LoadLanes<V, kPart>(sweep.first_moments + at, lanes);
  Vec second = LoadLanes<V, kPart>(sweep.second_moments + at, lanes);
  AdamStep(sweep.constants, gradient, &parameter, &first, &second,
           VectorRoot<V>());
  StoreLanes<V, kPart>(sweep.parameters + at, parameter, lanes);
  StoreLanes<V, kPart>(sweep.first_moments + at, first, lanes);
  StoreLanes<V, kPart>(sweep.second_moments + at, second, lanes);
  if (sweep.targets == nullptr) return;
  const Vec target = LoadLanes<V, kPart>(sweep.targets + at, lanes);
  StoreLanes<V, kPart>(sweep.targets + at, Polyak(target, parameter, sweep.tau),
                       lanes);
}

template <typename V>
static void Adam(const AdamSweep<typename V::T>& sweep, std::size_t begin,
                 std::size_t end) {
  std::size_t i = begin;
  for (; i + V::kLanes <= end; i += V::kLanes) {
    StepLanes<V, false>(sweep, i, V::Load(sweep.gradients + i), V::kLanes);
  }
  if (i == end) return;
  const int left = static_cast<int>(end - i);
  StepLanes<V, true>(sweep, i, V::LoadPart(sweep.gradients + i, left), left);
}

// --- Tanh-Gaussian head
// --------------------------------------------------------

// Components that are computed side by side; always all of them.
template <typename T>
struct SampleChunk {
  static constexpr int kSize = 64;
  T mean[kSize] = {}, raw[kSize] = {}, noise[kSize] = {};
  T log_std[kSize], log_std_slope[kSize], deviation[kSize], u[kSize];
  T action[kSize], logp[kSize];
};

// Component i of the chunk is number first + i, counted through the rows.
template <typename T>
SF_INLINE void Gather(const GaussianSampling<T>& s, std::ptrdiff_t first,
                      int count, SampleChunk<T>* chunk) {
  std::ptrdiff_t row = first / s.dim;
  int d = static_cast<int>(first % s.dim);
  for (int i = 0; i < count; ++i) {
    const T* head = s.head + row * s.head_stride + d;
    chunk->mean[i] = head[0];
    chunk->raw[i] = head[s.dim];
    if (++d == s.dim) d = 0, ++row;
  }
  for (int i = 0; i < count; ++i) {
    chunk->noise[i] = static_cast<T>(s.noise[first + i]);
  }
}

template <typename T>
SF_INLINE void Scatter(const SampleChunk<T>& chunk, std::ptrdiff_t first,
                       int count, const GaussianSampling<T>& s) {
  std::ptrdiff_t row = first / s.dim;
  int d = static_cast<int>(first % s.dim);
  for (int i = 0; i < count; ++i) {
    s.action[row * s.action_stride + d] = chunk.action[i];
    const T logp = (d == 0 ? T(0) : s.logp[row]) + chunk.logp[i];
    s.logp[row] = logp;
    if (++d < s.dim) continue;
    s.logp[row++] = logp - s.log_volume;
    d = 0;
  }
  const auto copy = [first, count](const T* from, T* to) {
    for (int i = 0; i < count; ++i) to[first + i] = from[i];
  };
  copy(chunk.log_std, s.log_std);
  copy(chunk.log_std_slope, s.log_std_slope);
  copy(chunk.deviation, s.deviation);
  copy(chunk.u, s.u);
}

// With what bounds log_std known when this is compiled: or the compiler makes
// no vectors of it.
template <bool kBounded, typename T>
SF_INLINE void SampleAll(const LogStdRange<T>& range, SampleChunk<T>* chunk) {
  const LogStdRange<T> known{range.low, range.high, kBounded};
  for (int i = 0; i < SampleChunk<T>::kSize; ++i) {
    const GaussianSample1d<T> sample =
        SampleGaussian1d(chunk->mean[i], chunk->raw[i], chunk->noise[i], known);
    chunk->log_std[i] = sample.log_std;
    chunk->log_std_slope[i] = sample.log_std_slope;
    chunk->deviation[i] = sample.deviation;
    chunk->u[i] = sample.u;
    chunk->action[i] = sample.action;
    chunk->logp[i] = sample.logp;
  }
}

template <typename T>
static void SampleGaussians(const GaussianSampling<T>& sampling, int begin,
                            int end) {
  constexpr int kSize = SampleChunk<T>::kSize;
  const std::ptrdiff_t last = std::ptrdiff_t{end} * sampling.dim;
  SampleChunk<T> chunk;
  for (std::ptrdiff_t first = std::ptrdiff_t{begin} * sampling.dim;
       first < last; first += kSize) {
    const int count =
        last - first < kSize ? static_cast<int>(last - first) : kSize;
    Gather(sampling, first, count, &chunk);
    if (sampling.range.bounded) {
      SampleAll<true>(sampling.range, &chunk);
    } else {
      SampleAll<false>(sampling.range, &chunk);
    }
    Scatter(chunk, first, count, sampling);
  }
}

}  // namespace softfleet::fused

#endif  // SOFTFLEET_SAC_FUSED_SWEEP_BODY_H_
