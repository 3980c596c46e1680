// SPDX-License-Identifier: Apache-2.0
// The `softfleet` program: parses the command line and calls the command.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/add_commands.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "core/command_line.h"
#include "core/memory.h"
#include "core/suggest.h"
#include "core/version.h"

namespace softfleet {
namespace {

CommandWords Words(const CLI::App& app) {
  CommandWords words;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    std::vector<std::string>& flags = words[command->get_name()];
    for (const CLI::Option* option : command->get_options(nullptr)) {
      if (!option->get_lnames().empty()) {
        flags.push_back("--" + option->get_lnames()[0]);
      }
    }
  }
  words["list"].insert(words["list"].begin(),
                       {"environments", "presets", "options", "metrics"});
  words["completion"].insert(words["completion"].begin(), {"bash", "zsh"});
  return words;
}

// What a parse error leaves unsaid: the nearest known command or flag.
std::string Suggestion(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> commands;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    commands.push_back(command->get_name());
  }
  const std::string first = argc > 1 ? argv[1] : "";
  const auto command = std::find(commands.begin(), commands.end(), first);
  if (!first.empty() && first[0] != '-' && command == commands.end()) {
    return absl::StrCat("unknown command \"", first, "\"",
                        DidYouMean(first, commands));
  }
  if (command == commands.end()) return "";
  std::vector<std::string> flags;
  for (const CLI::Option* option :
       app.get_subcommand(first)->get_options(nullptr)) {
    flags.push_back(option->get_name());
  }
  for (int i = 2; i < argc; ++i) {
    const std::string flag =
        std::string(argv[i]).substr(0, std::string(argv[i]).find('='));
    if (!absl::StartsWith(flag, "--") ||
        std::find(flags.begin(), flags.end(), flag) != flags.end()) {
      continue;
    }
    return absl::StrCat("unknown flag ", flag, DidYouMean(flag, flags));
  }
  return "";
}

int ReportParseError(const CLI::App& app, const CLI::ParseError& error,
                     int argc, char** argv) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
  const std::string suggestion = Suggestion(app, argc, argv);
  std::fprintf(stderr,
               "softfleet: %s\nRun with --help for the commands and "
               "flags there are.\n",
               suggestion.empty() ? error.what() : suggestion.c_str());
  return kExitBadInput;
}

int Main(int argc, char** argv) {
  CLI::App app(
      "Softfleet: maximum-entropy reinforcement learning, in one "
      "process or many",
      "softfleet");
  app.set_version_flag("--version",
                       absl::StrCat("softfleet ", SoftwareVersion()));
  app.require_subcommand(1);
  app.footer(
      "Begin with:\n  softfleet list presets\n  softfleet train --config "
      "configs/pendulum.textproto --run_dir runs/pendulum\n"
      "Each command has --help with an example.");
  TrainFlags train;
  ClusterFlags cluster;
  EvaluateFlags evaluate;
  RenderFlags render;
  AuditFlags audit;
  ReportFlags report;
  CheckEnvironmentFlags check_environment;
  ListFlags list;
  PlanFlags plan;
  ProfileFlags profile;
  std::string shell;
  ConfigFlags config;
  const CLI::App* train_command = AddTrain(&app, &train);
  const CLI::App* cluster_command = AddCluster(&app, &cluster);
  const CLI::App* evaluate_command = AddEvaluate(&app, &evaluate);
  const CLI::App* render_command = AddRender(&app, &render);
  const CLI::App* audit_command = AddAudit(&app, &audit);
  const CLI::App* report_command = AddReport(&app, &report);
  const CLI::App* check_environment_command =
      AddCheckEnvironment(&app, &check_environment);
  const CLI::App* list_command = AddList(&app, &list);
  const CLI::App* plan_command = AddPlan(&app, &plan);
  const CLI::App* profile_command = AddProfile(&app, &profile);
  const CLI::App* completion_command = AddCompletion(&app, &shell);
  AddConfig(&app, &config);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ReportParseError(app, error, argc, argv);
  }
  train.command_line = CommandLine(argc, argv);
  cluster.command_line = train.command_line;
  if (*train_command) return RunTrain(train);
  if (*cluster_command) return RunCluster(cluster);
  if (*evaluate_command) return RunEvaluate(evaluate);
  if (*render_command) return RunRender(render);
  if (*audit_command) return RunAudit(audit);
  if (*report_command) return RunReport(report);
  if (*check_environment_command) {
    return RunCheckEnvironment(check_environment);
  }
  if (*list_command) return RunList(list);
  if (*plan_command) return RunPlan(plan);
  if (*profile_command) return RunProfile(profile);
  if (*completion_command) {
    std::fputs(CompletionScript(shell, Words(app)).c_str(), stdout);
    return kExitOk;
  }
  return RunConfig(config);
}

}  // namespace
}  // namespace softfleet

int main(int argc, char** argv) {
  softfleet::KeepFreedMemory();
  return softfleet::Main(argc, argv);
}
