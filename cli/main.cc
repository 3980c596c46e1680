// SPDX-License-Identifier: Apache-2.0
// The `softfleet` program: parses the command line and calls the command.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "core/command_line.h"
#include "core/memory.h"
#include "core/suggest.h"
#include "core/version.h"

namespace softfleet {
namespace {

void AddSet(CLI::App* command, std::vector<std::string>* set) {
  command
      ->add_option(
          "--set", *set,
          "Override a field, e.g. --set sac.gamma=0.98 or --set "
          "'environment.setting={name: \"g\" number: 9.81}'; repeatable")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void AddRun(CLI::App* command, RunFlags* flags) {
  command->add_option("--config", flags->config, "Run configuration")
      ->required()
      ->type_name("FILE");
  command->add_option("--run_dir", flags->run_dir, "Directory of the run")
      ->required()
      ->type_name("DIR");
  AddSet(command, &flags->set);
}

CLI::App* AddTrain(CLI::App* app, TrainFlags* flags) {
  CLI::App* command = app->add_subcommand(
      "train", "Train in this process; the same command resumes");
  AddRun(command, flags);
  command
      ->add_option("--init_from", flags->init_from,
                   "Start a new run from the policy of this run or bundle")
      ->type_name("DIR");
  command
      ->add_option("--metrics_listen", flags->metrics_listen,
                   "Serve /metrics for Prometheus here; port 0: a free one")
      ->type_name("HOST:PORT");
  command->footer(
      "Example:\n  softfleet train --config configs/pendulum.textproto "
      "--run_dir runs/pendulum\nCtrl-C writes a checkpoint and stops.");
  return command;
}

CLI::App* AddCluster(CLI::App* app, ClusterFlags* flags) {
  CLI::App* command = app->add_subcommand(
      "cluster", "Train with the programs of a cluster on this machine");
  AddRun(command, flags);
  command->add_option("--shards", flags->shards, "Replay servers")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command->add_option("--actors", flags->actors, "Actor processes")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->footer(
      "Example:\n  softfleet cluster --config configs/pendulum.textproto "
      "--shards 2 --actors 4 --run_dir runs/cluster\nA process that dies is "
      "started again; Ctrl-C writes a checkpoint and stops.");
  return command;
}

CLI::App* AddEvaluate(CLI::App* app, EvaluateFlags* flags) {
  CLI::App* command = app->add_subcommand(
      "evaluate", "Evaluate a trained policy in both action modes");
  CLI::Option* run = command->add_option("--run_dir", flags->run_dir,
                                         "A finished run's directory");
  CLI::Option* policy = command->add_option("--policy", flags->policy,
                                            "A policy bundle's directory");
  run->type_name("DIR")->excludes(policy);
  policy->type_name("DIR");
  CLI::Option* panel = command->add_option("--panel", flags->panel,
                                           "Panel file; default: the run's");
  panel->type_name("FILE");
  command
      ->add_option("--episodes", flags->episodes,
                   "Random starts instead of a panel")
      ->check(CLI::PositiveNumber)
      ->excludes(panel);
  command
      ->add_option("--perturb", flags->perturb,
                   "Evaluate also where the environment is disturbed so, e.g. "
                   "'mass: 1.5'; repeatable")
      ->type_name("PERTURBATION")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_flag("--json", flags->json, "Print JSON");
  command->footer(
      "Example:\n  softfleet evaluate --run_dir runs/pendulum --panel "
      "configs/panels/pendulum.textproto --perturb 'mass: 1.5'\n"
      "`softfleet config --print` says what a perturbation can be.");
  command->callback([flags] {
    if (flags->run_dir.empty() && flags->policy.empty()) {
      throw CLI::RequiredError("--run_dir or --policy");
    }
  });
  return command;
}

void AddRenderSource(CLI::App* command, RenderFlags* flags) {
  CLI::Option* run =
      command->add_option("--run_dir", flags->run_dir, "A run's directory");
  CLI::Option* policy = command->add_option("--policy", flags->policy,
                                            "A policy bundle's directory");
  CLI::Option* trace = command->add_option(
      "--trace", flags->trace, "An episode that --write_trace recorded");
  run->type_name("DIR")->excludes(policy)->excludes(trace);
  policy->type_name("DIR")->excludes(trace);
  trace->type_name("FILE");
  command->add_option("--mode", flags->mode, "How the policy acts")
      ->check(CLI::IsMember({"deterministic", "stochastic"}))
      ->excludes(trace);
  command->add_option("--start", flags->start, "Which start of the panel")
      ->check(CLI::NonNegativeNumber)
      ->excludes(trace)
      ->capture_default_str();
  command->add_option("--steps", flags->steps, "At most so many steps")
      ->check(CLI::PositiveNumber)
      ->excludes(trace);
}

CLI::App* AddRender(CLI::App* app, RenderFlags* flags) {
  CLI::App* command = app->add_subcommand(
      "render", "Show an episode as a video or as pictures");
  AddRenderSource(command, flags);
  command
      ->add_option("--out", flags->out,
                   "episode.mp4, picture.png, or frames/%05d.png")
      ->type_name("FILE");
  command
      ->add_option("--write_trace", flags->write_trace,
                   "Record the episode's states here")
      ->type_name("FILE");
  command->add_option("--step", flags->step, "Which step picture.png shows")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--width", flags->width, "Pixels")->capture_default_str();
  command->add_option("--height", flags->height, "Pixels")
      ->capture_default_str();
  command->add_option("--camera", flags->camera, "A camera of the model");
  command->add_option("--speed", flags->speed, "Times as fast as it happened")
      ->check(CLI::Range(0.01, 100.0))
      ->capture_default_str();
  command->add_flag("--fast", flags->fast, "No shadows, no smooth edges");
  command->footer(
      "Example:\n  softfleet render --run_dir runs/pendulum --out "
      "pendulum.mp4\nNeeds no screen and no GPU.");
  command->callback([flags] {
    if (flags->run_dir.empty() && flags->policy.empty() &&
        flags->trace.empty()) {
      throw CLI::RequiredError("--run_dir, --policy or --trace");
    }
    if (flags->out.empty() && flags->write_trace.empty()) {
      throw CLI::RequiredError("--out or --write_trace");
    }
  });
  return command;
}

CLI::App* AddAudit(CLI::App* app, AuditFlags* flags) {
  CLI::App* command = app->add_subcommand(
      "audit", "Show a run's evaluations beside its temperature and entropy");
  command->add_option("--run_dir", flags->run_dir, "Directory of the run")
      ->required()
      ->type_name("DIR");
  command->add_option("--format", flags->format, "table, csv, markdown or json")
      ->check(CLI::IsMember({"table", "csv", "markdown", "json"}))
      ->capture_default_str();
  command->add_flag_callback(
      "--json", [flags] { flags->format = "json"; }, "Same as --format json");
  command->footer(
      "Example:\n  softfleet audit --run_dir runs/pendulum --format markdown");
  return command;
}

CLI::App* AddReport(CLI::App* app, ReportFlags* flags) {
  CLI::App* command = app->add_subcommand(
      "report", "Write a run's report, one HTML page for a browser");
  command->add_option("--run_dir", flags->run_dir, "Directory of the run")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--out", flags->out,
                   "Where to write it; default: report.html in the directory")
      ->type_name("FILE");
  command->add_flag("--json", flags->json,
                    "Print the headline's numbers as JSON");
  command->footer("Example:\n  softfleet report --run_dir runs/pendulum");
  return command;
}

CLI::App* AddList(CLI::App* app, ListFlags* flags) {
  CLI::App* command = app->add_subcommand(
      "list", "List environments, presets, configuration options or metrics");
  command
      ->add_option("what", flags->what,
                   "environments, presets, options or metrics")
      ->required()
      ->check(CLI::IsMember({"environments", "presets", "options", "metrics"}));
  command->add_option("--presets", flags->presets, "Directory of the presets")
      ->type_name("DIR")
      ->capture_default_str();
  CLI::Option* json = command->add_flag("--json", flags->json, "Print JSON");
  command
      ->add_flag("--markdown", flags->markdown,
                 "Print metrics as the page docs/metrics.md")
      ->excludes(json);
  command->footer("Example:\n  softfleet list options | grep entropy");
  return command;
}

CLI::App* AddPlan(CLI::App* app, PlanFlags* flags) {
  CLI::App* command = app->add_subcommand(
      "plan", "Say what a configuration takes: bytes, rates and time");
  command->add_option("--config", flags->config, "Run configuration")
      ->required()
      ->type_name("FILE");
  AddSet(command, &flags->set);
  command->add_flag("--json", flags->json, "Print JSON");
  command->footer(
      "Example:\n  softfleet plan --config configs/pendulum_sb3.textproto\n"
      "Measures for a few seconds and writes nothing.");
  return command;
}

CLI::App* AddCompletion(CLI::App* app, std::string* shell) {
  CLI::App* command = app->add_subcommand(
      "completion", "Print a completion script for a shell");
  command->add_option("shell", *shell, "bash or zsh")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}));
  command->footer("Example:\n  source <(softfleet completion bash)");
  return command;
}

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

