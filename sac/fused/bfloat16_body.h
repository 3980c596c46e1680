// SPDX-License-Identifier: Apache-2.0
// Products with factors rounded to bfloat16, written once over an engine E that
// multiplies blocks; only kernels_*_bf16.cc include it. See kernel_body.h about
// linkage.
//
// Both factors are first laid out in pairs of steps, as the instructions want
// them: one 32-bit word holds steps 2p and 2p + 1. The left one is
// [rows][kPairs], the right one panels of 32 columns [pairs][32]; pairs are
// filled up with zeros to a multiple of 16. This happens on the stack, chunk by
// chunk; only weights of the forward pass come packed.
//
// E has Begin() and End() around a call, and Multiply(left, right, pairs, rows,
// sums): sums[32][32] += the first `rows` rows of left times a panel.
#ifndef SOFTFLEET_SAC_FUSED_BFLOAT16_BODY_H_
#define SOFTFLEET_SAC_FUSED_BFLOAT16_BODY_H_

#include <cstdint>

#include "sac/fused/avx512_vectors.h"
#include "sac/fused/kernel_sets.h"

namespace softfleet::fused {
namespace {

constexpr int kBlock = 32;   // rows and columns
constexpr int kPairs = 128;  // of a chunk of steps
constexpr int kChunkRows = 128;

// Narrow layers (heads, mostly) stay in float: they would not gain.
constexpr int kNarrow = 16;
SF_INLINE bool IsNarrow(int n, int k) { return n < kNarrow || k < kNarrow; }

SF_INLINE int Least(int a, int b) { return a < b ? a : b; }
// Pairs that `steps` take, filled up.
SF_INLINE int PaddedPairs(int steps) { return (steps + 31) / 32 * 16; }
// Lanes of a vector of 16 that `count` leaves from `from` on.
SF_INLINE int LanesFrom(int count, int from) {
  return count <= from ? 0 : Least(count - from, 16);
}

// 32 floats of a row as 16 pairs.
SF_INLINE __m512 PairsOfRow(const float* row, int count) {
  const __m512 low = Avx512Float::LoadPart(row, LanesFrom(count, 0));
  const __m512 high =
      count > 16 ? Avx512Float::LoadPart(row + 16, LanesFrom(count, 16))
                 : Avx512Float::Zero();
  return (__m512)_mm512_cvtne2ps_pbh(high, low);
}

// 16 columns of two rows as 16 pairs; 0 for a row that is not there.
SF_INLINE __m512 PairsOfRows(const float* first, const float* second,
                             int lanes) {
  alignas(64) static const std::uint16_t kInterleave[32] = {
      0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
      8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const __m512 a =
      first ? Avx512Float::LoadPart(first, lanes) : Avx512Float::Zero();
  const __m512 b =
      second ? Avx512Float::LoadPart(second, lanes) : Avx512Float::Zero();
  return (__m512)_mm512_permutexvar_epi16(_mm512_load_si512(kInterleave),
                                          (__m512i)_mm512_cvtne2ps_pbh(b, a));
}

// A matrix of which rows and columns are taken.
struct Source {
  const float* data;
  std::ptrdiff_t stride;

  SF_INLINE const float* Row(const Source& self, int row, int rows) {
    return row < rows ? self.data + row * self.stride : nullptr;
  }
};

// left[row][pair] from the rows themselves.
static void LayOutRows(const Source& from, int rows, int steps, float* left) {
  for (int r = 0; r < rows; ++r) {
    const float* row = from.data + r * from.stride;
    for (int s = 0; s < steps; s += 32) {
      Avx512Float::Store(left + r * kPairs + s / 2,
                         PairsOfRow(row + s, steps - s));
    }
  }
}

// left[row][pair] where the rows are the columns of `from`.
static void LayOutColumns(const Source& from, int rows, int steps,
                          float* left) {
  for (int r = 0; r < rows; r += 16) {
    const int lanes = Least(16, rows - r);
    for (int s = 0; s < steps; s += 32) {
      __m512 pairs[16];
      SF_UNROLL for (int i = 0; i < 16; ++i) {
        const float* first = Source::Row(from, s + 2 * i, steps);
        const float* second = Source::Row(from, s + 2 * i + 1, steps);
        pairs[i] = PairsOfRows(first ? first + r : nullptr,
                               second ? second + r : nullptr, lanes);
      }
      Transpose<Avx512Float>(pairs);
      SF_UNROLL for (int i = 0; i < 16; ++i) {
        if (i < lanes) {
          Avx512Float::Store(left + (r + i) * kPairs + s / 2, pairs[i]);
        }
      }
    }
  }
}

// right[pair][32 columns] from the rows of `from`, one per step.
static void LayOutPanel(const Source& from, int columns, int steps,
                        float* right) {
  for (int p = 0; p < PaddedPairs(steps); ++p) {
    const float* first = Source::Row(from, 2 * p, steps);
    const float* second = Source::Row(from, 2 * p + 1, steps);
    SF_UNROLL for (int v = 0; v < 2; ++v) {
      const int lanes = LanesFrom(columns, 16 * v);
      const int at = lanes > 0 ? 16 * v : 0;
      Avx512Float::Store(right + p * kBlock + 16 * v,
                         PairsOfRows(first ? first + at : nullptr,
                                     second ? second + at : nullptr, lanes));
    }
  }
}

struct Target {
  float* data;
  std::ptrdiff_t stride;
};

// Where a block lies in the result.
struct Place {
  int row, rows, column, columns;
  bool first, last;  // chunk of steps
};

template <typename E, typename Finish>
SF_INLINE void MultiplyBlock(const float* left, const float* right, int pairs,
                             const Target& result, const Place& at,
                             const Finish& finish) {
  alignas(64) float sums[kBlock * kBlock];
  for (int r = 0; r < kBlock; ++r) {
    SF_UNROLL for (int v = 0; v < 2; ++v) {
      const int lanes = LanesFrom(at.columns, 16 * v);
      const bool begin = at.first || r >= at.rows || lanes == 0;
      Avx512Float::Store(sums + r * kBlock + 16 * v,
                         begin
                             ? Avx512Float::Zero()
                             : Avx512Float::LoadPart(
                                   result.data + (at.row + r) * result.stride +
                                       at.column + 16 * v,
                                   lanes));
    }
  }
  if (at.last) {
    for (int r = 0; r < at.rows; ++r) {
      Finish::Fetch(finish, at.row + r, at.column);
    }
  }
  E::Multiply(left, right, pairs, at.rows, sums);
  for (int r = 0; r < at.rows; ++r) {
    SF_UNROLL for (int v = 0; v < 2; ++v) {
      const int lanes = LanesFrom(at.columns, 16 * v);
      if (lanes == 0) continue;
      const int row = at.row + r, column = at.column + 16 * v;
      __m512 sum = Avx512Float::Load(sums + r * kBlock + 16 * v);
      if (at.last) {
        sum = Finish::template Apply<true>(finish, sum, row, column, lanes);
      }
      Avx512Float::StorePart(result.data + row * result.stride + column, sum,
                             lanes);
    }
  }
}

// The rows [begin, end) of a result of `columns` columns. left(row, rows, step,
// steps, to) lays out a chunk; right(column, columns, step, steps, to) gives a
// panel, perhaps laid out at `to`.
template <typename E, typename Left, typename Right, typename Finish>
SF_INLINE void MultiplyRounded(const Left& left, const Right& right,
                               const Finish& finish, const Target& result,
                               int columns, int steps, int begin, int end) {
  alignas(64) float rows_memory[kChunkRows * kPairs];
  alignas(64) float panel_memory[kPairs * kBlock];
  E::Begin();
  for (int row = begin; row < end; row += kChunkRows) {
    const int rows = Least(kChunkRows, end - row);
    for (int step = 0; step < steps; step += 2 * kPairs) {
      const int count = Least(2 * kPairs, steps - step);
      left(row, rows, step, count, rows_memory);
      for (int column = 0; column < columns; column += kBlock) {
        const int width = Least(kBlock, columns - column);
        const float* panel = right(column, width, step, count, panel_memory);
        for (int r = 0; r < rows; r += kBlock) {
          MultiplyBlock<E>(rows_memory + r * kPairs, panel, PaddedPairs(count),
                           result,
                           Place{row + r, Least(kBlock, rows - r), column,
                                 width, step == 0, step + count == steps},
                           finish);
        }
      }
    }
  }
  E::End();
}

// --- What Kernels points to -------------------------------------------------

static std::size_t RoundedPackedSize(int n, int k) {
  if (IsNarrow(n, k)) return kAvx512Float.packed_size(n, k);
  return static_cast<std::size_t>((n + kBlock - 1) / kBlock) * kBlock *
         PaddedPairs(k);
}

// Panels of 32 columns, each [pairs][32].
static void RoundedPack(const WeightMatrix<float>& w, int begin, int end,
                        float* packed) {
  if (IsNarrow(w.n, w.k)) return kAvx512Float.pack(w, begin, end, packed);
  const int padded = (w.n + kBlock - 1) / kBlock * kBlock;
  const std::ptrdiff_t panel = std::ptrdiff_t{kBlock} * PaddedPairs(w.k);
  for (int n = begin; n < (end == w.n ? padded : end); n += 16) {
    float* to = packed + n / kBlock * panel + n % kBlock;
    for (int k = 0; k < w.k; k += 32) {
      __m512 rows[16];
      SF_UNROLL for (int i = 0; i < 16; ++i) {
        rows[i] = n + i < w.n
                      ? PairsOfRow(w.data + (n + i) * w.stride + k, w.k - k)
                      : Avx512Float::Zero();
      }
      Transpose<Avx512Float>(rows);
      SF_UNROLL for (int i = 0; i < 16; ++i) {
        Avx512Float::Store(to + (k / 2 + i) * kBlock, rows[i]);
      }
    }
  }
}

template <typename E>
static void RoundedForward(const ForwardProduct<float>& p, int begin, int end) {
  if (IsNarrow(p.n, p.k)) return kAvx512Float.forward(p, begin, end);
  const std::ptrdiff_t panel = std::ptrdiff_t{kBlock} * PaddedPairs(p.k);
  MultiplyRounded<E>(
      [&](int row, int rows, int step, int steps, float* to) {
        LayOutRows({p.x + row * p.x_stride + step, p.x_stride}, rows, steps,
                   to);
      },
      [&](int column, int, int step, int, float*) {
        return p.packed + column / kBlock * panel + step / 2 * kBlock;
      },
      AddBias<Avx512Float>{{}, p.bias, p.relu}, Target{p.y, p.y_stride}, p.n,
      p.k, begin, end);
}

template <typename E>
static void RoundedInputGradient(const InputGradientProduct<float>& p,
                                 int begin, int end) {
  if (IsNarrow(p.n, p.k)) return kAvx512Float.input_gradient(p, begin, end);
  MultiplyRounded<E>(
      [&](int row, int rows, int step, int steps, float* to) {
        LayOutRows({p.dy + row * p.dy_stride + step, p.dy_stride}, rows, steps,
                   to);
      },
      [&](int column, int columns, int step, int steps, float* to) {
        LayOutPanel({p.w + step * p.w_stride + column, p.w_stride}, columns,
                    steps, to);
        return to;
      },
      MaskByOutput<Avx512Float>{{}, p.h, p.h_stride}, Target{p.dx, p.dx_stride},
      p.k, p.n, begin, end);
}

template <typename E, typename Finish>
static void MultiplyTransposed(const WeightGradientProduct<float>& p,
                               const Finish& finish, int begin, int end) {
  MultiplyRounded<E>(
      [&](int row, int rows, int step, int steps, float* to) {
        LayOutColumns({p.dy + step * p.dy_stride + row, p.dy_stride}, rows,
                      steps, to);
      },
      [&](int column, int columns, int step, int steps, float* to) {
        LayOutPanel({p.x + step * p.x_stride + column, p.x_stride}, columns,
                    steps, to);
        return to;
      },
      finish, Target{p.dw, p.dw_stride}, p.k, p.m, begin, end);
}

template <typename E>
static void RoundedWeightGradient(const WeightGradientProduct<float>& p,
                                  int begin, int end) {
  if (p.k < kNarrow) return kAvx512Float.weight_gradient(p, begin, end);
  if (p.step == nullptr) {
    MultiplyTransposed<E>(p, AsItIs<Avx512Float>{}, begin, end);
  } else {
    MultiplyTransposed<E>(p, StepByAdam<Avx512Float>{*p.step, p.dw_stride},
                          begin, end);
  }
  WeightGradientProduct<float> sums = p;
  sums.k = 0;  // leaves db
  kAvx512Float.weight_gradient(sums, begin, end);
}

static void FullAdam(const AdamSweep<float>& sweep, std::size_t begin,
                     std::size_t end) {
  kAvx512Float.adam(sweep, begin, end);
}

static void FullSample(const GaussianSampling<float>& sampling, int begin,
                       int end) {
  kAvx512Float.sample(sampling, begin, end);
}

static void FullNormalise(const Normalisation<float>& norm, int begin,
                          int end) {
  kAvx512Float.normalise(norm, begin, end);
}

static void FullNormGradient(const NormGradient<float>& gradient, int begin,
                             int end) {
  kAvx512Float.norm_gradient(gradient, begin, end);
}

static void FullNormParameterGradient(
    const NormParameterGradient<float>& gradient, int begin, int end) {
  kAvx512Float.norm_parameter_gradient(gradient, begin, end);
}

template <typename E>
constexpr Kernels<float> RoundedKernels(const char* name) {
  return {name,
          RoundedPackedSize,
          RoundedPack,
          RoundedForward<E>,
          RoundedInputGradient<E>,
          RoundedWeightGradient<E>,
          FullAdam,
          FullSample,
          FullNormalise,
          FullNormGradient,
          FullNormParameterGradient};
}

}  // namespace
}  // namespace softfleet::fused

#endif  // SOFTFLEET_SAC_FUSED_BFLOAT16_BODY_H_
