// SPDX-License-Identifier: Apache-2.0
// ValidateConfig: every number against its range option, then what the ranges
// cannot say.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "run/config.h"
#include "run/config_schema.h"

namespace softfleet {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

using Problems = std::vector<std::string>;

// Defaults of sac.log_std_min and log_std_max for each LogStdMode.
constexpr double kClampLogStdMin = -20;
constexpr double kBoundedLogStdMin = -5;
constexpr double kLogStdMax = 2;

// The number at `index` (-1: not a list) as a double; 0, which is not used,
// for a field that is no number.
double NumberAt(const Message& message, const FieldDescriptor& field,
                int index) {
  const Reflection& r = *message.GetReflection();
  const bool list = index >= 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return list ? r.GetRepeatedInt32(message, &field, index)
                  : r.GetInt32(message, &field);
    case FieldDescriptor::CPPTYPE_INT64:
      return list ? r.GetRepeatedInt64(message, &field, index)
                  : r.GetInt64(message, &field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return list ? r.GetRepeatedUInt32(message, &field, index)
                  : r.GetUInt32(message, &field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return list ? r.GetRepeatedUInt64(message, &field, index)
                  : r.GetUInt64(message, &field);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return list ? r.GetRepeatedFloat(message, &field, index)
                  : r.GetFloat(message, &field);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return list ? r.GetRepeatedDouble(message, &field, index)
                  : r.GetDouble(message, &field);
    default:
      return 0;
  }
}

bool InRange(double value, const v1::Range& range) {
  if (range.has_min() && (range.min_exclusive() ? !(value > range.min())
                                                : !(value >= range.min()))) {
    return false;
  }
  return !range.has_max() ||
         (range.max_exclusive() ? value < range.max() : value <= range.max());
}

void CheckNumber(const std::string& path, double value, const std::string& text,
                 const FieldDescriptor& field, Problems* problems) {
  const v1::Range& range = field.options().GetExtension(v1::range);
  const bool is_number =
      std::isfinite(value) || (range.allows_infinity() && !std::isnan(value));
  if (is_number && InRange(value, range)) return;
  const std::string allowed = RangeText(range);
  if (!allowed.empty()) {
    problems->push_back(
        absl::StrCat(path, " = ", text, " is out of range: ", allowed));
  } else {
    problems->push_back(
        absl::StrCat(path, " = ", text, " is not ",
                     range.allows_infinity() ? "a number" : "finite"));
  }
}

void CheckField(const std::string& path, const Message& message,
                const FieldDescriptor& field, Problems* problems) {
  if (!field.is_repeated()) {
    return CheckNumber(path, NumberAt(message, field, -1),
                       ValueText(message, field), field, problems);
  }
  const int size = message.GetReflection()->FieldSize(message, &field);
  for (int i = 0; i < size; ++i) {
    const double value = NumberAt(message, field, i);
    CheckNumber(absl::StrCat(path, "[", i, "]"), value, absl::StrCat(value),
                field, problems);
  }
}

// Exactly one of name, plugin and gymnasium.
void CheckWhichEnvironment(const v1::EnvironmentConfig& environment,
                           Problems* problems) {
  std::vector<std::string> given;
  if (!environment.name().empty()) given.push_back("environment.name");
  if (!environment.plugin().empty()) given.push_back("environment.plugin");
  if (!environment.gymnasium().empty()) {
    given.push_back("environment.gymnasium");
  }
  if (given.empty()) {
    problems->push_back(
        "environment.name is missing: say which environment, e.g. "
        "environment { name: \"Pendulum-v1\" } (or plugin, or gymnasium)");
  } else if (given.size() > 1) {
    problems->push_back(absl::StrCat(absl::StrJoin(given, " and "),
                                     " are given: only one can be run"));
  }
  if (!environment.module().empty() && environment.gymnasium().empty()) {
    problems->push_back(
        "environment.module is given without environment.gymnasium, which it "
        "is for");
  }
}

void CheckSetting(const std::string& path,
                  const v1::EnvironmentSetting& setting, Problems* problems) {
  if (setting.name().empty()) {
    problems->push_back(absl::StrCat(path, ".name is missing"));
  }
  const int kinds =
      (setting.number_size() > 0) + setting.has_flag() + setting.has_text();
  if (kinds == 1) return;
  problems->push_back(
      absl::StrCat(path, " (\"", setting.name(), "\") has ",
                   kinds == 0 ? "no value" : "values of several kinds",
                   ": give one of number, flag and text"));
}

void CheckPerturbation(const std::string& path,
                       const v1::Perturbation& perturbation,
                       Problems* problems) {
  if (perturbation.has_until_step() &&
      perturbation.until_step() <= perturbation.from_step()) {
    problems->push_back(
        absl::StrCat(path, ".until_step = ", perturbation.until_step(),
                     " must be above from_step = ", perturbation.from_step()));
  }
  const int forces = perturbation.force_size();
  if (forces != 0 && forces != 3) {
    problems->push_back(absl::StrCat(path, ".force has ", forces,
                                     " values: give three, for x, y and z"));
  }
}

void CheckActionBounds(const v1::EnvironmentConfig& environment,
                       Problems* problems) {
  const int lows = environment.action_low_size();
  const int highs = environment.action_high_size();
  if ((lows == 0) != (highs == 0) || (lows != highs && lows > 1 && highs > 1)) {
    problems->push_back(absl::StrCat(
        "environment.action_low has ", lows, " and action_high ", highs,
        " values: give both, each one value per dimension or one for all"));
    return;
  }
  for (int i = 0; i < std::max(lows, highs); ++i) {
    const double low = environment.action_low(lows == 1 ? 0 : i);
    const double high = environment.action_high(highs == 1 ? 0 : i);
    if (low < high) continue;
    problems->push_back(absl::StrCat("environment.action_low = ", low,
                                     " must be below action_high = ", high,
                                     " (dimension ", i, ")"));
  }
}

void CheckEnvironment(const v1::EnvironmentConfig& environment,
                      Problems* problems) {
  CheckWhichEnvironment(environment, problems);
  for (int i = 0; i < environment.setting_size(); ++i) {
    CheckSetting(absl::StrCat("environment.setting[", i, "]"),
                 environment.setting(i), problems);
  }
  for (int i = 0; i < environment.perturbation_size(); ++i) {
    CheckPerturbation(absl::StrCat("environment.perturbation[", i, "]"),
                      environment.perturbation(i), problems);
  }
  CheckActionBounds(environment, problems);
}

void CheckSac(const v1::SacConfig& sac, Problems* problems) {
  if (sac.target_subset() > sac.num_critics()) {
    problems->push_back(
        absl::StrCat("sac.target_subset = ", sac.target_subset(),
                     " must be at most sac.num_critics = ", sac.num_critics()));
  }
  const bool clamp = sac.log_std() == v1::LogStdMode::clamp;
  const double low = sac.has_log_std_min() ? sac.log_std_min()
                     : clamp               ? kClampLogStdMin
                                           : kBoundedLogStdMin;
  const double high = sac.has_log_std_max() ? sac.log_std_max() : kLogStdMax;
  if (!(low < high)) {
    problems->push_back(absl::StrCat(
        "sac.log_std_min = ", low, sac.has_log_std_min() ? "" : " (default)",
        " must be below sac.log_std_max = ", high,
        sac.has_log_std_max() ? "" : " (default)"));
  }
}

void CheckReplay(const v1::RunConfig& config, Problems* problems) {
  const auto capacity = config.replay().capacity();
  if (config.sac().batch_size() > capacity) {
    problems->push_back(
        absl::StrCat("sac.batch_size = ", config.sac().batch_size(),
                     " must be at most replay.capacity = ", capacity));
  }
  if (config.sac().n_step() >= capacity) {
    problems->push_back(
        absl::StrCat("sac.n_step = ", config.sac().n_step(),
                     " must be below replay.capacity = ", capacity));
  }
}

void CheckLengths(const v1::RunConfig& config, Problems* problems) {
  const auto warmup = config.learner().warmup_steps();
  if (config.learner().updates_per_step() > 0 &&
      config.total_steps() <= warmup) {
    problems->push_back(
        absl::StrCat("total_steps = ", config.total_steps(),
                     " must be above learner.warmup_steps = ", warmup,
                     ": nothing would be trained; raise total_steps or lower "
                     "learner.warmup_steps"));
  }
}

void CheckEvaluation(const v1::EvaluationConfig& evaluation,
                     Problems* problems) {
  if (evaluation.success().has_within_of_reference() &&
      evaluation.panel().empty()) {
    problems->push_back(
        "evaluation.success.within_of_reference needs evaluation.panel: only "
        "a panel has references");
  }
}

}  // namespace

absl::Status ValidateConfig(const v1::RunConfig& config) {
  const v1::RunConfig full = WithDefaults(config);
  Problems problems;
  VisitSetFields(full, "",
                 [&](const std::string& path, const Message& message,
                     const FieldDescriptor& field) {
                   CheckField(path, message, field, &problems);
                 });
  CheckEnvironment(full.environment(), &problems);
  CheckSac(full.sac(), &problems);
  CheckReplay(full, &problems);
  CheckLengths(full, &problems);
  CheckEvaluation(full.evaluation(), &problems);
  if (problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
}

}  // namespace softfleet