CLI::App* AddConfig(CLI::App* app, ConfigFlags* flags) {
  CLI::App* command = app->add_subcommand(
      "config", "Check a configuration and print what is in force");
  command
      ->add_option("--config", flags->config,
                   "Run configuration; default: the defaults")
      ->type_name("FILE");
  AddSet(command, &flags->set);
  command->add_flag("--print", flags->print,
                    "Every field with its comment, range and default");
  command->add_flag("--hash", flags->hash, "Only the configuration's hash");
  command->add_flag("--json", flags->json, "Print JSON");
  command->footer(
      "Example:\n  softfleet config --config configs/pendulum.textproto --set "
      "sac.gamma=0.98 --print");
  return command;
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
  ListFlags list;
  PlanFlags plan;
  std::string shell;
  ConfigFlags config;
  const CLI::App* train_command = AddTrain(&app, &train);
  const CLI::App* cluster_command = AddCluster(&app, &cluster);
  const CLI::App* evaluate_command = AddEvaluate(&app, &evaluate);
  const CLI::App* render_command = AddRender(&app, &render);
  const CLI::App* audit_command = AddAudit(&app, &audit);
  const CLI::App* report_command = AddReport(&app, &report);
  const CLI::App* list_command = AddList(&app, &list);
  const CLI::App* plan_command = AddPlan(&app, &plan);
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
  if (*list_command) return RunList(list);
  if (*plan_command) return RunPlan(plan);
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
