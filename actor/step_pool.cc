// SPDX-License-Identifier: Apache-2.0
#include "actor/step_pool.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/cpu_list.h"
#include "core/log.h"

namespace softfleet {
namespace {

// How long an end waits for steps that are being taken.
constexpr absl::Duration kFarewell = absl::Seconds(1);

}  // namespace

StepPool::StepPool(Options options, size_t environments)
    : options_(std::move(options)), cells_(environments) {
  for (size_t i = 0; i < environments; ++i) {
    cells_[i].rollout = options_.make_rollout(i, {});
  }
  for (int i = 0; i < options_.threads; ++i) {
    workers_.push_back(StartWorker(static_cast<size_t>(i)));
  }
}

StepPool::~StepPool() {
  Stop(kFarewell);
  for (Worker& worker : workers_) {
    // One that is about to finish is joined.
    if (!worker.seat->over.exchange(true)) worker.thread.Abandon();
  }
}

StepPool::Worker StepPool::StartWorker(size_t number) {
  auto seat = std::make_shared<Seat>();
  const auto work = [this, seat, number] {
    if (!options_.cpus.empty()) {
      const int cpu = options_.cpus[number % options_.cpus.size()];
      const absl::Status pinned = RunThisThreadOn(cpu);
      if (!pinned.ok()) LogWarning(pinned.message());
    }
    Work(*seat);
  };
  return {seat, Thread(absl::StrCat("step-", number), work)};
}

void StepPool::Work(Seat& seat) {
  Run run;
  while (WaitAndStart(seat, &run)) {
    StepOutcome outcome = Perform(run);
    // Given up on: nothing but `run` is ours any more.
    if (seat.over.exchange(true)) return;
    Finish(run, std::move(outcome));
    run.rollout.reset();
  }
}

StepOutcome StepPool::Perform(const Run& run) {
  return run.begins ? run.rollout->Begin() : run.rollout->Step(run.safe);
}

bool StepPool::WaitAndStart(Seat& seat, Run* run) {
  MutexLock lock(mutex_);
  seat.running = false;
  for (;;) {
    if (stopping_) return false;
    const absl::Duration wait = UntilDue();
    if (wait <= absl::ZeroDuration()) break;
    ++idle_threads_;
    work_.WaitFor(lock, wait, [this, pushes = pushes_]() SF_REQUIRES(mutex_) {
      return stopping_ || pushes_ != pushes;
    });
    --idle_threads_;
  }
  *run = Start();
  seat.running = true;
  seat.index = run->index;
  seat.started = run->started;
  seat.over = false;
  return true;
}

bool StepPool::StepOne() {
  Run run;
  {
    MutexLock lock(mutex_);
    if (stopping_ || UntilDue() > absl::ZeroDuration()) return false;
    run = Start();
  }
  StepOutcome outcome = Perform(run);
  Finish(run, std::move(outcome));
  return true;
}

absl::Duration StepPool::UntilDue() {
  if (due_.empty()) return absl::InfiniteDuration();
  const absl::Duration at = due_.front().at;
  if (at == absl::ZeroDuration()) return at;
  return std::max(at - options_.clock->Monotonic(), absl::ZeroDuration());
}

void StepPool::Push(size_t index, absl::Duration at) {
  due_.push_back({at, ++pushes_, index});
  std::push_heap(due_.begin(), due_.end());
  if (idle_threads_ > 0) work_.NotifyAll();
}

StepPool::Run StepPool::Start() {
  const size_t index = due_.front().index;
  std::pop_heap(due_.begin(), due_.end());
  due_.pop_back();
  Cell& cell = cells_[index];
  cell.running = true;
  ++running_;
  const bool safe = real_time() && !cell.begins && !cell.has_action;
  return {cell.rollout, index, std::exchange(cell.begins, false), safe,
          options_.clock->Monotonic()};
}

void StepPool::Finish(const Run& run, StepOutcome outcome) {
  const absl::Duration now = options_.clock->Monotonic();
  MutexLock lock(mutex_);
  Cell& cell = cells_[run.index];
  EndRun(cell);
  cell.took = now - run.started;
  if (cell.rollout->has_block()) cell.rollout->TakeBlock(&blocks_.Add());
  Note(cell, now);
  Report report{run.index, std::move(outcome), {}, 0};
  if (real_time() && report.outcome.stepped) {
    report.lateness = run.started - cell.ticks.next();
  }
  if (report.outcome.finished.has_value()) {
    cell.begins = true;
    Push(run.index, absl::ZeroDuration());
  } else if (report.outcome.failure == nullptr) {
    if (!std::exchange(cell.asking, true)) asking_.push_back(run.index);
    if (real_time() && cell.ticking) SetNextTick(cell, &report, now);
  }
  reports_.push_back(std::move(report));
  if (AwaitedIsThere()) changed_.NotifyOne();
}

void StepPool::EndRun(Cell& cell) {
  --running_;
  cell.running = false;
  cell.has_action = false;
  ++cell.turn;
}

void StepPool::Note(Cell& cell, absl::Duration now) {
  const Rollout& rollout = *cell.rollout;
  cell.position = rollout.position();
  cell.episode = rollout.episode();
  cell.step = rollout.step();
  cell.rows = static_cast<uint64_t>(rollout.rows());
  if (cell.rows == 0) cell.first_row.reset();
  if (cell.rows > 0 && !cell.first_row.has_value()) cell.first_row = now;
}

void StepPool::SetNextTick(Cell& cell, Report* report, absl::Duration now) {
  if (report->outcome.began) {
    cell.ticks.Start(now + options_.period);
  } else {
    report->missed_ticks = cell.ticks.Advance(options_.period, now);
  }
  Push(report->index, cell.ticks.next());
}

void StepPool::Begin(size_t index, absl::Duration due) {
  MutexLock lock(mutex_);
  cells_[index].begins = true;
  Push(index, due);
}

void StepPool::Gather(std::vector<Request>* requests,
                      std::vector<float>* observations) {
  requests->clear();
  observations->clear();
  MutexLock lock(mutex_);
  std::sort(asking_.begin(), asking_.end());
  for (const size_t index : asking_) {
    Cell& cell = cells_[index];
    cell.asking = false;
    if (cell.running) continue;  // its tick has come; it will ask again
    requests->push_back({index, cell.turn, cell.rollout->position().steps});
    const std::span<const float> observation = cell.rollout->observation();
    observations->insert(observations->end(), observation.begin(),
                         observation.end());
  }
  asking_.clear();
}

void StepPool::Deliver(std::span<const Request> requests,
                       const PolicyOutput& output, uint64_t policy_version) {
  const absl::Duration now = options_.clock->Monotonic();
  const bool discrete = !output.discrete_actions.empty();
  const size_t columns =
      requests.empty() ? 0 : output.actions.size() / requests.size();
  MutexLock lock(mutex_);
  for (size_t i = 0; i < requests.size(); ++i) {
    Cell& cell = cells_[requests[i].index];
    if (cell.running || cell.turn != requests[i].turn) continue;
    ChosenAction& action = cell.rollout->action();
    const float* const row = output.actions.data() + i * columns;
    action.action.assign(row, row + columns);
    if (discrete) action.discrete_action = output.discrete_actions[i];
    action.policy_version = policy_version;
    cell.has_action = true;
    if (!real_time()) {
      Push(requests[i].index, absl::ZeroDuration());
    } else if (!std::exchange(cell.ticking, true)) {
      cell.ticks.Start(now);
      Push(requests[i].index, now);
    }
  }
}

bool StepPool::busy() {
  MutexLock lock(mutex_);
  return !Idle();
}

void StepPool::Await(size_t asking, absl::Duration timeout) {
  MutexLock lock(mutex_);
  awaited_ = asking;
  changed_.WaitFor(lock, timeout,
                   [this]() SF_REQUIRES(mutex_) { return AwaitedIsThere(); });
  AbandonHung();
}

void StepPool::Stop(absl::Duration grace) {
  MutexLock lock(mutex_);
  stopping_ = true;
  work_.NotifyAll();
  changed_.WaitFor(lock, grace,
                   [this]() SF_REQUIRES(mutex_) { return running_ == 0; });
}

void StepPool::AbandonHung() {
  if (options_.deadline == absl::InfiniteDuration()) return;
  const absl::Duration now = options_.clock->Monotonic();
  for (size_t i = 0; i < workers_.size(); ++i) {
    Seat& seat = *workers_[i].seat;
    if (!seat.running || now - seat.started <= options_.deadline) continue;
    if (seat.over.exchange(true)) continue;  // it has come back just now
    Abandon(seat.index, now - seat.started);
    workers_[i].thread.Abandon();
    workers_[i] = StartWorker(i);
  }
}

// Nobody knows whether the run had begun another episode, so the next has a
// number beyond that.
void StepPool::Abandon(size_t index, absl::Duration ran) {
  Cell& cell = cells_[index];
  EndRun(cell);
  Report report{index, {}, {}, 0};
  report.outcome.failure = std::make_unique<EnvironmentFailure>(
      EnvironmentFailure{FailureReason::kHang,
                         absl::DeadlineExceededError(absl::StrCat(
                             "has not come back in ", absl::FormatDuration(ran),
                             " (actor.step_deadline_seconds allows ",
                             absl::FormatDuration(options_.deadline), ")")),
                         cell.episode, cell.step, cell.rows});
  reports_.push_back(std::move(report));
  ++cell.position.episodes;
  cell.rollout = options_.make_rollout(index, cell.position);
  cell.rows = 0;
  cell.first_row.reset();
}

void StepPool::CutOld() {
  const absl::Duration now = options_.clock->Monotonic();
  MutexLock lock(mutex_);
  for (Cell& cell : cells_) {
    if (cell.running || !cell.first_row.has_value()) continue;
    if (now - *cell.first_row + cell.took >= options_.block_time) Cut(cell);
  }
}

void StepPool::CutAll() {
  MutexLock lock(mutex_);
  for (Cell& cell : cells_) {
    if (!cell.running && cell.rows > 0) Cut(cell);
  }
}

void StepPool::Cut(Cell& cell) {
  cell.rollout->Cut(&blocks_.Add());
  cell.rows = 0;
  cell.first_row.reset();
}

void StepPool::TakeBlocks(BlockList* blocks) {
  MutexLock lock(mutex_);
  std::swap(blocks_, *blocks);
}

void StepPool::TakeReports(std::vector<Report>* reports) {
  reports->clear();
  MutexLock lock(mutex_);
  std::swap(reports_, *reports);
}

}  // namespace softfleet
