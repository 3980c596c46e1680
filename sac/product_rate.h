// SPDX-License-Identifier: Apache-2.0
// The bound of an update: how long its matrix products take alone, in the best
// implementation there is here. Thread-safe: a free function.
#ifndef SOFTFLEET_SAC_PRODUCT_RATE_H_
#define SOFTFLEET_SAC_PRODUCT_RATE_H_

#include <string>
#include <vector>

#include "sac/update_work.h"

namespace softfleet {

struct ProductRate {
  double seconds = 0;          // of all products of the list, `times` counted
  std::string implementation;  // which was the fastest: "LibTorch", "avx512"
};

// Measures each product for some milliseconds on one thread, with LibTorch and
// with the fused update's kernels, and adds up the faster of the two lists.
// Products of bfloat16 factors are measured with the kernels alone.
ProductRate MeasureProducts(const std::vector<MatrixProduct>& products,
                            SacOptions::Precision precision);

}  // namespace softfleet

#endif  // SOFTFLEET_SAC_PRODUCT_RATE_H_
