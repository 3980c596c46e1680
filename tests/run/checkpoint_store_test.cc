// SPDX-License-Identifier: Apache-2.0
#include "run/checkpoint_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "run/checkpoint_manifest.h"
#include "tests/run/checkpoint_testing.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CheckpointStoreTest : public CheckpointTest {
 protected:
  void WriteSteps(const std::vector<uint64_t>& steps) {
    for (const uint64_t step : steps) {
      const absl::Status status = Write(store_, files_, step, step + 0.5f);
      ASSERT_TRUE(status.ok()) << status;
    }
  }
  std::vector<std::string> Names() { return files_.List(path_).value(); }
  std::string In(uint64_t step, const std::string& name) {
    return absl::StrCat(path_, "/step-", absl::Dec(step, absl::kZeroPad12), "/",
                        name);
  }
  void Replace(const std::string& path, const std::string& bytes) {
    ASSERT_TRUE(WriteFileAtomically(files_, path, bytes).ok());
  }
  // The newest valid checkpoint, which must exist.
  CheckpointStore::Found Newest() {
    const auto found = store_.NewestValid();
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? found->value_or(CheckpointStore::Found())
                      : CheckpointStore::Found();
  }

  CheckpointStore store_ = OpenStore(files_, path_);
};

TEST_F(CheckpointStoreTest, AnEmptyStoreHasNothingAndWritesNothing) {
  EXPECT_THAT(store_.Steps().value(), IsEmpty());
  EXPECT_FALSE(store_.NewestValid().value().has_value());
  EXPECT_TRUE(store_.Retain(1, {}).ok());
  EXPECT_FALSE(files_.Exists(path_));
}

TEST_F(CheckpointStoreTest, TheNewestManifestIsReadWithoutItsFiles) {
  EXPECT_FALSE(store_.NewestManifest().value().has_value());
  WriteSteps({1000, 2000});
  Replace(In(2000, "rest.safetensors"), "damaged");
  EXPECT_EQ(store_.NewestManifest().value()->step, 2000u);
  EXPECT_EQ(Newest().manifest.step, 1000u);
  Replace(In(2000, "manifest.json"), "damaged");
  EXPECT_TRUE(absl::IsDataLoss(store_.NewestManifest().status()));
}

TEST_F(CheckpointStoreTest, WhatIsWrittenComesBack) {
  WriteSteps({1000});
  EXPECT_THAT(Names(), ElementsAre("step-000000001000"));
  EXPECT_THAT(
      files_.List(path_ + "/step-000000001000").value(),
      ElementsAre("manifest.json", "network.safetensors", "rest.safetensors"));
  const CheckpointStore::Found found = Newest();
  EXPECT_EQ(found.directory, path_ + "/step-000000001000");
  EXPECT_EQ(found.manifest.step, 1000u);
  EXPECT_EQ(found.manifest.updates, 2000u);
  EXPECT_EQ(found.manifest.run_id, "00112233aabbccdd");
  EXPECT_EQ(found.manifest.config_hash, "0123456789abcdef");
  EXPECT_EQ(found.manifest.config,
            "seed: 1\nenvironment {\n  name: \"A\"\n}\n");
  EXPECT_EQ(found.manifest.state_json, "{\"mark\":1000.5}");
  EXPECT_THAT(found.manifest.files, SizeIs(2));
  EXPECT_THAT(found.skipped, IsEmpty());
}

TEST_F(CheckpointStoreTest, TheManifestIsJsonWithItsDocumentedFields) {
  WriteSteps({1000});
  const auto json =
      nlohmann::json::parse(files_.Read(In(1000, "manifest.json")).value());
  EXPECT_EQ(json.at("format_version"), 1);
  EXPECT_EQ(json.at("step"), 1000);
  EXPECT_EQ(json.at("updates"), 2000);
  EXPECT_EQ(json.at("state").at("mark"), 1000.5);
  const auto& file = json.at("files").at("rest.safetensors");
  EXPECT_EQ(file.at("size"), files_.Size(In(1000, "rest.safetensors")).value());
  EXPECT_THAT(file.at("crc32c").get<std::string>(), SizeIs(8));
}

TEST_F(CheckpointStoreTest, StepsAreNumbersNotNames) {
  WriteSteps({999999999999, 1000000000000, 5000000000000});
  EXPECT_THAT(store_.Steps().value(),
              ElementsAre(999999999999, 1000000000000, 5000000000000));
  EXPECT_EQ(Newest().manifest.step, 5000000000000u);
}

TEST_F(CheckpointStoreTest, OtherNamesAreNotCheckpoints) {
  WriteSteps({7});
  for (const char* name : {"step-8", "step-00000000000x", "step--00000000001",
                           "notes", "step-000000000009.tmp"}) {
    ASSERT_TRUE(files_.CreateDirectories(JoinPath(path_, name)).ok());
  }
  EXPECT_THAT(store_.Steps().value(), ElementsAre(7));
  EXPECT_EQ(Newest().manifest.step, 7u);
}

