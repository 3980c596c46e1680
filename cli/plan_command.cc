// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_format.h"
#include "cli/commands.h"
#include "cli/plan.h"
#include "cli/progress.h"
#include "core/status.h"
#include "run/config.h"

namespace softfleet {
namespace {

// Long enough for rates within some ten per cent.
constexpr double kMeasuredSeconds = 3;

void PrintJson(const Plan& plan) {
  std::printf("%s\n",
              nlohmann::ordered_json{
                  {"table_bytes", plan.table_bytes},
                  {"parameters", plan.parameters},
                  {"checkpoint_bytes", plan.checkpoint_bytes},
                  {"disk_bytes", plan.disk_bytes},
                  {"updates", plan.updates},
                  {"evaluations", plan.evaluations},
                  {"warmup_steps_per_second", plan.warmup_steps_per_second},
                  {"steps_per_second", plan.steps_per_second},
                  {"updates_per_second", plan.updates_per_second},
                  {"evaluation_seconds", plan.evaluation_seconds},
                  {"total_seconds", plan.total_seconds}}
                  .dump(2)
                  .c_str());
}

void PrintText(const v1::RunConfig& config, const Plan& plan) {
  absl::PrintF("memory     %s for %d rows of replay, %d parameters\n",
               FormatBytes(plan.table_bytes), config.replay().capacity(),
               plan.parameters);
  absl::PrintF("disk       at most %s: %d checkpoints of %s\n",
               FormatBytes(plan.disk_bytes),
               plan.disk_bytes / std::max<uint64_t>(1, plan.checkpoint_bytes),
               FormatBytes(plan.checkpoint_bytes));
  absl::PrintF("work       %d steps, %d updates, %d evaluations\n",
               config.total_steps(), plan.updates, plan.evaluations);
  absl::PrintF(
      "rates      %.0f steps/s and %.0f updates/s in training, %.0f steps/s in "
      "the warm-up,\n           %.2f s per evaluation (measured now, here)\n",
      plan.steps_per_second, plan.updates_per_second,
      plan.warmup_steps_per_second, plan.evaluation_seconds);
  absl::PrintF("time       about %s\n", FormatDuration(plan.total_seconds));
}

absl::Status PrintPlan(const PlanFlags& flags) {
  SF_ASSIGN_OR_RETURN(const v1::RunConfig config,
                      LoadConfig(RealFileSystem(), flags.config, flags.set));
  SF_ASSIGN_OR_RETURN(const Plan plan, MakePlan(RealFileSystem(), SystemClock(),
                                                config, kMeasuredSeconds));
  if (flags.json) {
    PrintJson(plan);
  } else {
    PrintText(config, plan);
  }
  return absl::OkStatus();
}

}  // namespace

int RunPlan(const PlanFlags& flags) { return ReportError(PrintPlan(flags)); }

}  // namespace softfleet
