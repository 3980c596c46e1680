// SPDX-License-Identifier: Apache-2.0
#include "environments/gymnasium/gymnasium_messages.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace softfleet {
namespace {

using Json = nlohmann::json;

// Nothing shares a cache line with another thing.
constexpr size_t kAlignment = 64;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<Json> Parse(absl::string_view text) {
  Json json = Json::parse(text.begin(), text.end(), nullptr, false);
  if (!json.is_discarded()) return json;
  return absl::InternalError("worker.py answers with what is no JSON");
}

absl::StatusOr<Json> MakeSetting(const EnvironmentSetting& setting) {
  Json json = {{"name", setting.name}};
  if (setting.flag.has_value()) {
    json["flag"] = *setting.flag;
  } else if (setting.text.has_value()) {
    json["text"] = *setting.text;
  } else {
    json["numbers"] = setting.numbers;
    if (!std::ranges::all_of(setting.numbers,
                             [](double x) { return std::isfinite(x); })) {
      return absl::InvalidArgumentError(
          absl::StrCat("setting ", DescribeSetting(setting), " is not finite"));
    }
  }
  return json;
}

// Infinity is no JSON, so bounds are texts.
absl::StatusOr<std::vector<double>> ReadBounds(const Json& texts) {
  std::vector<double> bounds;
  for (const Json& text : texts) {
    if (!absl::SimpleAtod(text.get<std::string>(), &bounds.emplace_back())) {
      return absl::InternalError(
          absl::StrCat(text.get<std::string>(), " is no bound of an action"));
    }
  }
  return bounds;
}

absl::Status ReadAction(const Json& json, EnvironmentSpec* spec) {
  if (json.contains("num_actions")) {
    spec->action = {ActionSpec::Kind::kDiscrete, 0,
                    json["num_actions"].get<int64_t>()};
    return absl::OkStatus();
  }
  SF_ASSIGN_OR_RETURN(spec->action_low, ReadBounds(json["low"]));
  SF_ASSIGN_OR_RETURN(spec->action_high, ReadBounds(json["high"]));
  spec->action = {ActionSpec::Kind::kContinuous, std::ssize(spec->action_low),
                  0};
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> MakeRequest(const GymnasiumRequest& request) {
  Json settings = Json::array();
  std::set<std::string> names;
  for (const EnvironmentSetting& setting : request.settings) {
    if (!names.insert(setting.name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("setting \"", setting.name, "\" is given twice"));
    }
    SF_ASSIGN_OR_RETURN(settings.emplace_back(), MakeSetting(setting));
  }
  Json json = {{"id", request.id},
               {"module", request.module},
               {"settings", std::move(settings)},
               {"max_episode_steps", nullptr}};
  if (request.max_episode_steps.has_value()) {
    json["max_episode_steps"] = *request.max_episode_steps;
  }
  return absl::StrCat("M", Dump(json));
}

absl::StatusOr<GymnasiumSpec> ParseSpec(absl::string_view text) {
  SF_ASSIGN_OR_RETURN(const Json json, Parse(text));
  GymnasiumSpec read;
  for (const Json& group : json["groups"]) {
    read.spec.observations.push_back(
        {group["name"].get<std::string>(),
         group["dtype"] == "uint8" ? DType::kU8 : DType::kF32,
         group["shape"].get<Shape>()});
  }
  SF_RETURN_IF_ERROR(ReadAction(json["action"], &read.spec));
  read.spec.max_episode_steps = json["max_episode_steps"].get<int64_t>();
  read.spec.reward_components =
      json["reward_components"].get<std::vector<std::string>>();
  read.spec.control_frequency = json["control_frequency"].get<double>();
  read.state_size = json["state_size"].get<int64_t>();
  return read;
}

absl::Status ParseError(absl::string_view text, std::string* traceback) {
  SF_ASSIGN_OR_RETURN(const Json json, Parse(text));
  *traceback = json["traceback"].get<std::string>();
  const std::string kind = json["kind"].get<std::string>();
  const std::string message = json["message"].get<std::string>();
  if (kind == "refused") return absl::InvalidArgumentError(message);
  if (kind == "missing") return absl::FailedPreconditionError(message);
  return absl::InternalError(message);
}

SharedLayout::SharedLayout(const EnvironmentSpec& spec) {
  const auto place = [this](size_t bytes) {
    const size_t begin = size;
    size += (bytes + kAlignment - 1) / kAlignment * kAlignment;
    return begin;
  };
  const size_t columns =
      std::max<size_t>(static_cast<size_t>(spec.action.columns()), 1);
  seed = place(sizeof(uint64_t));
  action = place(columns * sizeof(float));
  executed = place(columns * sizeof(float));
  reward = place(sizeof(double));
  components = place(spec.reward_components.size() * sizeof(double));
  flags = place(sizeof(StepFlags));
  for (const ObservationGroup& group : spec.observations) {
    observations.push_back(place(group.bytes()));
  }
}

std::string SharedLayout::ToMessage() const {
  const Json json = {{"size", size},     {"seed", seed},
                     {"action", action}, {"executed", executed},
                     {"reward", reward}, {"components", components},
                     {"flags", flags},   {"observations", observations}};
  return absl::StrCat("L", Dump(json));
}

}  // namespace softfleet
