// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "environments/conformance/episode_record.h"
#include "environments/conformance/rules.h"
#include "environments/foreign_checks.h"

namespace softfleet {
namespace {

constexpr uint64_t kEpisodes = 3;

std::string SeedText(uint64_t seed) {
  return absl::StrCat("seed ", seed, ": ");
}

// Calls `look` with the environment and each step's result (of a reset: of no
// step) of a few episodes with actions of `width` times the bounds.
template <typename Look>
absl::StatusOr<Verdict> LookAtEpisodes(const Subject& subject, double width,
                                       Look look) {
  SF_ASSIGN_OR_RETURN(const auto environment, subject.make(std::nullopt));
  RandomAction action;
  for (uint64_t episode = 0; episode < kEpisodes; ++episode) {
    const uint64_t seed = subject.options.seed + episode;
    Philox random = EpisodeActions(seed);
    SF_RETURN_IF_ERROR(environment->Reset(seed));
    std::string wrong = look(*environment, nullptr);
    for (int64_t step = 1; wrong.empty() && step <= subject.options.steps;
         ++step) {
      DrawAction(environment->spec(), width, random, &action);
      const absl::StatusOr<StepResult> result = StepWith(*environment, action);
      wrong = result.ok() ? look(*environment, &*result)
                          : std::string(result.status().message());
      if (!wrong.empty()) wrong = absl::StrCat("step ", step, ": ", wrong);
      if (!result.ok() || result->terminated || result->truncated) break;
    }
    if (!wrong.empty()) return Fail(SeedText(seed) + wrong);
  }
  return Pass();
}

std::string WrongWithObservation(const Environment& environment) {
  const auto& groups = environment.spec().observations;
  GuardedObservation a(environment.spec());
  GuardedObservation b(environment.spec());
  a.Read(environment, std::byte{0x00});
  b.Read(environment, std::byte{0x55});
  if (!a.within() || !b.within()) {
    return "Observe writes beyond the places it was given";
  }
  for (size_t g = 0; g < groups.size(); ++g) {
    if (std::ranges::equal(a.places()[g], b.places()[g])) continue;
    return absl::StrCat("observation group ", groups[g].name,
                        " is not all written, or differs when read twice");
  }
  return std::string(
      CheckObservation(environment.spec(), a.places()).message());
}

std::string WrongWithReward(const EnvironmentSpec& spec,
                            const StepResult& result) {
  constexpr double kRounding = 1e-6;  // of components that are float32
  if (result.reward_components.size() != spec.reward_components.size()) {
    return absl::StrCat("there are ", result.reward_components.size(),
                        " reward components and ",
                        spec.reward_components.size(), " names");
  }
  if (!result.executed_action.empty() &&
      result.executed_action.size() !=
          static_cast<size_t>(spec.action.columns())) {
    return absl::StrCat("executed_action has ", result.executed_action.size(),
                        " values for ", spec.action.columns(), " dimensions");
  }
  const absl::Status finite = CheckStepResult(spec, result);
  if (!finite.ok()) return std::string(finite.message());
  double sum = 0;
  double size = 1;
  for (const double part : result.reward_components) {
    sum += part;
    size += std::abs(part);
  }
  if (spec.reward_components.empty() ||
      std::abs(sum - result.reward) <= kRounding * size) {
    return "";
  }
  return absl::StrCat("the reward is ", result.reward,
                      ", its components add up to ", sum);
}

}  // namespace

absl::StatusOr<Verdict> CheckSpec(const Subject& subject) {
  SF_ASSIGN_OR_RETURN(const auto environment, subject.make(std::nullopt));
  const EnvironmentSpec& spec = environment->spec();
  SF_RETURN_IF_ERROR(CheckForeignSpec(spec));
  const auto columns = static_cast<size_t>(spec.action.columns());
  if (spec.action_low.size() != columns || spec.action_high.size() != columns) {
    return Fail(absl::StrCat("there are ", spec.action_low.size(),
                             " lower and ", spec.action_high.size(),
                             " upper bounds for ", columns,
                             " continuous action dimensions"));
  }
  for (size_t i = 0; i < columns; ++i) {
    const double low = spec.action_low[i], high = spec.action_high[i];
    if (std::isfinite(low) && std::isfinite(high) && low < high) continue;
    return Fail(absl::StrCat("the bounds of action dimension ", i, " are ", low,
                             " and ", high));
  }
  return Pass();
}

absl::StatusOr<Verdict> CheckEpisodes(const Subject& subject) {
  return LookAtEpisodes(
      subject, 1.0,
      [](const Environment&, const StepResult*) { return std::string(); });
}

absl::StatusOr<Verdict> CheckDeterminism(const Subject& subject) {
  SF_ASSIGN_OR_RETURN(const auto first, subject.make(std::nullopt));
  SF_ASSIGN_OR_RETURN(const auto second, subject.make(std::nullopt));
  const auto [base, steps] =
      std::pair(subject.options.seed, subject.options.steps);
  std::vector<std::vector<Seen>> episodes;
  for (uint64_t i = 0; i < kEpisodes; ++i) {
    SF_ASSIGN_OR_RETURN(auto episode, RecordEpisode(*first, base + i, steps));
    episodes.push_back(std::move(episode));
  }
  // Again, the last one first.
  for (uint64_t i = kEpisodes; i-- > 0;) {
    SF_ASSIGN_OR_RETURN(const auto again,
                        RecordEpisode(*first, base + i, steps));
    std::string difference = Difference(episodes[i], again);
    if (!difference.empty()) {
      return Fail(absl::StrCat(SeedText(base + i), "twice, ", difference));
    }
    SF_ASSIGN_OR_RETURN(const auto twin,
                        RecordEpisode(*second, base + i, steps));
    difference = Difference(episodes[i], twin);
    if (!difference.empty()) {
      return Fail(
          absl::StrCat(SeedText(base + i), "in two instances, ", difference));
    }
  }
  return Pass();
}

absl::StatusOr<Verdict> CheckSeeds(const Subject& subject) {
  constexpr uint64_t kStarts = 64;
  SF_ASSIGN_OR_RETURN(const auto environment, subject.make(std::nullopt));
  const uint64_t base = subject.options.seed;
  SF_RETURN_IF_ERROR(environment->Reset(base));
  const Seen first = See(*environment);
  for (uint64_t seed = base + 1; seed < base + kStarts; ++seed) {
    SF_RETURN_IF_ERROR(environment->Reset(seed));
    if (!Difference(first, See(*environment)).empty()) return Pass();
  }
  return Fail(
      absl::StrCat("seeds ", base, " to ", base + kStarts - 1, " start alike"));
}

absl::StatusOr<Verdict> CheckObservations(const Subject& subject) {
  return LookAtEpisodes(subject, 1.0,
                        [](const Environment& environment, const StepResult*) {
                          return WrongWithObservation(environment);
                        });
}

absl::StatusOr<Verdict> CheckRewards(const Subject& subject) {
  return LookAtEpisodes(
      subject, 1.0,
      [](const Environment& environment, const StepResult* result) {
        return result == nullptr ? std::string()
                                 : WrongWithReward(environment.spec(), *result);
      });
}

absl::StatusOr<Verdict> CheckWideActions(const Subject& subject) {
  constexpr double kWidth = 10;
  return LookAtEpisodes(
      subject, kWidth,
      [](const Environment& environment, const StepResult* result) {
        std::string wrong = WrongWithObservation(environment);
        if (wrong.empty() && result != nullptr) {
          wrong = WrongWithReward(environment.spec(), *result);
        }
        return wrong;
      });
}

absl::StatusOr<Verdict> CheckInterleaving(const Subject& subject) {
  SF_ASSIGN_OR_RETURN(const auto first, subject.make(std::nullopt));
  SF_ASSIGN_OR_RETURN(const auto second, subject.make(std::nullopt));
  const uint64_t seeds[] = {subject.options.seed, subject.options.seed + 1};
  Environment* const environments[] = {first.get(), second.get()};
  Philox random[] = {EpisodeActions(seeds[0]), EpisodeActions(seeds[1])};
  std::vector<Seen> together[2];
  for (size_t i = 0; i < 2; ++i) {
    SF_RETURN_IF_ERROR(environments[i]->Reset(seeds[i]));
  }
  for (size_t i = 0; i < 2; ++i) together[i] = {See(*environments[i])};
  for (int64_t step = 0; step < subject.options.steps; ++step) {
    for (size_t i = 0; i < 2; ++i) {
      if (together[i].back().ended()) continue;
      SF_ASSIGN_OR_RETURN(auto seen, Roll(*environments[i], random[i], 1));
      together[i].push_back(std::move(seen.front()));
    }
  }
  for (size_t i = 0; i < 2; ++i) {
    SF_ASSIGN_OR_RETURN(
        const auto alone,
        RecordEpisode(*environments[i], seeds[i], subject.options.steps));
    const std::string difference = Difference(alone, together[i]);
    if (difference.empty()) continue;
    return Fail(absl::StrCat(
        SeedText(seeds[i]), "alone and beside another instance, ", difference));
  }
  return Pass();
}

}  // namespace softfleet
