// SPDX-License-Identifier: Apache-2.0
// What the tests of checkpoints share: a store in a fresh directory, and small
// checkpoints whose content tells which one they are.
#ifndef SOFTFLEET_TESTS_RUN_CHECKPOINT_TESTING_H_
#define SOFTFLEET_TESTS_RUN_CHECKPOINT_TESTING_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/safetensors.h"
#include "run/checkpoint_store.h"
#include "tests/core/test_directory.h"
#include "tests/run/recording_file_system.h"

namespace softfleet {

class CheckpointTest : public ::testing::Test {
 protected:
  static CheckpointStore OpenStore(FileSystem& files,
                                   const std::string& directory) {
    return CheckpointStore::Open(files, directory).value();
  }

  // A checkpoint of two files that hold `mark` in every element.
  static absl::Status Write(CheckpointStore store, FileSystem& files,
                            uint64_t step, float mark) {
    CheckpointManifest manifest;
    manifest.step = step;
    manifest.updates = step * 2;
    manifest.run_id = "00112233aabbccdd";
    manifest.config_hash = "0123456789abcdef";
    manifest.config = "seed: 1\nenvironment {\n  name: \"A\"\n}\n";
    manifest.state_json = "{\"mark\":" + absl::StrCat(mark) + "}";
    return store.Write(
        manifest, [&](const std::string& directory, CheckpointManifest* out) {
          return WriteFiles(files, directory, mark, out);
        });
  }

  static absl::Status WriteFiles(FileSystem& files,
                                 const std::string& directory, float mark,
                                 CheckpointManifest* manifest) {
    for (const std::string name : {"network.safetensors", "rest.safetensors"}) {
      const TensorMap tensors = {
          {name, Tensor::From(std::vector<float>(20, mark), {4, 5})}};
      const auto digest =
          WriteSafetensors(files, JoinPath(directory, name), tensors, {});
      if (!digest.ok()) return digest.status();
      manifest->files[name] = *digest;
    }
    return absl::OkStatus();
  }

  // The mark of the newest valid checkpoint, checked in both its files; -1 if
  // there is none.
  float NewestMark(const CheckpointStore& store, uint64_t* step) {
    const auto found = store.NewestValid();
    EXPECT_TRUE(found.ok()) << found.status();
    if (!found.ok() || !found->has_value()) return -1;
    if (step != nullptr) *step = (*found)->manifest.step;
    float mark = -1;
    for (const std::string name : {"network.safetensors", "rest.safetensors"}) {
      const auto content =
          ReadSafetensors(files_, JoinPath((*found)->directory, name));
      EXPECT_TRUE(content.ok()) << content.status();
      if (!content.ok()) return -1;
      const float value = content->tensors.at(name).values<float>()[19];
      EXPECT_TRUE(mark == -1 || mark == value) << "files of two checkpoints";
      mark = value;
    }
    EXPECT_EQ((*found)->manifest.state_json,
              "{\"mark\":" + absl::StrCat(mark) + "}");
    return mark;
  }

  TestDirectory directory_;
  const std::string path_ = directory_ / "run/checkpoints";
  RecordingFileSystem files_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_RUN_CHECKPOINT_TESTING_H_
