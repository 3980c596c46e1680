// SPDX-License-Identifier: Apache-2.0
// The sessions of a shard: how far each has come, and which stream speaks for
// it. Not thread-safe.
//
//  1. A session is known from its first Hello until the shard ends, or until
//     kMostSessions others have been heard of since its stream ended.
//  2. It has one stream at a time: a newer Hello takes it over.
//  3. Batch seq = last + 1 comes next, an older one is a duplicate, a later one
//     leaves a gap. A batch that is refused uses its seq up like any other.
#ifndef SOFTFLEET_REPLAY_SERVER_SESSION_REGISTRY_H_
#define SOFTFLEET_REPLAY_SERVER_SESSION_REGISTRY_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <string>
#include <unordered_map>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "softfleet/v1/replay.pb.h"

namespace softfleet {

struct Session {
  std::string id;
  uint64_t last_seq = 0;  // stored or refused
  uint64_t rows = 0;      // stored
  // Refusals that a client which comes back may not have heard of.
  std::deque<v1::Rejection> rejected;
  uint64_t stream = 0;  // that speaks for it; 0 = none
};

class SessionRegistry {
 public:
  // About 200 bytes each.
  static constexpr size_t kMostSessions = 65536;
  static constexpr size_t kIdBytes = 16;
  static constexpr size_t kKeptRejections = 64;

  explicit SessionRegistry(size_t most_sessions = kMostSessions)
      : most_sessions_(most_sessions) {}

  // InvalidArgument unless `id` can be a session's.
  static absl::Status CheckId(absl::string_view id);

  struct Claimed {
    Session* session;     // lives until Release, and longer
    uint64_t superseded;  // the stream that spoke for it until now; 0 = none
  };
  // From now on `stream` (not 0) speaks for the session.
  Claimed Claim(const std::string& id, uint64_t stream);
  // `stream` has ended. Nothing happens if it does not speak for the session
  // any more.
  void Release(Session* session, uint64_t stream);

  enum class Verdict { kNext, kDuplicate, kGap };
  static Verdict Judge(uint64_t last, uint64_t seq);
  // The batch is stored, with so many rows / refused.
  static void Stored(Session* session, uint64_t seq, uint64_t rows);
  static void Refused(Session* session, v1::Rejection rejection);

  size_t live() const { return live_; }  // sessions with a stream
  size_t size() const { return sessions_.size(); }

 private:
  struct Entry {
    Session session;
    std::list<std::string>::iterator idle;  // valid while without stream
  };
  void Forget();

  const size_t most_sessions_;
  size_t live_ = 0;
  std::unordered_map<std::string, Entry> sessions_;
  std::list<std::string> idle_;  // without stream, longest first
};

}  // namespace softfleet

#endif  // SOFTFLEET_REPLAY_SERVER_SESSION_REGISTRY_H_
