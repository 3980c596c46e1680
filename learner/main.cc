// SPDX-License-Identifier: Apache-2.0
// softfleet-learner: owns the run of a cluster.
//
// A run that is finished already is said to be so, and nothing changes; the
// program stays up for kFinishedGrace and tells whoever joins, so that actors
// and evaluators that were started along with it end too, where an exit at
// once would leave them looking for a learner for ever.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/command_line.h"
#include "core/file_system.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/process_metrics.h"
#include "core/status.h"
#include "core/stop_signal.h"
#include "core/version.h"
#include "environments/environment_config.h"
#include "evaluation/panel.h"
#include "evaluation/run_result.h"
#include "evaluation/summary.h"
#include "learner/learner_options.h"
#include "learner/service_run.h"
#include "run/config.h"
#include "run/machine.h"
#include "transport/channel.h"
#include "transport/codec.h"
#include "transport/service_flags.h"

namespace softfleet {
namespace {

constexpr char kProgram[] = "softfleet-learner";
// For actors to flush and for everybody to see how the run ended; below the
// ten seconds that docker and the like give a process to stop.
constexpr absl::Duration kEndGrace = absl::Seconds(9);
constexpr absl::Duration kFailedGrace = absl::Seconds(1);
constexpr absl::Duration kFinishedGrace = absl::Seconds(5);

struct Flags {
  ServiceFlags service;
  std::string config;
  std::vector<std::string> set;
  std::string run_dir;
  std::string shards;
  std::string command_line;
};

void Describe(CLI::App& app, Flags* flags) {
  AddServiceFlags(app, "127.0.0.1:7200", &flags->service);
  app.add_option("--config", flags->config, "Run configuration")
      ->required()
      ->type_name("FILE");
  app.add_option("--set", flags->set,
                 "Override a field, e.g. --set sac.gamma=0.98; repeatable")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--run_dir", flags->run_dir,
                 "Directory of the run; the same command resumes it")
      ->required()
      ->type_name("DIR");
  app.add_option("--shards", flags->shards,
                 "Addresses of the replay shards, with commas between them")
      ->required()
      ->type_name("HOST:PORT,...");
  app.footer(
      "Example:\n  softfleet-learner --config configs/pendulum.textproto "
      "--run_dir runs/pendulum \\\n      --shards 127.0.0.1:7201,"
      "127.0.0.1:7202\nActors and evaluators are started with --learner and "
      "this program's address.\nSIGTERM and Ctrl-C write a checkpoint and "
      "stop.");
}

// Checked here: what is wrong with the flags leaves no run directory behind.
absl::StatusOr<std::vector<std::string>> ParseShards(const Flags& flags) {
  std::vector<std::string> shards;
  for (absl::string_view part : absl::StrSplit(flags.shards, ',')) {
    const std::string address(absl::StripAsciiWhitespace(part));
    if (std::find(shards.begin(), shards.end(), address) != shards.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--shards names ", address, " twice"));
    }
    shards.push_back(address);
  }
  for (const std::string& address : shards) {
    SF_RETURN_IF_ERROR(Annotate(
        MakeChannel(address, flags.service.security).status(), "--shards"));
  }
  return shards;
}

absl::StatusOr<LearnerOptions> OptionsFor(const v1::RunConfig& config) {
  SF_ASSIGN_OR_RETURN(
      const std::unique_ptr<Environment> environment,
      MakeEnvironment(MakeEnvironmentOptions(config.environment())));
  const EnvironmentSpec& spec = environment->spec();
  return MakeLearnerOptions(
      config, MakeSchema(spec, config.environment().frame_stack()),
      {spec.action_low, spec.action_high});
}

absl::StatusOr<std::string> ReadPanel(const v1::RunConfig& config) {
  if (!config.evaluation().has_panel()) return std::string();
  SF_ASSIGN_OR_RETURN(
      PanelFile file,
      ReadPanelFile(RealFileSystem(), config.evaluation().panel()));
  return std::move(file.text);
}

absl::Status PrintEnd(const Flags& flags, const ServiceRun& served,
                      bool finished) {
  FileSystem& files = RealFileSystem();
  if (finished) {
    SF_RETURN_IF_ERROR(PrintResult(files, flags.run_dir));
    WriteReportOrWarn(files, flags.run_dir);
    return absl::OkStatus();
  }
  WriteReportOrWarn(files, flags.run_dir);
  std::printf("stopped at step %lld with a checkpoint; to go on:\n  %s\n",
              static_cast<long long>(served.step()),
              flags.command_line.c_str());
  return absl::OkStatus();
}

absl::Status ServeRun(const Flags& flags, const v1::RunConfig& config) {
  FileSystem& files = RealFileSystem();
  ServiceRun::Options options;
  options.config = config;
  SF_ASSIGN_OR_RETURN(options.learner, OptionsFor(config));
  SF_ASSIGN_OR_RETURN(options.panel_text, ReadPanel(config));
  SF_ASSIGN_OR_RETURN(options.shards, ParseShards(flags));
  options.run_dir = flags.run_dir;
  options.listen = flags.service.listen;
  options.security = flags.service.security;
  options.observer.on_evaluation = [](const AuditRecord& record) {
    LogInfo(FormatEvaluation(record));
  };
  options.observer.on_note = [](const std::string& note) { LogInfo(note); };

  MetricRegistry registry;
  ProcessMetrics process(registry, kProgram);
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<MetricsServer> metrics,
                      StartMetrics(flags.service, registry));
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<ServiceRun> served,
                      ServiceRun::Start(std::move(options), registry));
  SF_RETURN_IF_ERROR(WriteEndpoints(flags.run_dir, kProgram, served->address(),
                                    metrics->address()));
  const absl::Status machine = WriteMachine(
      files, JoinPath(flags.run_dir, "machine.json"), ThisMachine(files));
  if (!machine.ok()) LogWarning(machine.message());
  process.SetHealthy(true);
  LogInfo(absl::StrCat(kProgram, " listens on ", served->address(), ", run ",
                       flags.run_dir, " at step ", served->step()));

  const absl::StatusOr<bool> finished = served->Run(StopRequested);
  process.SetHealthy(false);
  if (absl::IsDataLoss(finished.status())) {
    served->Linger(StopRequested, kFailedGrace);
  }
  SF_RETURN_IF_ERROR(finished.status());
  SF_RETURN_IF_ERROR(PrintEnd(flags, *served, *finished));
  std::fflush(stdout);
  if (*finished) served->Linger(StopRequested, kEndGrace);
  return absl::OkStatus();
}

