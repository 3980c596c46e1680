// SPDX-License-Identifier: Apache-2.0
// Runs that are killed while checkpoints are being written.
#ifndef SOFTFLEET_TESTS_END_TO_END_CHECKPOINT_KILLS_H_
#define SOFTFLEET_TESTS_END_TO_END_CHECKPOINT_KILLS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace softfleet {

// `set` of a run that is at it nearly all the time, and too slow to be over
// before it is killed.
inline const std::vector<std::string> kWritingAllTheTime = {
    "checkpoint_interval=20", "learner.updates_per_step=128"};

// The short run with `set`: killed (SIGKILL) `kills` times, each time while it
// writes a checkpoint, at moments of `seed`, which is printed, and started
// again, to its end in `run_dir`. Each start goes on from a checkpoint, skips
// none as broken, and does not fall behind the one before. Some kills must have
// left a checkpoint unfinished.
void KillWhileCheckpointsAreWritten(uint64_t seed, int kills,
                                    const std::vector<std::string>& set,
                                    const std::string& config,
                                    const std::string& run_dir);

}  // namespace softfleet

#endif  // SOFTFLEET_TESTS_END_TO_END_CHECKPOINT_KILLS_H_
