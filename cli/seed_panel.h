// SPDX-License-Identifier: Apache-2.0
// Several runs of one configuration that differ in their seeds, in one process:
// each a TrainingRun with its own environments, table and directory
// (run/seed_directories.h), on a thread of its own. Only so many work at a
// time, the one that is least far first. A run knows nothing of the others, so
// each is bit-equal to the single run of its seed.
//
// One writer: the directory's lock says so. One thread, but where noted.
#ifndef SOFTFLEET_CLI_SEED_PANEL_H_
#define SOFTFLEET_CLI_SEED_PANEL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/training_run.h"
#include "cli/turns.h"
#include "core/clock.h"
#include "core/file_system.h"
#include "softfleet/v1/run.pb.h"

namespace softfleet {

struct SeedPanelOptions {
  v1::RunConfig config;  // of every run, but for its seed
  std::string run_dir;
  std::vector<uint64_t> seeds;  // ascending; not empty
  int threads = 1;              // runs that work at a time; >= 1
  std::string init_from;        // as in TrainingRun::Open
};

// What became of one run.
struct SeedResult {
  uint64_t seed = 0;
  absl::Status status = absl::OkStatus();  // why it failed, or OK
  bool finished = false;                   // else it was stopped, or has failed
};

// Told of run i, that of seed i of the options, by its own thread.
struct SeedPanelObserver {
  std::function<TrainingObserver(size_t i)> of_run;
  std::function<void(size_t i, const SeedResult&)> on_end;
};

class SeedPanel {
 public:
  // Checks all there is to check before any run begins, and takes the lock.
  // A directory is created where all is well. InvalidArgument or
  // FailedPrecondition: the directory holds a single run, a run of another
  // configuration, or seeds that are not among these; the tables of all seeds
  // together exceed replay.byte_budget; the system cannot be built.
  // Unavailable: another process trains there.
  static absl::StatusOr<std::unique_ptr<SeedPanel>> Open(
      FileSystem& files, Clock& clock, SeedPanelOptions options);

  // What a person should know before it begins: seeds that are new beside
  // those that were there.
  const std::vector<std::string>& notes() const { return notes_; }

  // Trains every seed to its end, or until `stop` returns true: then each has
  // written a checkpoint. A run that fails ends alone. `stop` is asked by all
  // threads. Once.
  std::vector<SeedResult> Run(const SeedPanelObserver& observer,
                              const std::function<bool()>& stop);

 private:
  SeedPanel(FileSystem& files, Clock& clock, SeedPanelOptions options);

  // Whether every directory is free for its run.
  absl::Status CheckDirectories();
  v1::RunConfig ConfigOf(uint64_t seed) const;
  SeedResult Train(uint64_t seed, TrainingObserver observer,
                   const std::function<bool()>& stop);

  FileSystem& files_;
  Clock& clock_;
  const SeedPanelOptions options_;
  std::vector<std::string> notes_;
  std::unique_ptr<FileLock> lock_;
  Turns turns_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_SEED_PANEL_H_
