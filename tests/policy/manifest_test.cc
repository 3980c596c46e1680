// SPDX-License-Identifier: Apache-2.0
// The manifest of a bundle, key by key: wrong ones are named.
#include "policy/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/philox.h"
#include "policy/policy.h"
#include "tests/policy/bundle_fixture.h"

namespace softfleet {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class ManifestTest : public testing::BundleFixture {};

TEST_F(ManifestTest, HasTheKeysOthersRead) {
  WriteSomeBundle();
  const Json manifest = ReadManifest();
  EXPECT_EQ(manifest.at("reward_scale"), 0.1);
  EXPECT_EQ(manifest.at("alpha"), 0.018);
  EXPECT_EQ(manifest.at("target_entropy"), -2);
  EXPECT_EQ(manifest.at("action_low"), Json({-2, 0.1}));
  EXPECT_EQ(manifest.at("action_high"), Json({2, 0.30000000000000004}));
  EXPECT_EQ(manifest.at("deployment_mode"), "stochastic");
  EXPECT_EQ(manifest.at("run_id"), "run-1");
  EXPECT_EQ(manifest.at("step"), 12345);
  EXPECT_EQ(manifest.at("environment"), "Pendulum-v1 \"\u00fc\"");
  EXPECT_EQ(manifest.at("normaliser").at("count"), 12345);
  EXPECT_EQ(manifest.at("layers").at(0).at("tensors"), "actor/l0");
  EXPECT_TRUE(manifest.contains("software"));
}

// Every key that is read, those of nested objects too, as a path.
std::vector<Json::json_pointer> RequiredKeys(const Json& manifest) {
  std::vector<Json::json_pointer> keys;
  for (const auto& item : manifest.items()) {
    if (item.key() == "software") continue;  // for people
    const Json::json_pointer path = Json::json_pointer() / item.key();
    keys.push_back(path);
    if (!item.value().is_object()) continue;
    for (const auto& member : item.value().items()) {
      keys.push_back(path / member.key());
    }
  }
  return keys;
}

// "/head/kind" as messages write it: "key head.kind".
std::string KeyName(const Json::json_pointer& path) {
  std::string name = path.to_string().substr(1);
  std::replace(name.begin(), name.end(), '/', '.');
  return "key " + name;
}

TEST_F(ManifestTest, EveryMissingKeyIsNamed) {
  WriteSomeBundle();
  const std::vector<Json::json_pointer> keys = RequiredKeys(ReadManifest());
  ASSERT_GT(keys.size(), 17);
  for (const Json::json_pointer& key : keys) {
    const absl::Status status = ReadAfter(
        [&](Json* json) { json->at(key.parent_pointer()).erase(key.back()); });
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("manifest.json: " + KeyName(key) + " is missing"));
  }
}

TEST_F(ManifestTest, EveryKeyOfAWrongTypeIsNamed) {
  WriteSomeBundle();
  for (const Json::json_pointer& key : RequiredKeys(ReadManifest())) {
    const absl::Status status =
        ReadAfter([&](Json* json) { json->at(key) = true; });
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(KeyName(key)));
  }
}

TEST_F(ManifestTest, ElementsOfAWrongTypeAreNamedWithTheirIndex) {
  EXPECT_THAT(std::string(ReadAfter([](Json* json) {
                            (*json)["action_high"][1] = nullptr;
                          }).message()),
              HasSubstr("key action_high[1] is of type null, needs a number"));
  EXPECT_THAT(std::string(ReadAfter([](Json* json) {
                            (*json)["layers"][2]["kind"] = 3;
                          }).message()),
              HasSubstr("key layers[2].kind is of type number, needs a "
                        "string"));
  EXPECT_THAT(std::string(ReadAfter([](Json* json) {
                            (*json)["step"] = -1;
                          }).message()),
              HasSubstr("key step is of type number, needs a whole number"));
  EXPECT_THAT(std::string(ReadAfter([](Json* json) {
                            (*json)["schema"]["frame_stack"] = 5000000000;
                          }).message()),
              HasSubstr("key schema.frame_stack is 5000000000, above"));
}

TEST_F(ManifestTest, UnknownNamesAreErrorsThatSayTheKey) {
  EXPECT_THAT(std::string(ReadAfter([](Json* json) {
                            (*json)["deployment_mode"] = "greedy";
                          }).message()),
              HasSubstr("key deployment_mode is \"greedy\""));
  EXPECT_THAT(std::string(ReadAfter([](Json* json) {
                            (*json)["schema"]["action"]["kind"] = "hybrid";
                          }).message()),
              HasSubstr("key schema.action.kind is \"hybrid\""));
  EXPECT_THAT(std::string(ReadAfter([](Json* json) {
                            (*json)["schema"]["observations"][0]["dtype"] = "X";
                          }).message()),
              HasSubstr("key schema.observations[0].dtype is an unknown dtype "
                        "\"X\""));
}

TEST_F(ManifestTest, WhatThePolicyRefusesIsRefusedWithTheManifestsPath) {
  EXPECT_THAT(std::string(ReadAfter([](Json* json) {
                            (*json)["layers"][1]["kind"] = "gelu";
                          }).message()),
              HasSubstr("manifest.json: layer 1 (gelu): unknown layer"));
}

TEST_F(ManifestTest, AnotherFormatVersionIsRefused) {
  for (const int version : {0, 2, 1000}) {
    EXPECT_THAT(std::string(ReadAfter([&](Json* json) {
                              (*json)["format_version"] = version;
                            }).message()),
                HasSubstr("key format_version is " + std::to_string(version) +
                          ", this program reads 1"));
  }
}

TEST_F(ManifestTest, UnknownKeysAreIgnored) {
  const absl::Status status = ReadAfter([](Json* json) {
    (*json)["added_later"] = {1, 2, 3};
    (*json)["head"]["components"] = 4;
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(ManifestTest, ATextThatIsNotJsonIsAnErrorWithTheManifestsPath) {
  WriteSomeBundle();
  WriteFile("manifest.json", "{");
  EXPECT_THAT(std::string(Read().message()),
              HasSubstr("manifest.json: not JSON"));
  WriteFile("manifest.json", "[]");
  EXPECT_THAT(std::string(Read().message()),
              HasSubstr("manifest.json: not a JSON object"));
}

TEST_F(ManifestTest, EveryTruncationIsAnError) {
  const std::string good = FormatManifest(testing::SomeBundle(), {}).value();
  ASSERT_TRUE(ParseManifest(good).ok());
  const size_t end = good.rfind('}');
  for (size_t size = 0; size <= end; ++size) {
    ASSERT_EQ(ParseManifest(good.substr(0, size)).status().code(),
              absl::StatusCode::kInvalidArgument)
        << size;
  }
}

TEST_F(ManifestTest, RandomDamageNeverDoesWorseThanAnError) {
  const PolicyBundle bundle = testing::SomeBundle();
  const std::string good = FormatManifest(bundle, {}).value();
  Philox random(9, Purpose::kTest);
  int refused = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    std::string bad = good;
    bad[random.NextBelow(bad.size())] =
        static_cast<char>(random.NextBelow(256));
    const auto parsed = ParseManifest(bad);
    if (!parsed.ok()) {
      ++refused;
      continue;
    }
    auto snapshot = std::make_shared<Snapshot>(parsed->bundle.snapshot);
    snapshot->tensors = bundle.snapshot.tensors;
    Policy::Create(snapshot).IgnoreError();
  }
  EXPECT_GT(refused, 10000) << "seed 9";
}

}  // namespace
}  // namespace softfleet
