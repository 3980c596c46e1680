// SPDX-License-Identifier: Apache-2.0
// Layer normalisation, written once like kernel_body.h, which includes this and
// says what V has and why only kernels_<isa>.cc include it.
#ifndef SOFTFLEET_SAC_FUSED_NORM_BODY_H_
#define SOFTFLEET_SAC_FUSED_NORM_BODY_H_

#include <cstddef>
#include <type_traits>

#include "sac/fused/sweep_body.h"

namespace softfleet::fused {

// The sum of all lanes, in every lane: folded in halves.
template <typename V>
SF_INLINE typename V::Vec FoldLanes(typename V::Vec v) {
  decltype(v < v) other;
  SF_UNROLL for (int d = V::kLanes / 2; d > 0; d /= 2) {
    SF_UNROLL for (int lane = 0; lane < V::kLanes; ++lane) {
      other[lane] = lane ^ d;
    }
    v = V::Add(v, __builtin_shuffle(v, other));
  }
  return v;
}

// The sum of n elements, in every lane: 64 bytes of partial sums, folded in
// halves. add(part, sum, j, lanes) adds the elements from j on to a vector, of
// which only the first `lanes` are there if `part` is true; then it must add 0
// to the other lanes.
template <typename V, typename Add>
SF_INLINE typename V::Vec SumRow(int n, const Add& add) {
  constexpr int kWidth = 64 / sizeof(typename V::T);
  constexpr int kVectors = kWidth / V::kLanes;
  typename V::Vec sums[kVectors];
  SF_UNROLL for (int v = 0; v < kVectors; ++v) sums[v] = V::Zero();
  int j = 0;
  for (; j + kWidth <= n; j += kWidth) {
    SF_UNROLL for (int v = 0; v < kVectors; ++v) {
      sums[v] = add(std::false_type(), sums[v], j + v * V::kLanes, V::kLanes);
    }
  }
  SF_UNROLL for (int v = 0; v < kVectors; ++v, j += V::kLanes) {
    if (j >= n) break;
    const int lanes = n - j < V::kLanes ? n - j : V::kLanes;
    sums[v] = add(std::true_type(), sums[v], j, lanes);
  }
  SF_UNROLL for (int half = kVectors / 2; half > 0; half /= 2) {
    SF_UNROLL for (int v = 0; v < half; ++v) {
      sums[v] = V::Add(sums[v], sums[v + half]);
    }
  }
  return FoldLanes<V>(sums[0]);
}

// work(part, j, lanes) for all elements, by vectors.
template <typename V, typename Work>
SF_INLINE void ForRow(int begin, int end, const Work& work) {
  int j = begin;
  for (; j + V::kLanes <= end; j += V::kLanes) {
    work(std::false_type(), j, V::kLanes);
  }
  if (j < end) work(std::true_type(), j, end - j);
}

template <typename V>
SF_INLINE void NormaliseRow(const Normalisation<typename V::T>& p, int row) {
  using T = typename V::T;
  using Vec = typename V::Vec;
  T* const x = p.x + row * p.x_stride;
  T* const normal = p.normal + row * p.normal_stride;
  const Vec mean =
      SumRow<V>(p.n,
                [=](auto part, Vec sum, int j, int lanes) {
                  return V::Add(sum, LoadLanes<V, part.value>(x + j, lanes));
                }) /
      static_cast<T>(p.n);
  T means[V::kLanes];
  V::Store(means, mean);
  const Vec variance =
      SumRow<V>(p.n,
                [=, &means](auto part, Vec sum, int j, int lanes) {
                  const Vec away = LoadLanes<V, part.value>(x + j, lanes) -
                                   LoadLanes<V, part.value>(means, lanes);
                  return V::MultiplyAdd(away, away, sum);
                }) /
      static_cast<T>(p.n);
  p.scale[row] = NormScale<T>(variance[0]);
  const Vec scale = V::Set(p.scale[row]);
  ForRow<V>(0, p.n, [=](auto part, int j, int lanes) {
    constexpr bool kPart = part.value;
    const Vec value = Normal(LoadLanes<V, kPart>(x + j, lanes), mean, scale);
    StoreLanes<V, kPart>(normal + j, value, lanes);
    const Vec y =
        V::MultiplyAdd(value, LoadLanes<V, kPart>(p.weight + j, lanes),
                       LoadLanes<V, kPart>(p.bias + j, lanes));
    StoreLanes<V, kPart>(x + j, V::Relu(y), lanes);
  });
}

template <typename V>
static void Normalise(const Normalisation<typename V::T>& p, int begin,
                      int end) {
  for (int row = begin; row < end; ++row) NormaliseRow<V>(p, row);
}

template <typename V>
SF_INLINE void NormGradientRow(const NormGradient<typename V::T>& p, int row) {
  using T = typename V::T;
  using Vec = typename V::Vec;
  const T* const dy = p.dy + row * p.dy_stride;
  const T* const normal = p.normal + row * p.normal_stride;
  T* const dx = p.dx + row * p.dx_stride;
  // The gradient at `normal`.
  const auto gradient = [=](auto part, int j, int lanes) -> Vec {
    return LoadLanes<V, part.value>(dy + j, lanes) *
           LoadLanes<V, part.value>(p.weight + j, lanes);
  };
  const Vec mean = SumRow<V>(p.n,
                             [=](auto part, Vec sum, int j, int lanes) {
                               return V::Add(sum, gradient(part, j, lanes));
                             }) /
                   static_cast<T>(p.n);
  const Vec mean_normal =
      SumRow<V>(p.n,
                [=](auto part, Vec sum, int j, int lanes) {
                  return V::MultiplyAdd(
                      gradient(part, j, lanes),
                      LoadLanes<V, part.value>(normal + j, lanes), sum);
                }) /
      static_cast<T>(p.n);
  const Vec scale = V::Set(p.scale[row]);
  ForRow<V>(0, p.n, [=](auto part, int j, int lanes) {
    constexpr bool kPart = part.value;
    StoreLanes<V, kPart>(
        dx + j,
        NormInputGradient(gradient(part, j, lanes),
                          LoadLanes<V, kPart>(normal + j, lanes), scale, mean,
                          mean_normal),
        lanes);
  });
}

template <typename V>
static void NormInputGradients(const NormGradient<typename V::T>& p, int begin,
                               int end) {
  for (int row = begin; row < end; ++row) NormGradientRow<V>(p, row);
}

template <typename V>
static void NormParameterGradients(
    const NormParameterGradient<typename V::T>& p, int begin, int end) {
  using Vec = typename V::Vec;
  ForRow<V>(begin, end, [=](auto part, int j, int lanes) {
    constexpr bool kPart = part.value;
    Vec weight = V::Zero(), bias = V::Zero();
    for (int s = 0; s < p.m; ++s) {
      const Vec dy = LoadLanes<V, kPart>(p.dy + s * p.dy_stride + j, lanes);
      const Vec normal =
          LoadLanes<V, kPart>(p.normal + s * p.normal_stride + j, lanes);
      weight = V::MultiplyAdd(dy, normal, weight);
      bias = V::Add(bias, dy);
    }
    StoreLanes<V, kPart>(p.dweight + j, weight, lanes);
    StoreLanes<V, kPart>(p.dbias + j, bias, lanes);
  });
}

}  // namespace softfleet::fused

#endif  // SOFTFLEET_SAC_FUSED_NORM_BODY_H_
