// SPDX-License-Identifier: Apache-2.0
// Messages between an insert buffer and a shard, as tests make them.
#ifndef SOFTFLEET_TESTS_TRANSPORT_INSERT_MESSAGES_H_
#define SOFTFLEET_TESTS_TRANSPORT_INSERT_MESSAGES_H_

#include <cstdint>
#include <string>

#include "softfleet/v1/replay.pb.h"

namespace softfleet {

// More bytes than a test uses.
inline constexpr uint64_t kPlenty = 1 << 20;

// Blocks are told apart by their first_step.
inline v1::StepBlock Block(uint64_t id, uint32_t rows, size_t bytes = 40) {
  v1::StepBlock block;
  block.set_first_step(id);
  block.set_rows(rows);
  block.set_rewards(std::string(bytes, 'x'));
  return block;
}

inline v1::Welcome Welcome(uint64_t last_seq, uint64_t session_rows = 0,
                           uint64_t credit = kPlenty) {
  v1::Welcome welcome;
  welcome.set_last_seq(last_seq);
  welcome.set_session_rows(session_rows);
  welcome.set_credit_bytes(credit);
  welcome.set_max_batch_bytes(kPlenty);
  return welcome;
}

inline v1::Acknowledgement Acknowledge(uint64_t durable,
                                       uint64_t credit = kPlenty) {
  v1::Acknowledgement acknowledgement;
  acknowledgement.set_applied(durable);
  acknowledgement.set_durable(durable);
  acknowledgement.set_credit_bytes(credit);
  return acknowledgement;
}

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_TRANSPORT_INSERT_MESSAGES_H_
