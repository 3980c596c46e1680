// SPDX-License-Identifier: Apache-2.0
#include "evaluation/trace.h"

#include <google/protobuf/text_format.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/safetensors.h"
#include "core/status.h"
#include "environments/environment_config.h"
#include "evaluation/episode_batch.h"

namespace softfleet {

absl::StatusOr<Trace> RecordTrace(Policy& policy, ActionMode mode,
                                  const v1::EnvironmentConfig& config,
                                  const PanelStart& start, int64_t most_steps) {
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<Environment> environment,
                      MakeEnvironment(MakeEnvironmentOptions(config)));
  EpisodeBatch::Options options;
  options.policy = &policy;
  options.mode = mode;
  options.environments = {&environment, 1};
  options.starts = {&start, 1};
  options.step_limit = most_steps;
  SF_ASSIGN_OR_RETURN(EpisodeBatch batch, EpisodeBatch::Begin(options));
  Trace trace;
  trace.environment = config;
  trace.states.push_back(environment->state());
  double sum = 0;
  while (batch.running()) {
    SF_RETURN_IF_ERROR(batch.RunOnce());
    trace.states.push_back(environment->state());
    trace.rewards.push_back(batch.episodes()[0].sum - sum);
    sum = batch.episodes()[0].sum;
  }
  return trace;
}

absl::Status WriteTrace(FileSystem& files, const std::string& path,
                        const Trace& trace) {
  const auto columns = static_cast<int64_t>(trace.states.front().size());
  std::vector<double> states;
  for (const std::vector<double>& state : trace.states) {
    states.insert(states.end(), state.begin(), state.end());
  }
  TensorMap tensors;
  tensors["states"] = Tensor::From(states, {std::ssize(trace.states), columns});
  tensors["rewards"] = Tensor::From(trace.rewards, {std::ssize(trace.rewards)});
  std::string environment;
  google::protobuf::TextFormat::PrintToString(trace.environment, &environment);
  return WriteSafetensors(
             files, path, tensors,
             {{"format", kTraceFormat}, {"environment", environment}})
      .status();
}

absl::StatusOr<Trace> ReadTrace(FileSystem& files, const std::string& path) {
  const auto refuse = [&path](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", why));
  };
  SF_ASSIGN_OR_RETURN(const SafetensorsContent content,
                      ReadSafetensors(files, path));
  const auto format = content.metadata.find("format");
  if (format == content.metadata.end() || format->second != kTraceFormat) {
    return refuse(
        absl::StrCat("is not a trace (format \"", kTraceFormat, "\")"));
  }
  Trace trace;
  const auto environment = content.metadata.find("environment");
  if (environment == content.metadata.end() ||
      !google::protobuf::TextFormat::ParseFromString(environment->second,
                                                     &trace.environment)) {
    return refuse("says no environment that this program understands");
  }
  SF_ASSIGN_OR_RETURN(const Tensor* const states, content.Find("states"));
  SF_ASSIGN_OR_RETURN(const Tensor* const rewards, content.Find("rewards"));
  if (states->dtype != DType::kF64 || states->shape.size() != 2 ||
      rewards->dtype != DType::kF64 || rewards->shape.size() != 1 ||
      states->shape[0] != rewards->shape[0] + 1) {
    return refuse(absl::StrCat("states ", ShapeString(states->shape),
                               " and rewards ", ShapeString(rewards->shape),
                               " are not F64 [steps + 1, n] and F64 [steps]"));
  }
  const auto values = states->values<double>();
  const auto columns = static_cast<size_t>(states->shape[1]);
  for (int64_t i = 0; i < states->shape[0]; ++i) {
    const auto row = values.subspan(static_cast<size_t>(i) * columns, columns);
    trace.states.emplace_back(row.begin(), row.end());
  }
  trace.rewards = rewards->AsDouble();
  return trace;
}

}  // namespace softfleet
