// SPDX-License-Identifier: Apache-2.0
// Bundles are written whole or not at all, and damage is noticed.
#include "policy/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/crc32c.h"
#include "core/fault_file_system.h"
#include "core/safetensors.h"
#include "tests/policy/bundle_fixture.h"
#include "tests/policy/snapshots.h"

namespace softfleet {
namespace {

using testing::ExpectSameBundle;
using ::testing::HasSubstr;
using testing::SomeBundle;
using Json = nlohmann::json;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class PolicyBundleTest : public testing::BundleFixture {};

TEST_F(PolicyBundleTest, AWrittenBundleIsReadBackUnchanged) {
  WriteSomeBundle();
  ExpectSameBundle(ReadPolicyBundle(files_, directory_).value(), SomeBundle());
}

TEST_F(PolicyBundleTest, ABundleOfDiscreteActionsIsReadBackUnchanged) {
  PolicyBundle bundle;
  bundle.snapshot = testing::SmallSnapshot(testing::DiscreteSchema(4, 3));
  ASSERT_TRUE(WritePolicyBundle(files_, directory_, bundle).ok());
  ExpectSameBundle(ReadPolicyBundle(files_, directory_).value(), bundle);
}

TEST_F(PolicyBundleTest, AReadBundleActsLikeTheSnapshotItCameFrom) {
  WriteSomeBundle();
  const auto before = testing::MakePolicy(SomeBundle().snapshot);
  const auto after = testing::MakePolicy(
      ReadPolicyBundle(files_, directory_).value().snapshot);
  const std::vector<float> observation(12, 0.5F);
  PolicyOutput a;
  PolicyOutput b;
  ASSERT_TRUE(
      before->Act(observation, 1, ActionMode::kDeterministic, {}, &a).ok());
  ASSERT_TRUE(
      after->Act(observation, 1, ActionMode::kDeterministic, {}, &b).ok());
  EXPECT_EQ(a.actions, b.actions);
}

TEST_F(PolicyBundleTest, WithoutANormaliserItIsNull) {
  PolicyBundle bundle = SomeBundle();
  bundle.snapshot.normaliser.reset();
  ASSERT_TRUE(WritePolicyBundle(files_, directory_, bundle).ok());
  EXPECT_TRUE(ReadManifest().at("normaliser").is_null());
  ExpectSameBundle(ReadPolicyBundle(files_, directory_).value(), bundle);
}

// ---- What is not written ----

TEST_F(PolicyBundleTest, ANumberThatIsNotFiniteIsNeverWritten) {
  const std::vector<std::pair<std::string, std::function<void(Snapshot*)>>>
      cases = {
          {"alpha", [](Snapshot* s) { s->alpha = std::nan(""); }},
          {"reward_scale", [](Snapshot* s) { s->reward_scale = kInfinity; }},
          {"target_entropy",
           [](Snapshot* s) { s->target_entropy = -kInfinity; }},
          {"action_low[0]", [](Snapshot* s) { s->bounds.low[0] = -kInfinity; }},
          {"action_high[1]",
           [](Snapshot* s) { s->bounds.high[1] = kInfinity; }},
          {"mean[1]", [](Snapshot* s) { s->normaliser->mean[1] = kInfinity; }},
          {"log_std_min",
           [](Snapshot* s) { s->head.log_std_min = -kInfinity; }},
          {"actor/l0.bias", [](Snapshot* s) {
             s->tensors["actor/l0.bias"].mutable_values<float>()[0] = NAN;
           }}};
  for (const auto& [name, damage] : cases) {
    PolicyBundle bundle = SomeBundle();
    damage(&bundle.snapshot);
    const absl::Status status = WritePolicyBundle(files_, directory_, bundle);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(name));
    EXPECT_FALSE(files_.Exists(directory_)) << name;
  }
}

TEST_F(PolicyBundleTest, BoundsThatDoNotFitTheActionsAreNotWritten) {
  PolicyBundle bundle = SomeBundle();
  bundle.snapshot.bounds.low.pop_back();
  EXPECT_THAT(
      std::string(WritePolicyBundle(files_, directory_, bundle).message()),
      HasSubstr("action_low has 1 numbers and action_high 2, the "
                "action 2 dimensions"));
  bundle = SomeBundle();
  bundle.snapshot.bounds.low[1] = 0.5;
  EXPECT_THAT(
      std::string(WritePolicyBundle(files_, directory_, bundle).message()),
      HasSubstr("action_low[1] 0.5 is not below action_high[1] 0.3"));
}

TEST_F(PolicyBundleTest, ATextThatIsNotUtf8IsNotWritten) {
  PolicyBundle bundle = SomeBundle();
  bundle.snapshot.environment = std::string(1, '\xff');
  EXPECT_EQ(WritePolicyBundle(files_, directory_, bundle).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(PolicyBundleTest, AWriteThatFailsAnywhereLeavesNoMixture) {
  const PolicyBundle old_bundle = SomeBundle();
  PolicyBundle new_bundle = SomeBundle();
  new_bundle.snapshot.version += 1;
  new_bundle.snapshot.tensors["actor/l0.bias"].mutable_values<float>()[0] = 1;
  for (const Fault fault : {Fault::kDiskFull, Fault::kIoError, Fault::kCrash}) {
    bool fired = true;
    for (int64_t at = 0; fired; ++at) {
      ASSERT_TRUE(WritePolicyBundle(files_, directory_, old_bundle).ok());
      FaultInjectingFileSystem faulty(files_, {.fault = fault, .at = at});
      const absl::Status status =
          WritePolicyBundle(faulty, directory_, new_bundle);
      fired = faulty.fired();
      EXPECT_TRUE(fired || status.ok()) << at;
      const auto read = ReadPolicyBundle(files_, directory_);
      if (read.ok()) {
        const bool is_new =
            read->snapshot.version != old_bundle.snapshot.version;
        ExpectSameBundle(*read, is_new ? new_bundle : old_bundle);
      } else {
        EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss);
      }
    }
  }
}

// ---- Damaged files ----

TEST_F(PolicyBundleTest, AMissingFileIsNamed) {
  EXPECT_THAT(std::string(Read().message()), HasSubstr("manifest.json"));
  EXPECT_EQ(Read().code(), absl::StatusCode::kNotFound);
  WriteSomeBundle();
  ASSERT_TRUE(files_.Remove(JoinPath(directory_, "policy.safetensors")).ok());
  EXPECT_EQ(Read().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(Read().message()), HasSubstr("policy.safetensors"));
}

TEST_F(PolicyBundleTest, EveryFlippedByteOfTheTensorsIsDataLoss) {
  WriteSomeBundle();
  const std::string good = ReadFile("policy.safetensors");
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
    WriteFile("policy.safetensors", bad);
    ASSERT_EQ(Read().code(), absl::StatusCode::kDataLoss) << "byte " << i;
  }
  EXPECT_THAT(std::string(Read().message()), HasSubstr("policy.safetensors"));
}

// Sound by its checksum, as of a program that checks less.
TEST_F(PolicyBundleTest, ATensorThatIsNotFiniteIsNamedWithItsFile) {
  for (const float bad : {NAN, INFINITY, -INFINITY}) {
    TensorMap tensors = SomeBundle().snapshot.tensors;
    tensors["actor/l0.bias"].mutable_values<float>()[1] = bad;
    const std::string bytes = SerializeSafetensors(tensors, {}).value();
    const absl::Status status = ReadAfter([&](Json* manifest) {
      WriteFile("policy.safetensors", bytes);
      (*manifest)["parameters"] = {{"size", bytes.size()},
                                   {"crc32c", Crc32c(bytes)}};
    });
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(std::string(status.message()),
              JoinPath(directory_, "policy.safetensors") +
                  ": actor/l0.bias has a number that is not finite");
  }
}

TEST_F(PolicyBundleTest, TruncatedOrExtendedTensorsAreDataLoss) {
  WriteSomeBundle();
  const std::string good = ReadFile("policy.safetensors");
  for (const size_t size : {size_t{0}, size_t{7}, good.size() - 1}) {
    WriteFile("policy.safetensors", good.substr(0, size));
    EXPECT_EQ(Read().code(), absl::StatusCode::kDataLoss) << size;
  }
  WriteFile("policy.safetensors", good + '\0');
  EXPECT_EQ(Read().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace softfleet
