// SPDX-License-Identifier: Apache-2.0
#include "learner/parameter_board.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/clock.h"
#include "core/crc32c.h"

namespace softfleet {
namespace {

bool IsEnd(RunState state) {
  return state == RunState::kFinished || state == RunState::kFailed;
}

absl::Duration Now() { return SystemClock().Monotonic(); }

}  // namespace

ParameterBoard::ParameterBoard(Encode encode)
    : encode_(std::move(encode)),
      thread_("parameters", [this] { AnswerInTime(); }) {}

ParameterBoard::~ParameterBoard() { Close(); }

void ParameterBoard::Close() {
  std::vector<Ready> ready;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    ready = TakeAll();
    changed_.NotifyAll();
  }
  Deliver(ready);
}

absl::StatusOr<size_t> ParameterBoard::Publish(
    std::shared_ptr<const Snapshot> snapshot) {
  auto parameters = std::make_shared<Parameters>();
  parameters->bytes = encode_(*snapshot);
  parameters->crc32c = Crc32c(parameters->bytes);
  parameters->snapshot = std::move(snapshot);
  const size_t bytes = parameters->bytes.size();
  std::vector<Ready> ready;
  {
    MutexLock lock(mutex_);
    const uint64_t version = parameters->snapshot->version;
    if (newest_ != nullptr && version <= newest_->snapshot->version) {
      return absl::FailedPreconditionError(absl::StrCat(
          "policy version ", version, " is not above the published ",
          newest_->snapshot->version));
    }
    newest_ = std::move(parameters);
    ready = TakeReady(absl::ZeroDuration());
  }
  Deliver(ready);
  return bytes;
}

void ParameterBoard::SetProgress(RunState state, uint64_t updates) {
  std::vector<Ready> ready;
  {
    MutexLock lock(mutex_);
    const bool ends = IsEnd(state) && state != state_;
    state_ = state;
    updates_ = updates;
    if (ends) ready = TakeAll();
  }
  Deliver(ready);
}

void ParameterBoard::RequestEvaluation(bool final) {
  std::vector<Ready> ready;
  {
    MutexLock lock(mutex_);
    if (newest_ == nullptr) return;
    evaluations_.Request(newest_, newest_->snapshot->version, final);
    ready = TakeReady(absl::ZeroDuration());
  }
  Deliver(ready);
}

std::shared_ptr<const Snapshot> ParameterBoard::FinishEvaluation(
    uint64_t version) {
  MutexLock lock(mutex_);
  const std::shared_ptr<const Parameters> parameters =
      evaluations_.Finish(version);
  return parameters == nullptr ? nullptr : parameters->snapshot;
}

int64_t ParameterBoard::skipped_evaluations() const {
  MutexLock lock(mutex_);
  return evaluations_.skipped();
}

uint64_t ParameterBoard::Ask(uint64_t have, bool for_evaluation,
                             absl::Duration max_wait, Done done) {
  Answer answer;
  {
    MutexLock lock(mutex_);
    const absl::Duration longest =
        IsEnd(state_) ? kLongestWaitAtEnd : kLongestWait;
    const absl::Duration wait =
        std::clamp(max_wait, absl::ZeroDuration(), longest);
    Question question = {have, for_evaluation, Now() + wait, std::move(done)};
    const uint64_t number = ++questions_asked_;
    if (!stopping_ && wait > absl::ZeroDuration() && !HasNews(question)) {
      questions_.emplace(number, std::move(question));
      asked_ = true;
      changed_.NotifyAll();
      return number;
    }
    done = std::move(question.done);
    answer = AnswerNow(have, for_evaluation);
  }
  done(answer);
  return 0;
}

bool ParameterBoard::Forget(uint64_t question) {
  MutexLock lock(mutex_);
  return questions_.erase(question) > 0;
}

ParameterBoard::Answer ParameterBoard::AnswerNow(uint64_t have,
                                                 bool for_evaluation) {
  Answer answer = {nullptr, state_, updates_};
  if (for_evaluation) {
    answer.parameters = evaluations_.Fetch(have);
  } else if (newest_ != nullptr && newest_->snapshot->version > have) {
    answer.parameters = newest_;
  }
  return answer;
}

bool ParameterBoard::HasNews(const Question& question) const {
  if (question.for_evaluation) return evaluations_.Waits(question.have);
  return newest_ != nullptr && newest_->snapshot->version > question.have;
}

std::vector<ParameterBoard::Ready> ParameterBoard::TakeReady(
    absl::Duration now) {
  std::vector<Ready> ready;
  for (auto it = questions_.begin(); it != questions_.end();) {
    Question& question = it->second;
    if (question.deadline > now && !HasNews(question)) {
      ++it;
      continue;
    }
    ready.push_back({std::move(question.done),
                     AnswerNow(question.have, question.for_evaluation)});
    it = questions_.erase(it);
  }
  return ready;
}

std::vector<ParameterBoard::Ready> ParameterBoard::TakeAll() {
  return TakeReady(absl::InfiniteDuration());
}

void ParameterBoard::Deliver(const std::vector<Ready>& ready) {
  for (const Ready& one : ready) one.done(one.answer);
}

void ParameterBoard::AnswerInTime() {
  while (true) {
    std::vector<Ready> ready;
    {
      MutexLock lock(mutex_);
      absl::Duration first = absl::InfiniteDuration();
      for (const auto& [number, question] : questions_) {
        first = std::min(first, question.deadline);
      }
      asked_ = false;
      changed_.WaitFor(lock, first - Now(), [this]() SF_REQUIRES(mutex_) {
        return stopping_ || asked_;
      });
      if (stopping_) return;
      ready = TakeReady(Now());
    }
    Deliver(ready);
  }
}

}  // namespace softfleet