TEST_F(CheckpointStoreTest, TheSameStepIsReplaced) {
  WriteSteps({10, 20});
  ASSERT_TRUE(Write(store_, files_, 20, 3).ok());
  EXPECT_EQ(NewestMark(store_, nullptr), 3);
  EXPECT_THAT(Names(), ElementsAre("step-000000000010", "step-000000000020"));
}

TEST_F(CheckpointStoreTest, EverythingIsDurableBeforeItGetsItsName) {
  WriteSteps({10});
  files_.log.clear();
  WriteSteps({10});
  const std::string ten = path_ + "/step-000000000010";
  EXPECT_THAT(files_.log,
              ElementsAre("sync " + ten + ".tmp/network.safetensors",
                          "sync " + ten + ".tmp/rest.safetensors",
                          "sync " + ten + ".tmp/manifest.json.tmp",
                          "rename " + ten + ".tmp/manifest.json.tmp to " + ten +
                              ".tmp/manifest.json",
                          "sync directory " + ten + ".tmp",
                          "rename " + ten + " to " + ten + ".replaced",
                          "rename " + ten + ".tmp to " + ten,
                          "sync directory " + path_));
}

TEST_F(CheckpointStoreTest, TheStoresOwnDirectoryIsDurableToo) {
  WriteSteps({10});
  EXPECT_EQ(files_.log.front(), "sync directory " + ParentPath(path_));
}

TEST_F(CheckpointStoreTest, LaterStepsAreAFutureThatIsLeft) {
  WriteSteps({10, 20, 30, 40});
  WriteSteps({25});
  EXPECT_THAT(store_.Steps().value(), ElementsAre(10, 20, 25));
  EXPECT_EQ(Newest().manifest.step, 25u);
}

TEST_F(CheckpointStoreTest, LookingLeavesAWritersDirectoryAlone) {
  ASSERT_TRUE(files_.CreateDirectories(path_ + "/step-000000000009.tmp").ok());
  OpenStore(files_, path_).NewestValid().value();
  EXPECT_THAT(Names(), ElementsAre("step-000000000009.tmp"));
  WriteSteps({10});
  EXPECT_THAT(Names(), ElementsAre("step-000000000010"));
}

TEST_F(CheckpointStoreTest, AnErrorOfTheCallbackLeavesNothing) {
  WriteSteps({10});
  CheckpointManifest manifest;
  manifest.step = 20;
  const absl::Status status = store_.Write(
      manifest, [&](const std::string& directory, CheckpointManifest* out) {
        EXPECT_TRUE(WriteFiles(files_, directory, 1, out).ok());
        return absl::CancelledError("enough");
      });
  EXPECT_EQ(status, absl::CancelledError("enough"));
  EXPECT_THAT(Names(), ElementsAre("step-000000000010"));
}

TEST_F(CheckpointStoreTest, AWrongDigestOrNameOrStateIsNoticedWhenWriting) {
  const auto nothing = [](const std::string&, CheckpointManifest*) {
    return absl::OkStatus();
  };
  CheckpointManifest manifest;
  manifest.files = {{"absent", {1, 2}}};
  EXPECT_EQ(store_.Write(manifest, nothing).code(),
            absl::StatusCode::kNotFound);
  manifest = {};
  manifest.run_id = "\xff";
  EXPECT_EQ(store_.Write(manifest, nothing).code(),
            absl::StatusCode::kInvalidArgument);
  manifest = {};
  for (const char* state : {"[1]", "{", ""}) {
    manifest.state_json = state;
    EXPECT_EQ(store_.Write(manifest, nothing).code(),
              absl::StatusCode::kInvalidArgument);
  }
  const absl::Status status = store_.Write(
      CheckpointManifest(),
      [&](const std::string& directory, CheckpointManifest* out) {
        const absl::Status written = WriteFiles(files_, directory, 1, out);
        ++out->files.begin()->second.size;
        return written;
      });
  EXPECT_THAT(std::string(status.message()), HasSubstr("its digest says"));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(CheckpointStoreTest, ABrokenFileIsSkippedAndNamed) {
  for (int seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    WriteSteps({10, 20});
    const std::string names[] = {"manifest.json", "network.safetensors",
                                 "rest.safetensors"};
    const std::string path = In(20, names[random() % 3]);
    std::string bytes = files_.Read(path).value();
    const size_t at = random() % bytes.size();
    switch (random() % 4) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
        break;
      case 1:
        bytes.resize(at);
        break;
      case 2:
        bytes += static_cast<char>(random());
        break;
      default:
        ASSERT_TRUE(files_.Remove(path).ok());
        bytes.clear();
    }
    if (files_.Exists(path)) Replace(path, bytes);
    const CheckpointStore::Found found = Newest();
    EXPECT_EQ(found.manifest.step, 10u);
    ASSERT_THAT(found.skipped, SizeIs(1));
    EXPECT_THAT(found.skipped[0], HasSubstr(path));
  }
}

