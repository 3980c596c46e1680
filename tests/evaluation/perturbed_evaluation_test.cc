// SPDX-License-Identifier: Apache-2.0
#include "evaluation/perturbed_evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/hash.h"
#include "environments/environment_config.h"
#include "evaluation/make_audit_record.h"
#include "evaluation/make_evaluator.h"
#include "run/config.h"
#include "tests/evaluation/testing.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

v1::RunConfig Config(const std::string& environment = "Pendulum-v1") {
  v1::RunConfig config;
  config.set_seed(8);
  config.mutable_environment()->set_name(environment);
  config.mutable_evaluation()->set_episodes(3);
  config.mutable_evaluation()->mutable_success()->set_return_at_least(-1200);
  return config;
}

std::shared_ptr<const Snapshot> SomePolicy(
    const std::string& environment = "Pendulum-v1") {
  return testing::Share(
      testing::RandomSnapshot(testing::SpecOf(testing::Named(environment)), 1));
}

std::vector<PerturbedEvaluation> Evaluate(
    const std::vector<std::string>& perturbations,
    const v1::RunConfig& config = Config()) {
  auto rows = EvaluatePerturbed(RealFileSystem(), config, perturbations,
                                SomePolicy(config.environment().name()));
  EXPECT_TRUE(rows.ok()) << rows.status();
  return *std::move(rows);
}

