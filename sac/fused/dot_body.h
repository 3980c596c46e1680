// SPDX-License-Identifier: Apache-2.0
// Sums along and across rows, written once like kernel_body.h, which includes
// this and says what V has and why only kernels_<isa>.cc include it.
#ifndef SOFTFLEET_SAC_FUSED_DOT_BODY_H_
#define SOFTFLEET_SAC_FUSED_DOT_BODY_H_

#include "sac/fused/sweep_body.h"

namespace softfleet::fused {

// Element (i, j) to (j, i), by swapping ever larger blocks.
template <typename V>
SF_INLINE void Transpose(typename V::Vec (&rows)[V::kLanes]) {
  using Index = decltype(rows[0] < rows[0]);
  constexpr int kLanes = V::kLanes;
  SF_UNROLL for (int d = 1; d < kLanes; d *= 2) {
    Index first, second;
    SF_UNROLL for (int lane = 0; lane < kLanes; ++lane) {
      first[lane] = lane & d ? kLanes + lane - d : lane;
      second[lane] = lane & d ? kLanes + lane : lane + d;
    }
    SF_UNROLL for (int i = 0; i < kLanes; ++i) {
      if (i & d) continue;
      const typename V::Vec a = rows[i], b = rows[i + d];
      rows[i] = __builtin_shuffle(a, b, first);
      rows[i + d] = __builtin_shuffle(a, b, second);
    }
  }
}

// Sums of 64 bytes of lanes, folded in halves, of kRows rows.
template <typename V, int kRows>
struct Dots {
  using T = typename V::T;
  static constexpr int kWidth = 64 / sizeof(T);
  static constexpr int kVectors = kWidth / V::kLanes;
  typename V::Vec sums[kRows][kVectors];

  SF_INLINE void Sum(const ForwardProduct<T>& p, int row, Dots* dots) {
    const T* x = p.x + row * p.x_stride;
    SF_UNROLL for (int r = 0; r < kRows; ++r) {
      SF_UNROLL for (int v = 0; v < kVectors; ++v) {
        dots->sums[r][v] = V::Zero();
      }
    }
    int s = 0;
    for (; s + kWidth <= p.k; s += kWidth) {
      SF_UNROLL for (int v = 0; v < kVectors; ++v) {
        const int at = s + v * V::kLanes;
        const typename V::Vec w = V::Load(p.packed + at);
        SF_UNROLL for (int r = 0; r < kRows; ++r) {
          dots->sums[r][v] = V::MultiplyAdd(V::Load(x + r * p.x_stride + at), w,
                                            dots->sums[r][v]);
        }
      }
    }
    SF_UNROLL for (int v = 0; v < kVectors; ++v, s += V::kLanes) {
      if (s >= p.k) break;
      const int lanes = p.k - s < V::kLanes ? p.k - s : V::kLanes;
      const typename V::Vec w = V::LoadPart(p.packed + s, lanes);
      SF_UNROLL for (int r = 0; r < kRows; ++r) {
        dots->sums[r][v] = V::MultiplyAdd(
            V::LoadPart(x + r * p.x_stride + s, lanes), w, dots->sums[r][v]);
      }
    }
    SF_UNROLL for (int r = 0; r < kRows; ++r) {
      SF_UNROLL for (int half = kVectors / 2; half > 0; half /= 2) {
        SF_UNROLL for (int v = 0; v < half; ++v) {
          dots->sums[r][v] = V::Add(dots->sums[r][v], dots->sums[r][v + half]);
        }
      }
    }
  }
};

// kRows <= kLanes rows; those beside them are 0 until they are left out.
template <typename V, int kRows>
SF_INLINE void Dot(const ForwardProduct<typename V::T>& p, int row) {
  using T = typename V::T;
  Dots<V, kRows> dots;
  Dots<V, kRows>::Sum(p, row, &dots);
  typename V::Vec lanes[V::kLanes];
  SF_UNROLL for (int r = 0; r < V::kLanes; ++r) {
    lanes[r] = r < kRows ? dots.sums[r < kRows ? r : 0][0] : V::Zero();
  }
  Transpose<V>(lanes);
  SF_UNROLL for (int half = V::kLanes / 2; half > 0; half /= 2) {
    SF_UNROLL for (int i = 0; i < half; ++i) {
      lanes[i] = V::Add(lanes[i], lanes[i + half]);
    }
  }
  if (p.bias != nullptr) lanes[0] = V::Add(lanes[0], V::Set(p.bias[0]));
  if (p.relu) lanes[0] = V::Relu(lanes[0]);
  T y[V::kLanes];
  V::Store(y, lanes[0]);
  for (int r = 0; r < kRows; ++r) p.y[(row + r) * p.y_stride] = y[r];
}

template <typename V>
static void DotRows(const ForwardProduct<typename V::T>& p, int begin,
                    int end) {
  int row = begin;
  for (; row + V::kLanes <= end; row += V::kLanes) Dot<V, V::kLanes>(p, row);
  for (; row < end; ++row) Dot<V, 1>(p, row);
}

// db[n] of kVectors vectors of columns, of which the last has `lanes` lanes.
template <typename V, int kVectors, bool kPart>
SF_INLINE void SumColumns(const WeightGradientProduct<typename V::T>& p,
                          int column, int lanes) {
  typename V::Vec sums[kVectors];
  SF_UNROLL for (int v = 0; v < kVectors; ++v) sums[v] = V::Zero();
  const typename V::T* dy = p.dy + column;
  for (int s = 0; s < p.m; ++s, dy += p.dy_stride) {
    SF_UNROLL for (int v = 0; v < kVectors; ++v) {
      sums[v] = V::Add(sums[v], LoadLanes<V, kPart>(dy + v * V::kLanes, lanes));
    }
  }
  SF_UNROLL for (int v = 0; v < kVectors; ++v) {
    StoreLanes<V, kPart>(p.db + column + v * V::kLanes, sums[v], lanes);
  }
}

template <typename V>
static void BiasGradient(const WeightGradientProduct<typename V::T>& p,
                         int begin, int end) {
  constexpr int kLanes = V::kLanes;
  int column = begin;
  for (; column + 4 * kLanes <= end; column += 4 * kLanes) {
    SumColumns<V, 4, false>(p, column, kLanes);
  }
  for (; column + kLanes <= end; column += kLanes) {
    SumColumns<V, 1, false>(p, column, kLanes);
  }
  if (column < end) SumColumns<V, 1, true>(p, column, end - column);
}

}  // namespace softfleet::fused

#endif  // SOFTFLEET_SAC_FUSED_DOT_BODY_H_
