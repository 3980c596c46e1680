// SPDX-License-Identifier: Apache-2.0
// Snapshots that wait to be evaluated, from the request until the report.
//
//  1. A new request replaces one that no evaluator has fetched yet, which is
//     skipped: an evaluation is never queued behind another.
//  2. The final one, after the last update, is never replaced.
//  3. One that was fetched is kept until its report arrives, because a report
//     may make its policy the best one. Of those only the newest kFetched are
//     kept: an evaluator that died does not report any more.
//  4. Reports come in the order of versions; an older one that arrives later
//     is not expected any more.
//
// Not thread-safe: ParameterBoard guards it.
#ifndef SOFTFLEET_LEARNER_EVALUATION_REQUESTS_H_
#define SOFTFLEET_LEARNER_EVALUATION_REQUESTS_H_

#include <cstdint>
#include <deque>
#include <memory>

namespace softfleet {

struct Parameters;

class EvaluationRequests {
 public:
  static constexpr size_t kFetched = 4;

  // Asks for the evaluation of a version above all earlier ones. Nothing
  // happens after the final one.
  void Request(std::shared_ptr<const Parameters> parameters, uint64_t version,
               bool final);
  // The newest that waits, if its version is above `have`; from now on it
  // counts as fetched. Several evaluators may fetch the same one.
  std::shared_ptr<const Parameters> Fetch(uint64_t have);
  // Whether Fetch would return one.
  bool Waits(uint64_t have) const;
  // A report of `version` has come: what it is about, or nullptr if it is not
  // expected (any more). Older ones are no longer expected.
  std::shared_ptr<const Parameters> Finish(uint64_t version);

  // Requests that no report will come for, so far.
  int64_t skipped() const { return skipped_; }
  bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    std::shared_ptr<const Parameters> parameters;
    uint64_t version = 0;
    bool final = false;
    bool fetched = false;
  };
  void Drop(size_t index);

  std::deque<Entry> entries_;  // ascending versions; only the last unfetched
  int64_t skipped_ = 0;
};

}  // namespace softfleet

#endif  // SOFTFLEET_LEARNER_EVALUATION_REQUESTS_H_