std::string ErrorOf(const std::string& perturbation) {
  const auto rows = EvaluatePerturbed(RealFileSystem(), Config(),
                                      {"mass: 2", perturbation}, SomePolicy());
  EXPECT_EQ(rows.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(rows.status().message());
}

TEST(PerturbedEvaluation, BeginsWithWhatAnEvaluationFinds) {
  const auto rows = Evaluate({"mass: 2"});
  ASSERT_EQ(rows.size(), 2u);
  const auto evaluator = MakeEvaluator(Config(), "", "").value();
  const auto policy = SomePolicy();
  EXPECT_EQ(rows[0].perturbation, "");
  EXPECT_EQ(rows[0].record, MakeAuditRecord(evaluator->Evaluate(policy).value(),
                                            *policy, ConfigHash(Config())));
  EXPECT_EQ(rows[1].perturbation, "mass: 2");
  EXPECT_NE(rows[1].record.deterministic.return_mean,
            rows[0].record.deterministic.return_mean);
}

// A policy whose actions never arrive is no better than nothing.
TEST(PerturbedEvaluation, StepsTheDisturbedEnvironmentFromTheSameStarts) {
  const auto rows = Evaluate({"action_delay: 1000"});
  const auto environment = MakeEnvironment(testing::Named("Pendulum-v1"));
  const Panel panel = MakeEvaluator(Config(), "", "").value()->panel();
  double sum = 0;
  for (const PanelStart& start : panel.starts) {
    ASSERT_TRUE((*environment)->Reset(start.seed).ok());
    const std::vector<float> nothing = {0};
    for (int step = 0; step < 200; ++step) {
      sum += (*environment)->Step(nothing)->reward;
    }
  }
  const double mean = sum / static_cast<double>(panel.starts.size());
  EXPECT_NEAR(rows[1].record.deterministic.return_mean, mean, 1e-9);
  EXPECT_NEAR(rows[1].record.stochastic.return_mean, mean, 1e-9);
}

TEST(PerturbedEvaluation, WhatChangesNothingFindsTheSame) {
  const auto rows = Evaluate({"mass: 1", ""});
  EXPECT_EQ(rows[1].record, rows[0].record);
  EXPECT_EQ(rows[2].record, rows[0].record);
}

TEST(PerturbedEvaluation, ThePanelsIdentityCoversThePerturbation) {
  const auto rows = Evaluate({"mass: 2", "mass: 3", "mass: 2"});
  EXPECT_NE(rows[1].record.panel_hash, rows[0].record.panel_hash);
  EXPECT_NE(rows[2].record.panel_hash, rows[1].record.panel_hash);
  EXPECT_EQ(rows[3].record, rows[1].record);
}

TEST(PerturbedEvaluation, ComesOnTopOfWhatIsConfigured) {
  v1::RunConfig config = Config();
  config.mutable_environment()->add_perturbation()->set_gain(0.5);
  v1::RunConfig both = config;
  both.mutable_environment()->add_perturbation()->set_mass(2);
  const auto rows = Evaluate({"mass: 2"}, config);
  const Panel panel = MakeEvaluator(config, "", "").value()->panel();
  EXPECT_EQ(rows[0].record.panel_hash, HexHash(PanelHash(panel)));
  EXPECT_EQ(rows[1].record.panel_hash,
            HexHash(PanelHash(WithEnvironment(
                panel, MakeEnvironmentOptions(both.environment())))));
}

TEST(PerturbedEvaluation, AListHoldsTogether) {
  const auto rows = Evaluate({"{mass: 2}, {gain: 0.5}", "mass: 2 gain: 0.5"});
  EXPECT_EQ(rows[1].record.deterministic, rows[2].record.deterministic);
}

TEST(PerturbedEvaluation, ShowsWhatWasEarnedBetweenTheSwitches) {
  const auto rows = Evaluate({"gain: 0 from_step: 60 until_step: 150",
                              "mass: 2", "mass: 2 from_step: 500"});
  const auto& phases = rows[1].phases;
  ASSERT_EQ(phases.size(), 3u);
  EXPECT_EQ(phases[0].from, 0);
  EXPECT_EQ(phases[0].until, 60);
  EXPECT_EQ(phases[1].until, 150);
  EXPECT_EQ(phases[2].from, 150);
  EXPECT_FALSE(phases[2].until.has_value());
  // Until then both are the same episodes.
  EXPECT_EQ(phases[0].deterministic, phases[0].nominal_deterministic);
  EXPECT_EQ(phases[0].stochastic, phases[0].nominal_stochastic);
  EXPECT_NE(phases[1].deterministic, phases[1].nominal_deterministic);
  double deterministic = 0, stochastic = 0, nominal = 0;
  for (const EvaluatedPhase& phase : phases) {
    deterministic += phase.deterministic;
    stochastic += phase.stochastic;
    nominal += phase.nominal_stochastic;
  }
  EXPECT_NEAR(deterministic, rows[1].record.deterministic.return_mean, 1e-9);
  EXPECT_NEAR(stochastic, rows[1].record.stochastic.return_mean, 1e-9);
  EXPECT_NEAR(nominal, rows[0].record.stochastic.return_mean, 1e-9);
  EXPECT_TRUE(rows[2].phases.empty());
  // Beyond the end nothing is earned.
  ASSERT_EQ(rows[3].phases.size(), 2u);
  EXPECT_EQ(rows[3].phases[1].deterministic, 0);
}

TEST(PerturbedEvaluation, QuotesAWrongPerturbationAndSaysWhatIsWrong) {
  EXPECT_THAT(ErrorOf("fricton: 0.5"),
              AllOf(StartsWith("perturbation \"fricton: 0.5\": "),
                    HasSubstr("did you mean \"friction\"?")));
  EXPECT_THAT(ErrorOf("mass: 0"),
              AllOf(StartsWith("perturbation \"mass: 0\": "),
                    HasSubstr("mass = 0 is out of range")));
  EXPECT_THAT(ErrorOf("friction: 0.5"),
              AllOf(StartsWith("perturbation \"friction: 0.5\": "),
                    HasSubstr("Pendulum-v1"), HasSubstr("no friction")));
  EXPECT_THAT(ErrorOf("dropout_group: 'stat'"),
              AllOf(HasSubstr("no observation group \"stat\""),
                    HasSubstr("did you mean \"state\"?")));
}

TEST(PerturbedTable, HasARowForEachAndOneForEachPhase) {
  const auto rows = Evaluate({"mass: 2", "mass: 2 from_step: 100"});
  const std::string text = FormatPerturbedTable(rows);
  EXPECT_THAT(text, StartsWith("3 starts per mode\nenvironment  "));
  EXPECT_THAT(text, HasSubstr("\nnominal                 " +
                              rows[0].record.panel_hash + "  "));
  EXPECT_THAT(text, HasSubstr("\nmass: 2                 " +
                              rows[1].record.panel_hash + "  "));
  EXPECT_THAT(text, HasSubstr("\nmass: 2 from_step: 100  0 to 99   "));
  EXPECT_THAT(text, HasSubstr("\nmass: 2 from_step: 100  from 100  "));
  const std::string without =
      FormatPerturbedTable({rows.begin(), rows.begin() + 2});
  EXPECT_EQ(without.find("return in steps"), std::string::npos);
}

TEST(PerturbedTable, SaysWhatChangesNothing) {
  const std::string text = FormatPerturbedTable(
      Evaluate({"push_probability: 0.1", "mass: 2", "gain: 1"}));
  EXPECT_THAT(text, HasSubstr("\"push_probability: 0.1\" changes nothing"));
  EXPECT_THAT(text, HasSubstr("\"gain: 1\" changes nothing"));
  EXPECT_EQ(text.find("\"mass: 2\""), std::string::npos);
  EXPECT_EQ(text.find("\"\" changes"), std::string::npos);
}

TEST(PerturbedJson, HasTheAuditsKeysAndThePhases) {
  const auto rows = Evaluate({"mass: 2 from_step: 100"});
  const auto json = nlohmann::json::parse(FormatPerturbedJson(rows));
  ASSERT_EQ(json.size(), 2u);
  EXPECT_EQ(json[0]["perturbation"], "");
  EXPECT_TRUE(json[0]["phases"].empty());
  EXPECT_EQ(json[1]["perturbation"], "mass: 2 from_step: 100");
  EXPECT_EQ(json[1]["panel_hash"], rows[1].record.panel_hash);
  EXPECT_EQ(json[1]["deterministic_return_mean"],
            rows[1].record.deterministic.return_mean);
  ASSERT_EQ(json[1]["phases"].size(), 2u);
  EXPECT_EQ(json[1]["phases"][0]["until_step"], 100);
  EXPECT_TRUE(json[1]["phases"][1]["until_step"].is_null());
  EXPECT_EQ(json[1]["phases"][1]["stochastic_return_mean"],
            rows[1].phases[1].stochastic);
}

}  // namespace
}  // namespace softfleet
