// SPDX-License-Identifier: Apache-2.0
// A linear layer over a batch, compiled for several instruction sets. Private
// to the room. Thread-safe once made.
//
// A row's result does not depend, to the last bit, on how many others are in
// the batch or where it stands: each of its numbers is one sum, in the order of
// the inputs. The batch is there so that a weight that has been loaded serves
// several rows; with 16 rows of 256 x 256 that is three times as fast as a
// product of the matrix and each row.
#ifndef SOFTFLEET_POLICY_DENSE_H_
#define SOFTFLEET_POLICY_DENSE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

namespace softfleet {

struct DenseTask;

// One instruction set's code for layers.
struct DenseKernel {
  const char* name;  // as SOFTFLEET_ISA names it
  void (*run)(const DenseTask& task);
};

// Those this processor can run, best first; the last one runs on any.
std::vector<const DenseKernel*> AvailableDenseKernels();

// The best, or the one that the environment variable SOFTFLEET_ISA names: an
// InvalidArgument error if there is none such. A learner's name for products in
// bfloat16, which no policy has, asks for nothing here.
absl::StatusOr<const DenseKernel*> ChooseDenseKernel();

class Dense {
 public:
  // Copies weight [outputs, inputs] and bias [outputs].
  Dense(const DenseKernel& kernel, const float* weight, const float* bias,
        int64_t inputs, int64_t outputs);

  int64_t outputs() const { return outputs_; }
  // input [n, inputs] -> output [n, outputs]; they must not overlap.
  void Apply(const float* input, int64_t n, float* output) const;

 private:
  const DenseKernel* kernel_;
  int64_t inputs_;
  int64_t outputs_;
  // Panels of 16 outputs, the last one filled up with zeros: their biases, then
  // for each input their weights.
  std::vector<float> panels_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_POLICY_DENSE_H_
