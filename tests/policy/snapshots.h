// SPDX-License-Identifier: Apache-2.0
// Small snapshots with known or random weights, for tests of room policy.
#ifndef SOFTFLEET_TESTS_POLICY_SNAPSHOTS_H_
#define SOFTFLEET_TESTS_POLICY_SNAPSHOTS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/philox.h"
#include "experience/snapshot.h"
#include "policy/policy.h"

namespace softfleet::testing {

// One float group "state" of that size and the given actions, unstacked.
Schema ContinuousSchema(int64_t observations, int64_t dimension);
Schema DiscreteSchema(int64_t observations, int64_t num_actions);

// Adds a layer, for linear and layer_norm with random weights.
void AddLinear(const std::string& name, int64_t inputs, int64_t outputs,
               Philox* random, Snapshot* snapshot);
void AddLayerNorm(const std::string& name, int64_t size, Philox* random,
                  Snapshot* snapshot);
void AddRelu(Snapshot* snapshot);

// linear "actor/l0" (8), relu, linear "actor/out" with random weights, head
// and bounds to match the schema's actions.
Snapshot SmallSnapshot(const Schema& schema, uint64_t seed = 1);

// A single linear layer "actor/out" that ignores a one-number observation and
// always gives `outputs`.
Snapshot ConstantSnapshot(const ActionSpec& action,
                          const std::vector<float>& outputs);

// Policy::Create; throws (and so fails the test) where it fails.
std::unique_ptr<Policy> MakePolicy(Snapshot snapshot);

std::vector<float> RandomNormals(int64_t count, Philox* random);

}  // namespace softfleet::testing

#endif  // SOFTFLEET_TESTS_POLICY_SNAPSHOTS_H_
