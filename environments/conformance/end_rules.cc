// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "environments/conformance/episode_record.h"
#include "environments/conformance/rules.h"

namespace softfleet {
namespace {

// A limit that most episodes of random actions reach.
constexpr int64_t kShort = 5;
// Seeds that are tried for an episode that does.
constexpr uint64_t kTries = 20;
// Beyond it nobody waits for an environment's own limit.
constexpr int64_t kLongest = 20000;

// "" if a step with this action is refused, else what was done.
std::string Accepted(Environment& environment, const RandomAction& action,
                     absl::string_view what) {
  const bool accepted = StepWith(environment, action).ok();
  return accepted ? absl::StrCat("a step with ", what, " is taken") : "";
}

// Actions that are none, with what is wrong about them.
std::vector<std::pair<RandomAction, std::string>> NoActions(
    const ActionSpec& spec) {
  if (!spec.continuous()) {
    const auto past = static_cast<int32_t>(spec.num_actions);
    return {{{{}, past}, absl::StrCat("index ", past)}, {{{}, -1}, "index -1"}};
  }
  const auto size = static_cast<size_t>(spec.dimension);
  std::vector<float> nan(size), infinite(size);
  nan.back() = std::numeric_limits<float>::quiet_NaN();
  infinite.back() = -std::numeric_limits<float>::infinity();
  return {{{nan, 0}, "NaN"},
          {{infinite, 0}, "an infinite number"},
          {{std::vector<float>(size + 1), 0}, "a number too many"},
          {{std::vector<float>(size - 1), 0}, "a number too few"}};
}

// What a step of the other kind than the environment's came to.
std::string WrongKindAccepted(Environment& environment) {
  if (environment.spec().action.continuous()) {
    return environment.Step(0).ok() ? "a step with an index is taken" : "";
  }
  const std::array<float, 1> vector = {};
  return environment.Step(vector).ok() ? "a step with a vector is taken" : "";
}

// Plays to the end of an episode, at most `most` steps.
absl::StatusOr<std::vector<Seen>> PlayOut(Environment& environment,
                                          uint64_t seed, int64_t most) {
  SF_ASSIGN_OR_RETURN(auto episode, RecordEpisode(environment, seed, most));
  if (episode.back().ended()) return episode;
  return absl::InternalError(absl::StrCat("seed ", seed, ": the episode has ",
                                          "not ended after ", most, " steps"));
}

// "" if this whole episode is truncated at its limit and not before.
std::string WrongLength(const std::vector<Seen>& episode, int64_t limit) {
  const auto steps = static_cast<int64_t>(episode.size()) - 1;
  if (episode.back().truncated == (steps == limit)) return "";
  return absl::StrCat("with a limit of ", limit, " step ", steps,
                      steps == limit ? " is not" : " is", " truncated");
}

}  // namespace

absl::StatusOr<Verdict> CheckBadActions(const Subject& subject) {
  SF_ASSIGN_OR_RETURN(const auto environment, subject.make(std::nullopt));
  SF_RETURN_IF_ERROR(environment->Reset(subject.options.seed));
  const Seen before = See(*environment);
  std::string wrong = WrongKindAccepted(*environment);
  for (const auto& [action, what] : NoActions(environment->spec().action)) {
    if (wrong.empty()) wrong = Accepted(*environment, action, what);
  }
  if (!wrong.empty()) return Fail(wrong);
  const std::string difference = Difference(before, See(*environment));
  if (difference.empty()) return Pass();
  return Fail(absl::StrCat("after refused actions ", difference));
}

absl::StatusOr<Verdict> CheckBeforeReset(const Subject& subject) {
  SF_ASSIGN_OR_RETURN(const auto environment, subject.make(std::nullopt));
  RandomAction action;
  Philox random = EpisodeActions(subject.options.seed);
  DrawAction(environment->spec(), 1.0, random, &action);
  const std::string wrong = Accepted(*environment, action, "no reset before");
  return wrong.empty() ? Pass() : Fail(wrong);
}

absl::StatusOr<Verdict> CheckAfterEnd(const Subject& subject) {
  SF_ASSIGN_OR_RETURN(const auto environment, subject.make(kShort));
  const uint64_t seed = subject.options.seed;
  SF_ASSIGN_OR_RETURN(const auto episode, PlayOut(*environment, seed, kShort));
  Philox random = EpisodeActions(seed);
  RandomAction action;
  DrawAction(environment->spec(), 1.0, random, &action);
  const std::string wrong =
      Accepted(*environment, action, "the episode's end before");
  if (!wrong.empty()) return Fail(wrong);
  Seen last = episode.back();
  Seen now = See(*environment);
  if (now.observation != last.observation || now.state != last.state) {
    return Fail("a step that was refused after the end changed what is seen");
  }
  SF_ASSIGN_OR_RETURN(const auto again, PlayOut(*environment, seed, kShort));
  const std::string difference = Difference(episode, again);
  if (difference.empty()) return Pass();
  return Fail(absl::StrCat("after that, a new episode: ", difference));
}

absl::StatusOr<Verdict> CheckTimeLimit(const Subject& subject) {
  SF_ASSIGN_OR_RETURN(const auto brief, subject.make(kShort));
  if (brief->spec().max_episode_steps != kShort) {
    return Fail(absl::StrCat("made with a limit of ", kShort,
                             " steps, the spec says ",
                             brief->spec().max_episode_steps));
  }
  for (uint64_t i = 0; i < kTries; ++i) {
    SF_ASSIGN_OR_RETURN(const auto episode,
                        PlayOut(*brief, subject.options.seed + i, kShort));
    const std::string wrong = WrongLength(episode, kShort);
    if (!wrong.empty()) return Fail(wrong);
  }
  SF_ASSIGN_OR_RETURN(const auto environment, subject.make(std::nullopt));
  const int64_t limit = environment->spec().max_episode_steps;
  if (limit == 0) return Note("there is no limit of its own");
  if (limit > kLongest) {
    return Note(absl::StrCat("its own limit of ", limit, " was not tried"));
  }
  SF_ASSIGN_OR_RETURN(const auto episode,
                      PlayOut(*environment, subject.options.seed, limit));
  const std::string wrong = WrongLength(episode, limit);
  return wrong.empty() ? Pass() : Fail(wrong);
}

// As long as the same episode goes on without it, a truncated one must not
// differ from it but in being truncated.
absl::StatusOr<Verdict> CheckFinalObservation(const Subject& subject) {
  SF_ASSIGN_OR_RETURN(const auto brief, subject.make(kShort));
  SF_ASSIGN_OR_RETURN(const auto longer, subject.make(2 * kShort));
  for (uint64_t i = 0; i < kTries; ++i) {
    const uint64_t seed = subject.options.seed + i;
    SF_ASSIGN_OR_RETURN(const auto cut, RecordEpisode(*brief, seed, kShort));
    SF_ASSIGN_OR_RETURN(auto whole, RecordEpisode(*longer, seed, kShort));
    if (!cut.back().truncated || whole.back().terminated) continue;
    whole.back().truncated = true;
    const std::string difference = Difference(cut, whole);
    if (difference.empty()) return Pass();
    return Fail(absl::StrCat("seed ", seed, ": truncated after ", kShort,
                             " steps and not, ", difference));
  }
  return Note(absl::StrCat("no episode lasted for ", kShort, " steps"));
}

}  // namespace softfleet
