// SPDX-License-Identifier: Apache-2.0
// usage: install_write_bundles FOLDER
//
// Writes, for each case below, FOLDER/<case>/ (a policy bundle) and beside it
// <case>.observations, .deterministic and .stochastic: what an embedding
// program reads and what it should answer (seed 7), computed here with the
// room's classes but without a bundle and without a frame stack.
#include <fstream>
#include <iomanip>
#include <string>
#include <vector>

#include "core/philox.h"
#include "policy/bundle.h"
#include "tests/policy/snapshots.h"

namespace softfleet::testing {
namespace {

constexpr int64_t kSteps = 20;
constexpr uint64_t kSeed = 7;

// Two groups, two frames and a normaliser; bounds that are not symmetric.
Snapshot ContinuousCase() {
  Schema schema = ContinuousSchema(2, 2);
  schema.observations.push_back({"goal", DType::kF32, {1}});
  schema.frame_stack = 2;
  Snapshot snapshot = SmallSnapshot(schema);
  snapshot.bounds = {{-2, 0.5}, {2, 10}};
  snapshot.normaliser = NormaliserState{9, {0.1, -0.2, 0}, {0.5, 2, 1}};
  return snapshot;
}

// The newest `frame_stack` observations up to step `t`, the first repeated.
std::vector<float> Stacked(const std::vector<float>& observations,
                           const Schema& schema, int64_t t) {
  const int64_t size = schema.ObservationElements();
  std::vector<float> frames;
  for (int64_t back = schema.frame_stack - 1; back >= 0; --back) {
    const auto frame =
        observations.begin() + std::max<int64_t>(t - back, 0) * size;
    frames.insert(frames.end(), frame, frame + size);
  }
  return frames;
}

void WriteRow(std::ofstream& file, const std::vector<double>& row) {
  for (const double number : row)
    file << std::setprecision(17) << number << " ";
  file << "\n";
}

std::vector<double> EnvironmentAction(const PolicyOutput& output,
                                      const ActionBounds& bounds) {
  std::vector<double> row(output.discrete_actions.begin(),
                          output.discrete_actions.end());
  for (size_t i = 0; i < output.actions.size(); ++i) {
    const double share = (output.actions[i] + 1.0) / 2;
    row.push_back((1 - share) * bounds.low[i] + share * bounds.high[i]);
  }
  return row;
}

void WriteActions(const std::string& path, const Snapshot& snapshot,
                  const std::vector<float>& observations, ActionMode mode) {
  const auto policy = MakePolicy(snapshot);
  std::vector<float> noise(policy->noise_columns());
  std::ofstream file(path);
  PolicyOutput output;
  for (int64_t t = 0; t < kSteps; ++t) {
    if (snapshot.schema.action.continuous()) {
      FillNormal(kSeed, Purpose::kActionNoise, 0, t, noise);
    } else {
      FillUniform(kSeed, Purpose::kActionNoise, 0, t, noise);
    }
    if (!policy
             ->Act(Stacked(observations, snapshot.schema, t), 1, mode, noise,
                   &output)
             .ok())
      std::abort();
    WriteRow(file, EnvironmentAction(output, snapshot.bounds));
  }
}

void WriteCase(const std::string& path, const Snapshot& snapshot) {
  if (!WritePolicyBundle(RealFileSystem(), path, {snapshot, {}}).ok())
    std::abort();
  Philox random(3, Purpose::kTest);
  const int64_t size = snapshot.schema.ObservationElements();
  const std::vector<float> observations = RandomNormals(kSteps * size, &random);
  std::ofstream file(path + ".observations");
  for (auto row = observations.begin(); row != observations.end();
       row += size) {
    WriteRow(file, {row, row + size});
  }
  WriteActions(path + ".deterministic", snapshot, observations,
               ActionMode::kDeterministic);
  WriteActions(path + ".stochastic", snapshot, observations,
               ActionMode::kStochastic);
}

}  // namespace
}  // namespace softfleet::testing

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  using namespace softfleet::testing;
  WriteCase(folder + "/continuous", ContinuousCase());
  WriteCase(folder + "/discrete", SmallSnapshot(DiscreteSchema(4, 3)));
}
