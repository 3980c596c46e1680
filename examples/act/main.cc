// SPDX-License-Identifier: Apache-2.0
// Acts with a policy bundle: reads one observation per line from stdin, writes
// one action per line, in the environment's units. README.md says how to run.
#include <cmath>
#include <cstring>
#include <iomanip>
#include <iostream>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/philox.h"
#include "policy/bundle.h"
#include "policy/frame_stack.h"

namespace softfleet {
namespace {

absl::StatusOr<std::vector<float>> ParseLine(const std::string& line,
                                             size_t columns) {
  std::vector<float> numbers;
  for (const absl::string_view word :
       absl::StrSplit(line, absl::ByAnyChar(" ,\t\r"), absl::SkipEmpty())) {
    float& number = numbers.emplace_back();
    if (!absl::SimpleAtof(word, &number) || !std::isfinite(number)) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", word, "\" is not a finite number"));
    }
  }
  if (numbers.size() == columns) return numbers;
  return absl::InvalidArgumentError(absl::StrCat(
      numbers.size(), " columns, an observation of this policy has ", columns));
}

void PrintAction(const PolicyOutput& output, const ActionBounds& bounds) {
  for (const int32_t index : output.discrete_actions) std::cout << index;
  for (size_t i = 0; i < output.actions.size(); ++i) {
    const double half_range = (bounds.high[i] - bounds.low[i]) / 2;
    std::cout << (i == 0 ? "" : " ") << std::setprecision(9)
              << bounds.low[i] + (output.actions[i] + 1.0) * half_range;
  }
  std::cout << std::endl;  // Whoever waits for the action gets it now.
}

// Every line is one step of a single episode.
absl::Status ActOnLines(Policy& policy, std::optional<uint64_t> seed) {
  const Schema& schema = policy.snapshot().schema;
  const auto fill = schema.action.continuous() ? FillNormal : FillUniform;
  FrameStack frames(schema);
  std::vector<float> noise(policy.noise_columns());
  PolicyOutput output;
  std::string line;
  for (uint64_t step = 0; std::getline(std::cin, line); ++step) {
    const auto numbers = ParseLine(line, schema.ObservationElements());
    if (!numbers.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", step + 1, ": ", numbers.status().message()));
    }
    std::vector<std::span<const std::byte>> groups;
    auto rest = std::as_bytes(std::span(*numbers));
    for (const ObservationGroup& group : schema.observations) {
      groups.push_back(rest.first(group.bytes()));
      rest = rest.subspan(group.bytes());
    }
    step == 0 ? frames.Begin(groups) : frames.Push(groups);
    if (seed) fill(*seed, Purpose::kActionNoise, 0, step, noise);
    const absl::Status status =
        policy.Act(frames.values(), 1,
                   seed ? ActionMode::kStochastic : ActionMode::kDeterministic,
                   noise, &output);
    if (!status.ok()) return status;
    PrintAction(output, policy.snapshot().bounds);
  }
  return absl::OkStatus();
}

absl::Status Run(const char* directory, std::optional<uint64_t> seed) {
  auto bundle = ReadPolicyBundle(RealFileSystem(), directory);
  if (!bundle.ok()) return bundle.status();
  for (const ObservationGroup& group : bundle->snapshot.schema.observations) {
    if (group.dtype != DType::kF32) {
      return absl::UnimplementedError(absl::StrCat(
          "observation group ", group.name, " holds bytes, lines hold floats"));
    }
  }
  const auto policy = Policy::Create(
      std::make_shared<const Snapshot>(std::move(bundle->snapshot)));
  return policy.ok() ? ActOnLines(**policy, seed) : policy.status();
}

}  // namespace
}  // namespace softfleet

int main(int argc, char** argv) {
  std::optional<uint64_t> seed;
  const bool stochastic = argc == 4 &&
                          std::strcmp(argv[2], "--stochastic") == 0 &&
                          absl::SimpleAtoi(argv[3], &seed.emplace());
  if (argc != 2 && !stochastic) {
    std::cerr << "usage: act BUNDLE [--stochastic SEED] < observations\n";
    return 2;
  }
  const absl::Status status = softfleet::Run(argv[1], seed);
  if (!status.ok()) std::cerr << "act: " << status.message() << "\n";
  return status.ok() ? 0 : 2;
}
