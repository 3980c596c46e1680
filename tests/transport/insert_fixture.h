// SPDX-License-Identifier: Apache-2.0
// An InsertClient with its metrics, and blocks to put into it.
#ifndef SOFTFLEET_TESTS_TRANSPORT_INSERT_FIXTURE_H_
#define SOFTFLEET_TESTS_TRANSPORT_INSERT_FIXTURE_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "core/metrics.h"
#include "transport/channel.h"
#include "transport/insert_client.h"

namespace softfleet {

inline constexpr absl::Duration kPatience = absl::Seconds(10);

inline Schema TestSchema() {
  Schema schema;
  schema.observations = {{"state", DType::kF32, {1}}};
  schema.action.dimension = 1;
  return schema;
}

// A valid block of one row; tests tell blocks apart by their first_step.
inline StepBlock TestBlock(uint64_t id, int64_t rows = 1) {
  StepBlock block;
  block.first_step = id;
  block.rows = rows;
  block.observations = {
      std::vector<std::byte>(static_cast<size_t>(rows + 1) * 4)};
  block.actions.resize(static_cast<size_t>(rows));
  block.rewards.resize(static_cast<size_t>(rows));
  return block;
}

inline std::vector<uint64_t> FirstNumbers(uint64_t n, uint64_t from = 0) {
  std::vector<uint64_t> numbers(n);
  std::iota(numbers.begin(), numbers.end(), from);
  return numbers;
}

// A client with its metrics.
struct InsertingActor {
  explicit InsertingActor(const std::string& address,
                          InsertClient::Options options = {}) {
    options.run_id = "run-7";
    options.schema = TestSchema();
    options.client = "test";
    auto channel = MakeChannel(address, {});
    EXPECT_TRUE(channel.ok()) << channel.status();
    auto made = InsertClient::Create(*std::move(channel), options, metrics);
    EXPECT_TRUE(made.ok()) << made.status();
    client = *std::move(made);
  }

  // Appends blocks [from, to), waiting for room.
  void Append(uint64_t from, uint64_t to) {
    for (uint64_t id = from; id < to; ++id) {
      ASSERT_TRUE(client->WaitForRoom(kPatience));
      const absl::Status status = client->Append(TestBlock(id));
      ASSERT_TRUE(status.ok()) << status;
    }
  }
  void Finish() {
    const absl::Status status = client->Finish(kPatience);
    EXPECT_TRUE(status.ok()) << status;
  }

  MetricRegistry registry;
  InsertMetrics metrics{registry};
  std::unique_ptr<InsertClient> client;
};

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_TRANSPORT_INSERT_FIXTURE_H_
