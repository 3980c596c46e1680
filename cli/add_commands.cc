// SPDX-License-Identifier: Apache-2.0
#include "cli/add_commands.h"

#include <string>
#include <vector>

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

}  // namespace

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
  CLI::Option* seeds = command->add_option(
      "--seeds", flags->seeds,
      "Train a run of each of these seeds, side by side: 0-7 or 1,4,9-11");
  seeds->type_name("LIST");
  command
      ->add_option(
          "--threads", flags->threads,
          "Seeds that train at a time; default: processors by learner.threads")
      ->check(CLI::Range(1, 1024))
      ->needs(seeds);
  command->footer(
      "Example:\n  softfleet train --config configs/pendulum.textproto "
      "--run_dir runs/pendulum\n"
      "  softfleet train --config configs/pendulum.textproto "
      "--run_dir runs/seeds --seeds 0-7\n"
      "Ctrl-C writes a checkpoint and stops.");
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
  command
      ->add_option("--run_dir", flags->run_dir,
                   "Directory of the run, or of a seed panel")
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

CLI::App* AddCheckEnvironment(CLI::App* app, CheckEnvironmentFlags* flags) {
  CLI::App* command = app->add_subcommand(
      "check-environment", "Check that an environment keeps its contract");
  command->add_option("name", flags->name, "A built-in environment ...");
  command->add_option("--plugin", flags->plugin, "... or a shared library")
      ->type_name("FILE");
  CLI::Option* gymnasium = command->add_option("--gymnasium", flags->gymnasium,
                                               "... or a Gymnasium id");
  gymnasium->type_name("ID");
  command
      ->add_option("--module", flags->module,
                   "A Python module that registers the Gymnasium id")
      ->type_name("NAME")
      ->needs(gymnasium);
  command
      ->add_option("--config", flags->config,
                   "... or that of a run configuration")
      ->type_name("FILE");
  AddSet(command, &flags->set);
  command->add_option("--seed", flags->seed, "Of the first episode")
      ->capture_default_str();
  command->add_flag("--json", flags->json, "Print JSON");
  command->footer(
      "Examples:\n  softfleet check-environment --plugin libmy_env.so\n"
      "  softfleet check-environment Pendulum-v1 --set "
      "'environment.setting={name: \"g\" number: 9.81}'\n"
      "Exit code 1 where a rule is broken, 2 where nothing can be made.");
  command->callback([flags] {
    const int given = !flags->name.empty() + !flags->plugin.empty() +
                      !flags->gymnasium.empty() + !flags->config.empty();
    if (given != 1) {
      throw CLI::RequiredError("One of name, --plugin, --gymnasium, --config");
    }
  });
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

CLI::App* AddProfile(CLI::App* app, ProfileFlags* flags) {
  CLI::App* command =
      app->add_subcommand("profile", "Show where the time of an update goes");
  command->add_option("--config", flags->config, "Run configuration")
      ->required()
      ->type_name("FILE");
  AddSet(command, &flags->set);
  command->add_option("--updates", flags->updates, "How many to measure")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command
      ->add_option("--trace", flags->trace,
                   "Write what each thread did, for chrome://tracing")
      ->type_name("FILE");
  command->add_flag("--json", flags->json, "Print JSON");
  command->footer(
      "Example:\n  softfleet profile --config configs/pendulum_sb3.textproto "
      "--trace update.json");
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

}  // namespace softfleet