// Tells whoever joins that the run is finished.
absl::Status ServeFinished(const Flags& flags, const v1::RunConfig& config) {
  ParameterBoard board(EncodeSnapshot);
  board.SetProgress(RunState::kFinished, 0);
  ReportBox reports;
  reports.Close();
  LearnerService::Options options;
  *options.welcome.mutable_config() = config;
  options.welcome.set_software_version(std::string(SoftwareVersion()));
  options.board = &board;
  options.reports = &reports;
  options.info = [] {
    v1::LearnerInfoReply info;
    info.set_software_version(std::string(SoftwareVersion()));
    info.set_phase(v1::RUN_PHASE_FINISHED);
    return info;
  };
  LearnerService service(std::move(options));
  ServerHost::Options host;
  host.address = flags.service.listen;
  host.security = flags.service.security;
  host.services = {&service};
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<ServerHost> server,
                      ServerHost::Start(std::move(host)));
  server->SetServing("", true);
  server->SetServing(LearnerService::kName, true);
  WaitForStop(kFinishedGrace);
  board.Close();
  server->Drain(absl::Seconds(1));
  return absl::OkStatus();
}

absl::Status Serve(const Flags& flags) {
  FileSystem& files = RealFileSystem();
  SF_ASSIGN_OR_RETURN(const v1::RunConfig config,
                      LoadConfig(files, flags.config, flags.set));
  if (!IsFinished(files, flags.run_dir, config)) {
    return ServeRun(flags, config);
  }
  SF_RETURN_IF_ERROR(PrintFinishedRun(files, flags.run_dir));
  std::fflush(stdout);
  const absl::Status served = ServeFinished(flags, config);
  if (!served.ok()) LogWarning(served.message());
  return absl::OkStatus();
}

}  // namespace
}  // namespace softfleet

int main(int argc, char** argv) {
  CLI::App app(
      "The learner of a softfleet cluster: owns the run, updates the policy "
      "from what the replay shards hold, and serves it to actors and "
      "evaluators.",
      softfleet::kProgram);
  softfleet::Flags flags;
  softfleet::Describe(app, &flags);
  flags.command_line = softfleet::CommandLine(argc, argv);
  return softfleet::RunService(app, argc, argv, flags.service,
                               [&flags] { return softfleet::Serve(flags); });
}
