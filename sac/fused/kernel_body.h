// SPDX-License-Identifier: Apache-2.0
// The kernels' code, written once over a vector type V; only the files
// kernels_<isa>.cc include it. Each gives a V of its anonymous namespace: so
// all that is compiled here has internal linkage, and no program can end up
// with one instruction set's code in another's place.
//
// V has T (the element), Vec, kLanes, kRows (of a tile) and on vectors Zero,
// Set, Load, Store, LoadPart and StorePart (of the first `lanes` >= 0 lanes;
// the others are 0), Add, MultiplyAdd(a, b, c) = a b + c, Sqrt, Relu(v),
// KeepWherePositive(v, h); and the compiler's operators.
#ifndef SOFTFLEET_SAC_FUSED_KERNEL_BODY_H_
#define SOFTFLEET_SAC_FUSED_KERNEL_BODY_H_

#include <cstddef>

#include "sac/fused/dot_body.h"
#include "sac/fused/kernels.h"
#include "sac/fused/norm_body.h"
#include "sac/fused/sweep_body.h"

namespace softfleet::fused {

// Tiles are two vectors wide, and so are panels: the columns of the right
// factor that lie side by side in its packed form.
template <typename V>
constexpr int kPanel = 2 * V::kLanes;

// result[row, column] = sum over step of left * right, as it lies in memory.
// Left factor: (row, step) at left[row * stride + step], or transposed at
// left[step * stride + row].
template <typename V>
struct Factors {
  using T = typename V::T;
  const T* left;
  std::ptrdiff_t left_stride;
  const T* right;
  std::ptrdiff_t right_step;
  std::ptrdiff_t right_panel;  // from one panel of columns to the next
  int steps;
  int columns;
  T* result;
  std::ptrdiff_t result_stride;
};

// How a sum becomes a result; what that needs is fetched before the sum.
template <typename V>
struct AsItIs {
  SF_INLINE void Fetch(const AsItIs&, int /*row*/, int /*column*/) {}
  template <bool kPart>
  SF_INLINE typename V::Vec Apply(const AsItIs&, typename V::Vec sum,
                                  int /*row*/, int /*column*/, int /*lanes*/) {
    return sum;
  }
};

// y = act(sum + bias).
template <typename V>
struct AddBias : AsItIs<V> {
  const typename V::T* bias;
  bool relu;

  template <bool kPart>
  SF_INLINE typename V::Vec Apply(const AddBias& self, typename V::Vec sum,
                                  int /*row*/, int column, int lanes) {
    if (self.bias != nullptr) {
      sum = V::Add(sum, LoadLanes<V, kPart>(self.bias + column, lanes));
    }
    return self.relu ? V::Relu(sum) : sum;
  }
};

// 0 where ReLU gave 0.
template <typename V>
struct MaskByOutput : AsItIs<V> {
  const typename V::T* h;
  std::ptrdiff_t h_stride;

  template <bool kPart>
  SF_INLINE typename V::Vec Apply(const MaskByOutput& self, typename V::Vec sum,
                                  int row, int column, int lanes) {
    if (self.h == nullptr) return sum;
    return V::KeepWherePositive(
        sum, LoadLanes<V, kPart>(self.h + row * self.h_stride + column, lanes));
  }
};

// A gradient, of which the parameter makes its step.
template <typename V>
struct StepByAdam {
  AdamSweep<typename V::T> sweep;
  std::ptrdiff_t stride;

