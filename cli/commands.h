// SPDX-License-Identifier: Apache-2.0
// The commands of `softfleet`: each takes its parsed flags and returns the
// exit code. Results go to stdout, everything else to stderr.
#ifndef SOFTFLEET_CLI_COMMANDS_H_
#define SOFTFLEET_CLI_COMMANDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace softfleet {

// Exit codes of every command.
inline constexpr int kExitOk = 0;        // done, or stopped cleanly
inline constexpr int kExitFailure = 1;   // an error while working
inline constexpr int kExitBadInput = 2;  // flags, configuration, files

// Prints "softfleet: <message>" to stderr; the exit code for that status.
int ReportError(const absl::Status& status);

// Of a command that begins or resumes a run.
struct RunFlags {
  std::string config;            // path
  std::string run_dir;           // path
  std::vector<std::string> set;  // "sac.gamma=0.98"
  std::string command_line;      // as typed, for the resume hint
};

struct TrainFlags : RunFlags {
  std::string init_from;       // a policy bundle or a run; may be empty
  std::string metrics_listen;  // host:port for Prometheus; empty: none
  std::string seeds;           // "0-7": a run of each; empty: the one run
  int threads = 0;             // seeds that train at a time; 0: chosen
};
// Of one run, or with `seeds` of a seed panel.
int RunTrain(const TrainFlags& flags);
// What RunTrain does with `seeds`.
absl::Status TrainSeedPanel(const TrainFlags& flags);

struct ClusterFlags : RunFlags {
  int shards = 2;
  int actors = 4;
};
// The same run as processes of this machine.
int RunCluster(const ClusterFlags& flags);

struct EvaluateFlags {
  std::string run_dir;          // of a run: its configuration and policy ...
  std::string policy;           // ... or a policy bundle's directory
  std::string panel;            // replaces the configuration's; may be empty
  std::optional<int> episodes;  // without a panel
  std::vector<std::string> perturb;  // "friction: 0.5", each beside the nominal
  bool json = false;
};
int RunEvaluate(const EvaluateFlags& flags);

struct RenderFlags {
  std::string run_dir;      // of a run: its configuration and policy ...
  std::string policy;       // ... or a policy bundle's directory ...
  std::string trace;        // ... or an episode that was recorded
  std::string out;          // .mp4, .png, or %05d.png; empty: nothing
  std::string write_trace;  // where to record the episode; may be empty
  std::string mode;         // deterministic | stochastic; empty: as deployed
  int start = 0;            // number of the panel's start
  int64_t steps = 0;        // at most; 0: the environment's own limit
  int64_t step = 0;         // of a single picture
  int width = 640;
  int height = 480;
  std::string camera;
  double speed = 1;   // times as fast as it happened
  bool fast = false;  // no shadows, no smooth edges
};
// An episode as a video or pictures.
int RunRender(const RenderFlags& flags);

struct AuditFlags {
  std::string run_dir;
  std::string format = "table";  // table | csv | markdown | json
};
int RunAudit(const AuditFlags& flags);

struct ReportFlags {
  std::string run_dir;
  std::string out;  // path; empty: <run_dir>/report.html
  bool json = false;
};
int RunReport(const ReportFlags& flags);

struct CheckEnvironmentFlags {
  std::string name;              // of a built-in environment, or ...
  std::string plugin;            // ... a shared library's path, or ...
  std::string gymnasium;         // ... a Gymnasium id with, if need be, ...
  std::string module;            // ... a module that registers it, or ...
  std::string config;            // ... a run configuration's path
  std::vector<std::string> set;  // overrides of that or of the defaults
  uint64_t seed = 1;
  bool json = false;
};
// Fails where a rule of environments/conformance is broken.
int RunCheckEnvironment(const CheckEnvironmentFlags& flags);

struct ListFlags {
  std::string what;  // environments | presets | options | metrics
  std::string presets = "configs";  // directory of the presets
  bool json = false;
  bool markdown = false;  // metrics only: docs/metrics.md
};
int RunList(const ListFlags& flags);

struct PlanFlags {
  std::string config;  // path
  std::vector<std::string> set;
  bool json = false;
};
// What a run would take: bytes, rates measured on this machine for a moment,
// and the time they lead to.
int RunPlan(const PlanFlags& flags);

struct ProfileFlags {
  std::string config;  // path
  std::vector<std::string> set;
  int64_t updates = 200;
  std::string trace;  // where to write a Chrome trace; may be empty
  bool json = false;
};
// Where the time of an update goes.
int RunProfile(const ProfileFlags& flags);

struct ConfigFlags {
  std::string config;  // path; empty = the defaults
  std::vector<std::string> set;
  bool print = false;  // every field with its comment
  bool hash = false;
  bool json = false;
};
int RunConfig(const ConfigFlags& flags);

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_COMMANDS_H_
