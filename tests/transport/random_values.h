// SPDX-License-Identifier: Apache-2.0
// Random schemas, blocks and snapshots: every field set, every bit pattern
// possible, sizes that fit. Values.
#ifndef SOFTFLEET_TESTS_TRANSPORT_RANDOM_VALUES_H_
#define SOFTFLEET_TESTS_TRANSPORT_RANDOM_VALUES_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "experience/schema.h"
#include "experience/snapshot.h"
#include "experience/step_block.h"

namespace softfleet {

class RandomValues {
 public:
  explicit RandomValues(uint64_t seed) : random_(seed) {}

  // In [low, high].
  int64_t Integer(int64_t low, int64_t high);
  uint64_t Word() { return random_(); }
  bool Coin() { return Integer(0, 1) == 1; }
  // Any bits: NaN and infinities too.
  double AnyDouble();
  std::string Name();
  std::string Bytes(size_t size);

  Schema MakeSchema();
  // Fits the schema in sizes; its values are any bits.
  StepBlock MakeBlock(const Schema& schema);
  Snapshot MakeSnapshot();

 private:
  template <typename T>
  std::vector<T> AnyBits(size_t count);
  std::vector<double> AnyDoubles(size_t count);
  Shape MakeShape(int64_t longest);

  std::mt19937_64 random_;
};

// Everything a snapshot holds, floating-point numbers bit by bit.
bool SameBits(const Snapshot& a, const Snapshot& b);
bool SameBits(const StepBlock& a, const StepBlock& b);

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_TRANSPORT_RANDOM_VALUES_H_