  // Into the second-level cache: the first one holds the factors.
  SF_INLINE void Fetch(const StepByAdam& self, int row, int column) {
    const AdamSweep<typename V::T>& sweep = self.sweep;
    const std::ptrdiff_t at = row * self.stride + column;
    for (int v = 0; v < 2; ++v) {
      const std::ptrdiff_t line = at + v * (64 / sizeof(typename V::T));
      __builtin_prefetch(sweep.gradients + line, 1, 2);
      __builtin_prefetch(sweep.parameters + line, 1, 2);
      __builtin_prefetch(sweep.first_moments + line, 1, 2);
      __builtin_prefetch(sweep.second_moments + line, 1, 2);
      if (sweep.targets == nullptr) continue;
      __builtin_prefetch(sweep.targets + line, 1, 2);
    }
  }
  template <bool kPart>
  SF_INLINE typename V::Vec Apply(const StepByAdam& self, typename V::Vec sum,
                                  int row, int column, int lanes) {
    StepLanes<V, kPart>(self.sweep, row * self.stride + column, sum, lanes);
    return sum;
  }
};

// kRows rows from `row`, kVectors vectors from `column`; if kPart, the last
// vector has `lanes` lanes.
template <typename V, bool kTransposed, int kRows, int kVectors, bool kPart,
          typename Finish>
SF_INLINE void Tile(const Factors<V>& f, const Finish& finish, int row,
                    int column, int lanes) {
  using T = typename V::T;
  const T* left = f.left + row * (kTransposed ? 1 : f.left_stride);
  const T* right = f.right + column / kPanel<V> * f.right_panel;
  const std::ptrdiff_t left_row = kTransposed ? 1 : f.left_stride;
  const std::ptrdiff_t left_step = kTransposed ? f.left_stride : 1;
  typename V::Vec sums[kRows][kVectors];
  SF_UNROLL for (int r = 0; r < kRows; ++r) {
    Finish::Fetch(finish, row + r, column);
    SF_UNROLL for (int v = 0; v < kVectors; ++v) sums[r][v] = V::Zero();
  }
  for (int s = 0; s < f.steps; ++s) {
    typename V::Vec b[kVectors];
    SF_UNROLL for (int v = 0; v + 1 < kVectors; ++v) {
      b[v] = V::Load(right + v * V::kLanes);
    }
    b[kVectors - 1] =
        LoadLanes<V, kPart>(right + (kVectors - 1) * V::kLanes, lanes);
    SF_UNROLL for (int r = 0; r < kRows; ++r) {
      const typename V::Vec a = V::Set(left[r * left_row]);
      SF_UNROLL for (int v = 0; v < kVectors; ++v) {
        sums[r][v] = V::MultiplyAdd(a, b[v], sums[r][v]);
      }
    }
    left += left_step;
    right += f.right_step;
  }
  T* result = f.result + row * f.result_stride + column;
  SF_UNROLL for (int r = 0; r < kRows; ++r) {
    SF_UNROLL for (int v = 0; v < kVectors; ++v) {
      const int at = v * V::kLanes;
      if (kPart && v + 1 == kVectors) {
        V::StorePart(result + r * f.result_stride + at,
                     Finish::template Apply<true>(finish, sums[r][v], row + r,
                                                  column + at, lanes),
                     lanes);
      } else {
        V::Store(result + r * f.result_stride + at,
                 Finish::template Apply<false>(finish, sums[r][v], row + r,
                                               column + at, lanes));
      }
    }
  }
}

// The last rows, kMost or fewer.
template <typename V, bool kTransposed, int kMost, int kVectors, bool kPart,
          typename Finish>
SF_INLINE void LastRows(const Factors<V>& f, const Finish& finish, int row,
                        int rows, int column, int lanes) {
  if constexpr (kMost > 0) {
    if (rows == kMost) {
      Tile<V, kTransposed, kMost, kVectors, kPart>(f, finish, row, column,
                                                   lanes);
    } else {
      LastRows<V, kTransposed, kMost - 1, kVectors, kPart>(f, finish, row, rows,
                                                           column, lanes);
    }
  }
}

template <typename V, bool kTransposed, int kVectors, bool kPart,
          typename Finish>
static void Panel(const Factors<V>& f, const Finish& finish, int begin, int end,
                  int column, int lanes) {
  int row = begin;
  for (; row + V::kRows <= end; row += V::kRows) {
    Tile<V, kTransposed, V::kRows, kVectors, kPart>(f, finish, row, column,
                                                    lanes);
  }
  LastRows<V, kTransposed, V::kRows - 1, kVectors, kPart>(
      f, finish, row, end - row, column, lanes);
}

// All columns of the rows [begin, end) of the result.
template <typename V, bool kTransposed, typename Finish>
SF_INLINE void Multiply(const Factors<V>& f, const Finish& finish, int begin,
                        int end) {
  constexpr int kLanes = V::kLanes;
  int column = 0;
  for (; column + 2 * kLanes <= f.columns; column += 2 * kLanes) {
    Panel<V, kTransposed, 2, false>(f, finish, begin, end, column, kLanes);
  }
  const int left = f.columns - column;
  if (left > kLanes) {
    Panel<V, kTransposed, 2, true>(f, finish, begin, end, column,
                                   left - kLanes);
  } else if (left > 0) {
    Panel<V, kTransposed, 1, true>(f, finish, begin, end, column, left);
  }
}

// --- What Kernels points to -------------------------------------------------

template <typename V>
static std::size_t PackedSize(int n, int k) {
  if (n == 1) return static_cast<std::size_t>(k);
  const int panels = (n + kPanel<V> - 1) / kPanel<V>;
  return static_cast<std::size_t>(panels) * kPanel<V> * k;
}

// Packs kLanes rows from `n`, or those there are; 0 stands for the others.
template <typename V>
SF_INLINE void PackLanes(const WeightMatrix<typename V::T>& w, int n,
                         typename V::T* packed) {
  constexpr int kLanes = V::kLanes;
  typename V::T* to =
      packed + std::ptrdiff_t{n / kPanel<V>} * kPanel<V> * w.k + n % kPanel<V>;
  for (int k = 0; k < w.k; k += kLanes) {
    const int count = w.k - k < kLanes ? w.k - k : kLanes;
    typename V::Vec rows[kLanes];
    SF_UNROLL for (int i = 0; i < kLanes; ++i) {
      rows[i] = n + i < w.n
                    ? V::LoadPart(w.data + (n + i) * w.stride + k, count)
                    : V::Zero();
    }
    Transpose<V>(rows);
    SF_UNROLL for (int i = 0; i < kLanes; ++i) {
      if (i < count) V::Store(to + (k + i) * kPanel<V>, rows[i]);
    }
  }
}

// Panels of columns, each [k, kPanel]; lanes beyond n are 0.
template <typename V>
static void Pack(const WeightMatrix<typename V::T>& w, int begin, int end,
                 typename V::T* packed) {
  if (w.n == 1) {
    for (int s = 0; s < w.k; ++s) packed[s] = w.data[s];
    return;
  }
  const int padded = (w.n + kPanel<V> - 1) / kPanel<V> * kPanel<V>;
  const int last = end == w.n ? padded : end;
  for (int n = begin; n < last; n += V::kLanes) PackLanes<V>(w, n, packed);
}

template <typename V>
static void Forward(const ForwardProduct<typename V::T>& p, int begin,
                    int end) {
  if (p.n == 1) return DotRows<V>(p, begin, end);
  const Factors<V> f{
      p.x, p.x_stride, p.packed, kPanel<V>, std::ptrdiff_t{kPanel<V>} * p.k,
      p.k, p.n,        p.y,      p.y_stride};
  Multiply<V, false>(f, AddBias<V>{{}, p.bias, p.relu}, begin, end);
}

template <typename V>
static void InputGradient(const InputGradientProduct<typename V::T>& p,
                          int begin, int end) {
  const Factors<V> f{p.dy, p.dy_stride, p.w,  p.w_stride, kPanel<V>,
                     p.n,  p.k,         p.dx, p.dx_stride};
  Multiply<V, false>(f, MaskByOutput<V>{{}, p.h, p.h_stride}, begin, end);
}

// Whether vectors along the outputs of a layer waste fewer lanes.
template <typename V>
static bool IsBetterTransposed(int n, int k) {
  const auto vectors = [](int lanes) {
    return (lanes + V::kLanes - 1) / V::kLanes;
  };
  return k <= kPanel<V> && k * vectors(n) < n * vectors(k);
}

// For k <= kPanel.
template <typename V>
static void TransposedWeightGradient(
    const WeightGradientProduct<typename V::T>& p, int begin, int end) {
  using T = typename V::T;
  T columns[kPanel<V> * kPanel<V>];
  for (int n = begin; n < end; n += kPanel<V>) {
    const int count = end - n < kPanel<V> ? end - n : kPanel<V>;
    const Factors<V> f{p.x, p.x_stride, p.dy + n, p.dy_stride, 0,
                       p.m, count,      columns,  kPanel<V>};
    Multiply<V, true>(f, AsItIs<V>{}, 0, p.k);
    for (int i = 0; i < count; ++i) {
      const std::ptrdiff_t row = (n + i) * p.dw_stride;
      for (int j = 0; j < p.k; ++j) {
        p.dw[row + j] = columns[j * kPanel<V> + i];
      }
      if (p.step != nullptr) Adam<V>(*p.step, row, row + p.k);
    }
  }
}

template <typename V>
static void WeightGradient(const WeightGradientProduct<typename V::T>& p,
                           int begin, int end) {
  const Factors<V> f{p.dy, p.dy_stride, p.x,  p.x_stride, kPanel<V>,
                     p.m,  p.k,         p.dw, p.dw_stride};
  if (IsBetterTransposed<V>(end - begin, p.k)) {
    TransposedWeightGradient<V>(p, begin, end);
  } else if (p.step == nullptr) {
    Multiply<V, true>(f, AsItIs<V>{}, begin, end);
  } else {
    Multiply<V, true>(f, StepByAdam<V>{*p.step, p.dw_stride}, begin, end);
  }
  if (p.db != nullptr) BiasGradient<V>(p, begin, end);
}

template <typename V>
constexpr Kernels<typename V::T> KernelsOf(const char* name) {
  return {name,
          PackedSize<V>,
          Pack<V>,
          Forward<V>,
          InputGradient<V>,
          WeightGradient<V>,
          Adam<V>,
          SampleGaussians<typename V::T>,
          Normalise<V>,
          NormInputGradients<V>,
          NormParameterGradients<V>};
}

}  // namespace softfleet::fused

#endif  // SOFTFLEET_SAC_FUSED_KERNEL_BODY_H_
