// SPDX-License-Identifier: Apache-2.0
// Chooses actions for a batch of environments under the newest policy. Before
// training (the snapshot says so) they are uniform, afterwards sampled; an
// environment's action depends on its own observation, stream and step alone,
// to the last bit. Not thread-safe; one owner.
#ifndef SOFTFLEET_ACTOR_ACTION_CHOOSER_H_
#define SOFTFLEET_ACTOR_ACTION_CHOOSER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "actor/noise_stream.h"
#include "experience/interfaces.h"
#include "policy/policy.h"

namespace softfleet {

class ActionChooser {
 public:
  // Whose action it is and for which of its steps, over all episodes.
  struct Row {
    NoiseStream stream;
    uint64_t step = 0;
  };

  explicit ActionChooser(Schema schema) : schema_(std::move(schema)) {}

  // Takes the newest snapshot there is, without waiting. Unavailable while
  // there has been none; FailedPrecondition where it is for other rows.
  absl::Status Adopt(PolicySource& policies);

  // observations: [rows, frame_stack x observation elements]. The output lives
  // until the next call. Allocates only for more rows than ever before. Adopt
  // has succeeded.
  absl::Status Choose(std::span<const Row> rows,
                      std::span<const float> observations);
  const PolicyOutput& output() const { return output_; }

  // The one in use; null before the first.
  const Snapshot* policy() const { return snapshot_.get(); }
  // As rows record it; 0 = uniformly random.
  uint64_t policy_version() const {
    return snapshot_->act_uniformly ? 0 : snapshot_->version;
  }

 private:
  void ChooseUniformly(std::span<const Row> rows);
  void DrawNoise(std::span<const Row> rows);
  // Replaces the discrete action of row i by one of another temperature.
  void Temper(double temperature, size_t i);

  const Schema schema_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::unique_ptr<Policy> policy_;
  PolicyOutput output_;

  // Scratch.
  std::vector<float> noise_;              // [rows, noise_columns]
  std::vector<float> log_probabilities_;  // [rows, num_actions]
  std::vector<double> tempered_;          // [num_actions]
};

}  // namespace softfleet

#endif  // SOFTFLEET_ACTOR_ACTION_CHOOSER_H_
