// SPDX-License-Identifier: Apache-2.0
#include <Eigen/Core>

#include "benchmarks/sac_gemm.h"

namespace softfleet {
namespace {

using Matrix =
    Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using View = Eigen::Map<Matrix>;

}  // namespace

void EigenMultiply(const Product& p, const Operands& operands) {
  View x(operands.x, p.m, p.k), w(operands.w, p.n, p.k),
      y(operands.y, p.m, p.n);
  switch (p.form) {
    case Form::kForward:
      y.noalias() = x * w.transpose();
      break;
    case Form::kInputGradient:
      x.noalias() = y * w;
      break;
    case Form::kWeightGradient:
      w.noalias() = y.transpose() * x;
      break;
    case Form::kPack:
      break;
  }
}

}  // namespace softfleet
