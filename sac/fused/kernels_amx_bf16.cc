// SPDX-License-Identifier: Apache-2.0
// bfloat16 products through AMX tiles. Compiled with them: see kernel_body.h
// for why nothing here may have external linkage but the table.
#include "sac/fused/bfloat16_body.h"

namespace softfleet::fused {
namespace {

// Tiles 0 to 3 are the sums [2][2] of 16 x 16, 4 and 5 rows, 6 and 7 columns.
struct MatrixTiles {
  struct alignas(64) Configuration {
    std::uint8_t palette = 1;
    std::uint8_t start_row = 0;
    std::uint8_t reserved[14] = {};
    std::uint16_t bytes_per_row[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
  };
  static_assert(sizeof(Configuration) == 64);

  SF_INLINE void Begin() {
    const Configuration configuration;
    _tile_loadconfig(&configuration);
  }
  SF_INLINE void End() { _tile_release(); }

  SF_INLINE void Multiply(const float* left, const float* right, int pairs,
                          int /*rows*/, float* sums) {
    constexpr int kSumBytes = kBlock * sizeof(float);
    constexpr int kLeftBytes = kPairs * sizeof(float);
    _tile_loadd(0, sums, kSumBytes);
    _tile_loadd(1, sums + 16, kSumBytes);
    _tile_loadd(2, sums + 16 * kBlock, kSumBytes);
    _tile_loadd(3, sums + 16 * kBlock + 16, kSumBytes);
    for (int p = 0; p < pairs; p += 16) {
      _tile_loadd(4, left + p, kLeftBytes);
      _tile_loadd(5, left + 16 * kPairs + p, kLeftBytes);
      _tile_loadd(6, right + p * kBlock, kSumBytes);
      _tile_loadd(7, right + p * kBlock + 16, kSumBytes);
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, sums, kSumBytes);
    _tile_stored(1, sums + 16, kSumBytes);
    _tile_stored(2, sums + 16 * kBlock, kSumBytes);
    _tile_stored(3, sums + 16 * kBlock + 16, kSumBytes);
  }
};

}  // namespace

const Kernels<float> kAmxBFloat16 = RoundedKernels<MatrixTiles>("amx_bf16");

}  // namespace softfleet::fused
