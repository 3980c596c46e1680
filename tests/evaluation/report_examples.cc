// SPDX-License-Identifier: Apache-2.0
#include "tests/evaluation/report_examples.h"

#include <cmath>
#include <limits>

namespace softfleet::testing {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A row of metrics.csv of an ordinary run, `t` in (0, 1] of the way.
std::vector<double> MetricsRow(double step, double t) {
  const double fade = std::exp(-6 * t);
  return {step,
          step - 100,
          step / 350,
          340 + 40 * std::sin(9 * t),
          338 + 40 * std::sin(9 * t),
          step / 200,
          -130 - 1300 * fade,
          200,
          0.02 + fade,
          -1 + fade,
          -1,
          2 - 1.5 * fade,
          40,
          -0.1,
          -70 * std::sin(3 * t),
          0.5,
          0.6,
          0.1 * t,
          50 * t + 1,
          1 + fade};
}

std::vector<std::string> Columns() {
  return {"step",
          "updates",
          "wall_seconds",
          "steps_per_second",
          "updates_per_second",
          "episodes",
          "return_mean",
          "length_mean",
          "alpha",
          "entropy",
          "target_entropy",
          "critic_loss",
          "actor_loss",
          "alpha_loss",
          "q_mean",
          "td_abs_mean",
          "action_std_mean",
          "saturated_fraction",
          "grad_norm_critic",
          "grad_norm_actor"};
}

AuditRecord Evaluation(uint64_t step, double t) {
  const double fade = std::exp(-6 * t);
  AuditRecord record;
  record.run_id = "0123456789abcdef";
  record.step = step;
  record.updates = step - 100;
  record.panel_hash = "00000000000000ff";
  record.config_hash = "00000000000000aa";
  record.panel_starts = 100;
  record.alpha = 0.02 + fade;
  record.target_entropy = -1;
  record.entropy = -0.5 + fade;
  record.action_mean = {0.1};
  record.action_std = {0.5 + 0.2 * fade};
  record.saturated_fraction = 0.04 * t;
  record.deterministic = {-136.125 - 1500 * fade, 85.5, 1 - fade, 10.5};
  record.stochastic = {-138.25 - 1480 * fade, 86.5, 1 - fade, 12.5};
  return record;
}

ReportData Begun() {
  ReportData data;
  data.run_id = "0123456789abcdef";
  data.environment = "Pendulum-v1";
  data.config_hash = "00000000000000aa";
  data.config_text = "seed: 7\nenvironment {\n  name: \"Pendulum-v1\"\n}\n";
  data.differences = {{"sac.gamma", "0.99", "0.98", false},
                      {"evaluation.panel", "unset", "\"p.textproto\"", true}};
  data.seed = 7;
  data.total_steps = 20000;
  data.panel = "p.textproto";
  data.created = "2026-05-01 12:00:00 UTC";
  data.starts = 2;
  data.machine = {{"softfleet", "0.1.0"}, {"CPU", "Example 9000"}};
  return data;
}

ReportData WithRows(int rows, double interval) {
  ReportData data = Begun();
  data.metrics.columns = Columns();
  for (int i = 1; i <= rows; ++i) {
    const double t = static_cast<double>(i) / rows;
    data.metrics.rows.push_back(MetricsRow(i * interval, t));
  }
  return data;
}

ReportData OnePoint() {
  ReportData data = WithRows(1, 1000);
  data.audit = {Evaluation(1000, 0.05)};
  return data;
}

// As CartPole-v1: no action spread, no reference, random starts.
ReportData Discrete() {
  ReportData data = OrdinaryReport();
  data.environment = "CartPole-v1";
  data.panel.clear();
  for (AuditRecord& record : data.audit) {
    record.action_mean.clear();
    record.action_std.clear();
    record.deterministic.regret_mean.reset();
    record.stochastic.regret_mean.reset();
  }
  return data;
}

ReportData ThreeDimensions() {
  ReportData data = OrdinaryReport();
  for (AuditRecord& record : data.audit) {
    record.action_std = {0.5, 0.25, 0.125};
  }
  return data;
}

ReportData Undrawable() {
  ReportData data = OrdinaryReport();
  const double values[] = {kNan, kInfinity, -kInfinity, 1e308, -1e308, 0};
  for (size_t i = 0; i < data.metrics.rows.size(); ++i) {
    std::vector<double>& row = data.metrics.rows[i];
    for (size_t column = 1; column < row.size(); ++column) {
      row[column] = values[(i + column) % 6];
    }
  }
  for (size_t i = 0; i < data.audit.size(); ++i) {
    data.audit[i].deterministic.return_mean = values[i % 6];
    data.audit[i].deterministic.return_std = values[(i + 1) % 6];
    data.audit[i].entropy = kNan;
    data.audit[i].stochastic.regret_mean = values[(i + 2) % 6];
  }
  return data;
}

ReportData TwoPanels() {
  ReportData data = OrdinaryReport();
  for (size_t i = 10; i < data.audit.size(); ++i) {
    data.audit[i].panel_hash = "00000000000000ee";
    data.audit[i].panel_starts = 50;
  }
  return data;
}

}  // namespace

ReportData OrdinaryReport() {
  ReportData data = WithRows(20, 1000);
  data.checkpointed_step = 20000;
  data.last_record = "2026-05-01 12:01:00 UTC";
  for (uint64_t i = 1; i <= 20; ++i) {
    data.audit.push_back(Evaluation(1000 * i, static_cast<double>(i) / 20));
  }
  return data;
}

ReportData HostileReport() {
  ReportData data = OrdinaryReport();
  data.run_id = data.environment = data.config_hash = kHostile;
  data.config_text = data.panel = kHostile;
  data.created = data.last_record = kHostile;
  data.differences = {{kHostile, kHostile, kHostile, false}};
  data.machine = {{kHostile, kHostile}};
  data.problems = {kHostile};
  for (AuditRecord& record : data.audit) {
    record.run_id = record.panel_hash = record.config_hash = kHostile;
    record.reward_components = {{kHostile, 1.0}};
  }
  return data;
}

std::vector<std::pair<std::string, ReportData>> AllReports() {
  return {{"ordinary", OrdinaryReport()},
          {"hostile", HostileReport()},
          {"empty", ReportData{}},
          {"begun", Begun()},
          {"one-point", OnePoint()},
          {"discrete", Discrete()},
          {"three-dimensions", ThreeDimensions()},
          {"undrawable", Undrawable()},
          {"two-panels", TwoPanels()},
          {"many-rows", WithRows(5000, 1000)}};
}

}  // namespace softfleet::testing
