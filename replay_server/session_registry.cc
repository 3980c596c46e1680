// SPDX-License-Identifier: Apache-2.0
#include "replay_server/session_registry.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace softfleet {

absl::Status SessionRegistry::CheckId(absl::string_view id) {
  if (id.size() == kIdBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("session has ", id.size(), " bytes, expected ", kIdBytes));
}

SessionRegistry::Claimed SessionRegistry::Claim(const std::string& id,
                                                uint64_t stream) {
  const auto [found, is_new] = sessions_.try_emplace(id);
  Entry& entry = found->second;
  entry.session.id = id;
  const uint64_t superseded = std::exchange(entry.session.stream, stream);
  if (superseded == 0) {
    ++live_;
    if (!is_new) idle_.erase(entry.idle);
  }
  Forget();
  return {&entry.session, superseded};
}

void SessionRegistry::Release(Session* session, uint64_t stream) {
  if (session->stream != stream) return;
  session->stream = 0;
  --live_;
  sessions_.at(session->id).idle = idle_.insert(idle_.end(), session->id);
  Forget();
}

void SessionRegistry::Forget() {
  while (sessions_.size() > most_sessions_ && !idle_.empty()) {
    sessions_.erase(idle_.front());
    idle_.pop_front();
  }
}

SessionRegistry::Verdict SessionRegistry::Judge(uint64_t last, uint64_t seq) {
  if (seq <= last) return Verdict::kDuplicate;
  return seq - last == 1 ? Verdict::kNext : Verdict::kGap;
}

void SessionRegistry::Stored(Session* session, uint64_t seq, uint64_t rows) {
  session->last_seq = seq;
  session->rows += rows;
}

void SessionRegistry::Refused(Session* session, v1::Rejection rejection) {
  session->last_seq = rejection.seq();
  session->rejected.push_back(std::move(rejection));
  if (session->rejected.size() > kKeptRejections) session->rejected.pop_front();
}

}  // namespace softfleet
