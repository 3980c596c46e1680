// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "environments/conformance/episode_record.h"
#include "environments/conformance/rules.h"

namespace softfleet {
namespace {

constexpr int64_t kRest = 20;  // steps that are compared afterwards

// Of both, with the same actions; "" if they are equal.
absl::StatusOr<std::string> DifferenceOfRest(Environment& a, Environment& b,
                                             Philox random) {
  Philox same = random;
  SF_ASSIGN_OR_RETURN(const auto rest_a, Roll(a, random, kRest));
  SF_ASSIGN_OR_RETURN(const auto rest_b, Roll(b, same, kRest));
  return Difference(rest_a, rest_b);
}

// Saves after `steps` steps, restores into `twin` and compares what follows.
absl::StatusOr<std::string> SaveAt(Environment& environment, Environment& twin,
                                   uint64_t seed, int64_t steps) {
  SF_RETURN_IF_ERROR(environment.Reset(seed));
  Philox random = EpisodeActions(seed);
  SF_ASSIGN_OR_RETURN(const auto begun, Roll(environment, random, steps));
  SF_ASSIGN_OR_RETURN(const std::string saved, environment.Save());
  SF_RETURN_IF_ERROR(Annotate(twin.Restore(saved), "what Save gave"));
  const std::string difference = Difference(See(environment), See(twin));
  if (!difference.empty()) return difference;
  if (begun.empty() || !begun.back().ended()) {
    return DifferenceOfRest(environment, twin, random);
  }
  RandomAction action;
  DrawAction(twin.spec(), 1.0, random, &action);
  return StepWith(twin, action).ok() ? "an ended episode goes on" : "";
}

// Bytes that are no saved state.
std::vector<std::string> Damaged(const std::string& saved) {
  constexpr size_t kCuts = 64;
  std::string other = saved;
  if (!other.empty()) ++other.front();
  std::vector<std::string> damaged = {other, saved + "x"};
  for (size_t cut = 0; cut < std::min(kCuts, saved.size()); ++cut) {
    damaged.push_back(saved.substr(0, cut * saved.size() / kCuts));
    damaged.push_back(saved.substr(0, saved.size() - 1 - cut));
  }
  return damaged;
}

Verdict CannotBeSaved() {
  return Note("it cannot be saved: a resumed run begins new episodes");
}

}  // namespace

absl::StatusOr<Verdict> CheckSave(const Subject& subject) {
  SF_ASSIGN_OR_RETURN(const auto environment, subject.make(std::nullopt));
  SF_ASSIGN_OR_RETURN(const auto used, subject.make(std::nullopt));
  const uint64_t seed = subject.options.seed;
  for (const int64_t steps : {int64_t{0}, int64_t{1}, int64_t{2}, int64_t{7},
                              int64_t{50}, subject.options.steps}) {
    SF_ASSIGN_OR_RETURN(const auto fresh, subject.make(std::nullopt));
    for (Environment* const twin : {fresh.get(), used.get()}) {
      const absl::StatusOr<std::string> difference =
          SaveAt(*environment, *twin, seed, steps);
      if (absl::IsUnimplemented(difference.status())) return CannotBeSaved();
      SF_RETURN_IF_ERROR(difference.status());
      if (difference->empty()) continue;
      return Fail(absl::StrCat(
          "seed ", seed, ": saved after ", steps, " steps and restored in ",
          twin == used.get() ? "a used" : "a new", " instance, ", *difference));
    }
  }
  return Pass();
}

absl::StatusOr<Verdict> CheckDamagedSave(const Subject& subject) {
  SF_ASSIGN_OR_RETURN(const auto environment, subject.make(std::nullopt));
  SF_RETURN_IF_ERROR(environment->Reset(subject.options.seed));
  const absl::StatusOr<std::string> saved = environment->Save();
  if (absl::IsUnimplemented(saved.status())) return CannotBeSaved();
  SF_RETURN_IF_ERROR(saved.status());
  const Seen before = See(*environment);
  for (const std::string& bytes : Damaged(*saved)) {
    const std::string what = absl::StrCat(
        bytes.size(), " bytes that are not the ", saved->size(), " of Save");
    if (environment->Restore(bytes).ok()) {
      return Fail(absl::StrCat(what, " are restored"));
    }
    const std::string difference = Difference(before, See(*environment));
    if (difference.empty()) continue;
    return Fail(absl::StrCat("after ", what, " were refused, ", difference));
  }
  return Pass();
}

absl::StatusOr<Verdict> CheckResetTo(const Subject& subject) {
  SF_ASSIGN_OR_RETURN(const auto environment, subject.make(std::nullopt));
  SF_ASSIGN_OR_RETURN(const auto twin, subject.make(std::nullopt));
  const uint64_t seed = subject.options.seed;
  SF_RETURN_IF_ERROR(environment->Reset(seed));
  std::vector<double> state = environment->state();
  if (state.empty()) {
    return Note("its physical state cannot be read; panels start it by seeds");
  }
  SF_RETURN_IF_ERROR(twin->ResetTo(state));
  std::string difference = Difference(See(*environment), See(*twin));
  if (difference.empty()) {
    SF_ASSIGN_OR_RETURN(difference, DifferenceOfRest(*environment, *twin,
                                                     EpisodeActions(seed)));
  }
  if (!difference.empty()) {
    return Fail(absl::StrCat("seed ", seed, ": begun at state() of another, ",
                             difference));
  }
  state.push_back(0);
  if (twin->ResetTo(state).ok()) return Fail("a number too many is taken");
  state.pop_back();
  state.back() = std::numeric_limits<double>::quiet_NaN();
  if (twin->ResetTo(state).ok()) return Fail("a state with a NaN is taken");
  return Pass();
}

}  // namespace softfleet
