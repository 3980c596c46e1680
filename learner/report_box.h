// SPDX-License-Identifier: Apache-2.0
// Where evaluators' reports wait for the learner's driver, who alone writes
// the run directory. Thread-safe.
#ifndef SOFTFLEET_LEARNER_REPORT_BOX_H_
#define SOFTFLEET_LEARNER_REPORT_BOX_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/mutex.h"

namespace softfleet {

struct EvaluationReport {
  std::string run_id;
  uint64_t version = 0;    // of the snapshot that was evaluated
  std::string audit_json;  // one row, as audit.json has it
  double seconds = 0;      // the evaluation took
};

class ReportBox {
 public:
  // Reports that wait at most: every evaluator has one.
  static constexpr size_t kMostWaiting = 64;

  using Done = std::function<void(const absl::StatusOr<bool>& recorded)>;
  struct Item {
    EvaluationReport report;
    Done done;
  };

  // `on_post` is called after each Post, from its thread; may be empty.
  explicit ReportBox(std::function<void()> on_post = {})
      : on_post_(std::move(on_post)) {}
  ~ReportBox() { Close(); }

  // `done` is called once, by whoever takes the report, or at once with
  // ResourceExhausted or Unavailable when the box is full or closed.
  void Post(EvaluationReport report, Done done) {
    absl::Status refused;
    {
      MutexLock lock(mutex_);
      if (closed_) {
        refused = absl::UnavailableError("the learner is shutting down");
      } else if (items_.size() >= kMostWaiting) {
        refused = absl::ResourceExhaustedError("too many reports wait");
      } else {
        items_.push_back({std::move(report), std::move(done)});
      }
    }
    if (!refused.ok()) return done(refused);
    if (on_post_) on_post_();
  }

  // All that wait. The taker calls each `done`.
  std::vector<Item> Take() {
    MutexLock lock(mutex_);
    return std::exchange(items_, {});
  }

  // From now on nothing is accepted; who waits is told.
  void Close() {
    std::vector<Item> items;
    {
      MutexLock lock(mutex_);
      closed_ = true;
      items = std::exchange(items_, {});
    }
    for (const Item& item : items) {
      item.done(absl::UnavailableError("the learner is shutting down"));
    }
  }

 private:
  const std::function<void()> on_post_;
  Mutex mutex_;
  bool closed_ SF_GUARDED_BY(mutex_) = false;
  std::vector<Item> items_ SF_GUARDED_BY(mutex_);
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_REPORT_BOX_H_
