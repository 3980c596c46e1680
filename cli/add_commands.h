// SPDX-License-Identifier: Apache-2.0
// The commands of `softfleet` with their flags and help, for CLI11. Each
// function adds one, which fills `flags` when it is parsed.
#ifndef SOFTFLEET_CLI_ADD_COMMANDS_H_
#define SOFTFLEET_CLI_ADD_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <string>

#include "cli/commands.h"

namespace softfleet {

CLI::App* AddTrain(CLI::App* app, TrainFlags* flags);
CLI::App* AddCluster(CLI::App* app, ClusterFlags* flags);
CLI::App* AddEvaluate(CLI::App* app, EvaluateFlags* flags);
CLI::App* AddRender(CLI::App* app, RenderFlags* flags);
CLI::App* AddAudit(CLI::App* app, AuditFlags* flags);
CLI::App* AddReport(CLI::App* app, ReportFlags* flags);
CLI::App* AddCheckEnvironment(CLI::App* app, CheckEnvironmentFlags* flags);
CLI::App* AddList(CLI::App* app, ListFlags* flags);
CLI::App* AddPlan(CLI::App* app, PlanFlags* flags);
CLI::App* AddProfile(CLI::App* app, ProfileFlags* flags);
CLI::App* AddCompletion(CLI::App* app, std::string* shell);
CLI::App* AddConfig(CLI::App* app, ConfigFlags* flags);

}  // namespace softfleet

#endif  // SOFTFLEET_CLI_ADD_COMMANDS_H_
