// SPDX-License-Identifier: Apache-2.0
#include "transport/insert_client.h"

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "transport/insert_session.h"

namespace softfleet {

absl::StatusOr<std::unique_ptr<InsertClient>> InsertClient::Create(
    std::shared_ptr<grpc::Channel> channel, const Options& options,
    InsertMetrics& metrics) {
  if (options.pending_rows < 1 || options.buffer_bytes < 1 ||
      options.batch_rows < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("pending_rows is ", options.pending_rows,
                     ", buffer_bytes ", options.buffer_bytes, ", batch_rows ",
                     options.batch_rows, "; each must be at least 1"));
  }
  SF_RETURN_IF_ERROR(options.schema.Validate());
  return absl::WrapUnique(new InsertClient(
      std::make_unique<InsertSession>(std::move(channel), options, metrics)));
}

InsertClient::InsertClient(std::unique_ptr<InsertSession> session)
    : session_(std::move(session)) {}

InsertClient::~InsertClient() = default;

absl::Status InsertClient::Append(const StepBlock& block) {
  return session_->Append(block);
}

bool InsertClient::WaitForRoom(absl::Duration timeout) {
  return session_->WaitForRoom(timeout);
}

absl::Status InsertClient::status() const { return session_->status(); }

absl::Status InsertClient::Finish(absl::Duration timeout) {
  return session_->Finish(timeout);
}

InsertClient::Counts InsertClient::counts() const { return session_->counts(); }

bool InsertClient::connected() const { return session_->connected(); }

std::string InsertClient::waiting_for() const {
  return session_->waiting_for();
}

}  // namespace softfleet
