// SPDX-License-Identifier: Apache-2.0
#include "tests/policy/bundle_fixture.h"

#include <cstdint>

#include "tests/policy/snapshots.h"

namespace softfleet::testing {

PolicyBundle SomeBundle() {
  Schema schema = ContinuousSchema(2, 2);
  schema.observations.push_back({"pixels", DType::kU8, {1, 2}});
  schema.frame_stack = 3;
  Snapshot snapshot = SmallSnapshot(schema);
  snapshot.run_id = "run-1";
  snapshot.version = (uint64_t{7} << 32) + 5;
  snapshot.step = 12345;
  snapshot.updates = 12000;
  snapshot.bounds = {{-2, 0.1}, {2, 0.30000000000000004}};
  snapshot.head = {"squashed_gaussian", "bounded", -5, 1.5};
  snapshot.normaliser =
      NormaliserState{12345, {0.1, -1e-300, 0, 0}, {1e300, 0.2, 1, 1}};
  snapshot.environment = "Pendulum-v1 \"\u00fc\"";
  snapshot.reward_scale = 0.1;
  snapshot.alpha = 0.018;
  snapshot.target_entropy = -2;
  snapshot.entropy_offset = 0.7;
  return {snapshot, ActionMode::kStochastic};
}

void ExpectSameBundle(const PolicyBundle& actual,
                      const PolicyBundle& expected) {
  const Snapshot& a = actual.snapshot;
  const Snapshot& b = expected.snapshot;
  EXPECT_EQ(actual.deployment_mode, expected.deployment_mode);
  EXPECT_EQ(a.run_id, b.run_id);
  EXPECT_EQ(a.version, b.version);
  EXPECT_EQ(a.step, b.step);
  EXPECT_EQ(a.updates, b.updates);
  EXPECT_EQ(a.schema, b.schema);
  EXPECT_EQ(a.bounds, b.bounds);
  EXPECT_EQ(a.layers, b.layers);
  EXPECT_EQ(a.head, b.head);
  EXPECT_EQ(a.tensors, b.tensors);
  EXPECT_EQ(a.normaliser, b.normaliser);
  EXPECT_EQ(a.environment, b.environment);
  EXPECT_EQ(a.reward_scale, b.reward_scale);
  EXPECT_EQ(a.alpha, b.alpha);
  EXPECT_EQ(a.target_entropy, b.target_entropy);
  EXPECT_EQ(a.entropy_offset, b.entropy_offset);
}

std::string BundleFixture::ReadFile(const std::string& name) {
  return files_.Read(JoinPath(directory_, name)).value();
}

void BundleFixture::WriteFile(const std::string& name,
                              const std::string& contents) {
  const auto file =
      files_.Open(JoinPath(directory_, name), FileSystem::OpenMode::kReplace);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE((*file)->Append(contents).ok());
  ASSERT_TRUE((*file)->Close().ok());
}

void BundleFixture::WriteSomeBundle() {
  const absl::Status status =
      WritePolicyBundle(files_, directory_, SomeBundle());
  ASSERT_TRUE(status.ok()) << status;
}

nlohmann::json BundleFixture::ReadManifest() {
  return nlohmann::json::parse(ReadFile("manifest.json"));
}

absl::Status BundleFixture::ReadAfter(
    const std::function<void(nlohmann::json*)>& edit) {
  if (good_manifest_.empty()) {
    WriteSomeBundle();
    good_manifest_ = ReadFile("manifest.json");
  }
  nlohmann::json manifest = nlohmann::json::parse(good_manifest_);
  edit(&manifest);
  WriteFile("manifest.json", manifest.dump());
  return Read();
}

}  // namespace softfleet::testing
