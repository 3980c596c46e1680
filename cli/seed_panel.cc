// SPDX-License-Identifier: Apache-2.0
#include "cli/seed_panel.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "cli/seed_list.h"
#include "core/plural.h"
#include "core/status.h"
#include "core/thread.h"
#include "evaluation/summary.h"
#include "run/machine.h"
#include "run/run_directory.h"
#include "run/seed_directories.h"

namespace softfleet {
namespace {

// Long enough that a run's networks stay in the cache for most of its turn.
constexpr absl::Duration kSlice = absl::Milliseconds(50);

constexpr char kOtherDirectory[] = "choose another --run_dir";

std::vector<uint64_t> Without(const std::vector<uint64_t>& seeds,
                              const std::vector<uint64_t>& others) {
  std::vector<uint64_t> rest;
  std::set_difference(seeds.begin(), seeds.end(), others.begin(), others.end(),
                      std::back_inserter(rest));
  return rest;
}

// Builds one system and lets it go: whatever is wrong with the configuration
// is known before there is a directory.
absl::Status CheckConfig(FileSystem& files, const v1::RunConfig& config,
                         size_t seeds) {
  if (config.learner().schedule() != v1::Schedule::lockstep) {
    return absl::InvalidArgumentError(
        "learner.schedule is overlapped: seeds that are trained together take "
        "turns at the cores, so that each needs learner.schedule=lockstep");
  }
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<EmbeddedSystem> system,
                      EmbeddedSystem::Build(files, config));
  const uint64_t each = system->table().bytes();
  const uint64_t budget = config.replay().byte_budget();
  if (budget == 0 || each <= budget / seeds) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the replay tables of ", Counted(seeds, "seed"), " take ", seeds, " x ",
      FormatBytes(each), " = ", FormatBytes(each * seeds),
      ", replay.byte_budget is ", FormatBytes(budget),
      ": lower replay.capacity, raise replay.byte_budget, or train fewer seeds "
      "at once"));
}

}  // namespace

SeedPanel::SeedPanel(FileSystem& files, Clock& clock, SeedPanelOptions options)
    : files_(files),
      clock_(clock),
      options_(std::move(options)),
      turns_(options_.threads, kSlice, clock) {}

absl::StatusOr<std::unique_ptr<SeedPanel>> SeedPanel::Open(
    FileSystem& files, Clock& clock, SeedPanelOptions options) {
  auto panel =
      absl::WrapUnique(new SeedPanel(files, clock, std::move(options)));
  const SeedPanelOptions& given = panel->options_;
  SF_RETURN_IF_ERROR(panel->CheckDirectories());
  SF_RETURN_IF_ERROR(CheckConfig(files, given.config, given.seeds.size()));
  SF_RETURN_IF_ERROR(files.CreateDirectories(given.run_dir));
  auto lock = files.Lock(JoinPath(given.run_dir, "lock"));
  if (absl::IsUnavailable(lock.status())) {
    return absl::UnavailableError(
        absl::StrCat("directory ", given.run_dir,
                     " is in use by another process: wait for it, stop it, or ",
                     kOtherDirectory));
  }
  SF_RETURN_IF_ERROR(lock.status());
  panel->lock_ = *std::move(lock);
  return panel;
}

absl::Status SeedPanel::CheckDirectories() {
  const std::string& run_dir = options_.run_dir;
  if (files_.Exists(JoinPath(run_dir, "run.json"))) {
    return absl::InvalidArgumentError(
        absl::StrCat(run_dir, " holds a single run: leave --seeds out, or ",
                     kOtherDirectory));
  }
  SF_ASSIGN_OR_RETURN(const std::vector<uint64_t> present,
                      SeedsIn(files_, run_dir));
  const std::vector<uint64_t> left_out = Without(present, options_.seeds);
  if (!left_out.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        run_dir, " holds seeds ", FormatSeedList(present), ", and --seeds ",
        FormatSeedList(options_.seeds), " leaves ", FormatSeedList(left_out),
        " out: name them too, or ", kOtherDirectory));
  }
  const std::vector<uint64_t> added = Without(options_.seeds, present);
  if (!present.empty() && !added.empty()) {
    notes_.push_back(absl::StrCat("adding ", Counted(added.size(), "seed"),
                                  " (", FormatSeedList(added), ") to those in ",
                                  run_dir, " (", FormatSeedList(present), ")"));
  }
  for (const uint64_t seed : options_.seeds) {
    const absl::Status free = RunDirectory::Check(
        files_, SeedDirectory(run_dir, seed), ConfigOf(seed));
    // Anything else is that run's own affair.
    if (absl::IsInvalidArgument(free) || absl::IsFailedPrecondition(free)) {
      return free;
    }
  }
  return absl::OkStatus();
}

v1::RunConfig SeedPanel::ConfigOf(uint64_t seed) const {
  v1::RunConfig config = options_.config;
  config.set_seed(seed);
  return config;
}

SeedResult SeedPanel::Train(uint64_t seed, TrainingObserver observer,
                            const std::function<bool()>& stop) {
  const v1::RunConfig config = ConfigOf(seed);
  const std::string directory = SeedDirectory(options_.run_dir, seed);
  SeedResult result{.seed = seed};
  if (IsFinished(files_, directory, config)) {
    result.finished = true;
    return result;
  }
  Turns::Turn turn(turns_, 0);
  if (stop()) return result;
  auto run = TrainingRun::Open(files_, clock_, config, directory,
                               std::move(observer), options_.init_from);
  if (!run.ok()) {
    result.status = run.status();
    return result;
  }
  RecordMachineOrWarn(files_, directory);
  const absl::StatusOr<bool> finished = (*run)->Run([&] {
    turn.Offer((*run)->step());
    return stop();
  });
  result.status = finished.status();
  result.finished = finished.ok() && *finished;
  return result;
}

std::vector<SeedResult> SeedPanel::Run(const SeedPanelObserver& observer,
                                       const std::function<bool()>& stop) {
  std::vector<SeedResult> results(options_.seeds.size());
  std::vector<Thread> threads;
  for (size_t i = 0; i < results.size(); ++i) {
    const uint64_t seed = options_.seeds[i];
    threads.emplace_back(absl::StrCat("seed-", seed), [&, i, seed] {
      results[i] = Train(seed, observer.of_run(i), stop);
      observer.on_end(i, results[i]);
    });
  }
  for (Thread& thread : threads) thread.Join();
  return results;
}

}  // namespace softfleet