TEST_F(CheckpointStoreTest, SeveralBrokenOnesAreAllNamed) {
  WriteSteps({10, 20, 30});
  Replace(In(30, "rest.safetensors"), "");
  ASSERT_TRUE(files_.RemoveAll(In(20, "manifest.json")).ok());
  const CheckpointStore::Found found = Newest();
  EXPECT_EQ(found.manifest.step, 10u);
  EXPECT_THAT(found.skipped,
              ElementsAre(HasSubstr("step-000000000030/rest.safetensors has 0 "
                                    "bytes, its manifest says "),
                          HasSubstr("step-000000000020/manifest.json: No such "
                                    "file")));
}

TEST_F(CheckpointStoreTest, WithoutAValidOneEveryBrokenOneIsNamed) {
  WriteSteps({10, 20});
  Replace(In(10, "manifest.json"), "{}");
  Replace(In(20, "network.safetensors"), "x");
  const absl::Status status = store_.NewestValid().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("no valid checkpoint in " + path_),
                    HasSubstr("step-000000000010/manifest.json"),
                    HasSubstr("step-000000000020/network.safetensors")));
}

TEST_F(CheckpointStoreTest, ACheckpointUnderAnotherStepsNameIsBroken) {
  WriteSteps({10});
  ASSERT_TRUE(
      files_.Rename(path_ + "/step-000000000010", path_ + "/step-000000000099")
          .ok());
  EXPECT_THAT(std::string(store_.NewestValid().status().message()),
              HasSubstr("is that of step 10"));
}

TEST_F(CheckpointStoreTest, BytesAreThoseOfEveryFileOfEveryCheckpoint) {
  EXPECT_EQ(store_.Bytes().value(), 0u);
  WriteSteps({10, 20});
  uint64_t bytes = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(path_)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  EXPECT_GT(bytes, 0u);
  EXPECT_EQ(store_.Bytes().value(), bytes);
}

TEST_F(CheckpointStoreTest, RetainKeepsTheNewestAndTheBest) {
  WriteSteps({10, 20, 30, 40, 50});
  ASSERT_TRUE(store_.Retain(2, 20).ok());
  EXPECT_THAT(store_.Steps().value(), ElementsAre(20, 40, 50));
  ASSERT_TRUE(store_.Retain(2, 40).ok());
  EXPECT_THAT(store_.Steps().value(), ElementsAre(40, 50));
  ASSERT_TRUE(store_.Retain(9, {}).ok());
  EXPECT_THAT(store_.Steps().value(), ElementsAre(40, 50));
  ASSERT_TRUE(store_.Retain(1, 10).ok());  // the best is long gone
  EXPECT_THAT(Names(), ElementsAre("step-000000000050"));
  EXPECT_EQ(store_.Retain(0, {}).code(), absl::StatusCode::kInvalidArgument);
}

CheckpointManifest SmallManifest() {
  return {.step = 1,
          .updates = 18446744073709551615u,
          .run_id = "a",
          .config_hash = "b",
          .config = "seed: 1 # \"\\n\"",
          .state_json = "{\"b\":0.1,\"a\":18446744073709551615}",
          .files = {{"x.safetensors", {12, 0xdeadbeef}}}};
}

TEST(CheckpointManifestTest, ComesBackEqual) {
  const auto manifest = DecodeManifest(EncodeManifest(SmallManifest()).value());
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->updates, 18446744073709551615u);
  EXPECT_EQ(manifest->config, SmallManifest().config);
  EXPECT_EQ(manifest->state_json, SmallManifest().state_json);
  EXPECT_EQ(manifest->files, SmallManifest().files);
}

TEST(CheckpointManifestTest, EveryFlippedBitIsNoticed) {
  const std::string text = EncodeManifest(SmallManifest()).value();
  for (size_t at = 0; at < text.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      EXPECT_EQ(DecodeManifest(flipped).status().code(),
                absl::StatusCode::kDataLoss)
          << "byte " << at << ", bit " << bit;
    }
  }
}

TEST(CheckpointManifestTest, EveryTruncationIsNoticed) {
  const std::string text = EncodeManifest(SmallManifest()).value();
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(DecodeManifest(text.substr(0, size)).status().code(),
              absl::StatusCode::kDataLoss);
  }
  EXPECT_FALSE(DecodeManifest(text + "\n").ok());
}

TEST(CheckpointManifestTest, AFileOutsideOfTheDirectoryIsRefused) {
  for (const char* name :
       {"", "..", "../x", "/x", "a/b", ".x", "manifest.json"}) {
    CheckpointManifest manifest = SmallManifest();
    manifest.files[name] = {};
    EXPECT_EQ(EncodeManifest(manifest).status().code(),
              absl::StatusCode::kInvalidArgument)
        << name;
  }
}

}  // namespace
}  // namespace softfleet
