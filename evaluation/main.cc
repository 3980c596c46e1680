// SPDX-License-Identifier: Apache-2.0
// softfleet-evaluator: evaluates the policies that the learner asks about, in
// both action modes, and reports to it.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/backoff.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/plural.h"
#include "core/process_metrics.h"
#include "core/status.h"
#include "core/stop_signal.h"
#include "core/waiting_timer.h"
#include "evaluation/evaluator.h"
#include "evaluation/evaluator_metrics.h"
#include "evaluation/make_audit_record.h"
#include "evaluation/make_evaluator.h"
#include "run/config.h"
#include "transport/channel.h"
#include "transport/codec.h"
#include "transport/learner_client.h"
#include "transport/service_flags.h"
#include "transport/status.h"

namespace softfleet {
namespace {

constexpr char kProgram[] = "softfleet-evaluator";
// How often a wait looks whether there is something else to do.
constexpr absl::Duration kGlance = absl::Milliseconds(100);

void Describe(CLI::App& app, MemberFlags* flags) {
  AddMemberFlags(app, flags);
  app.footer(
      "Example:\n"
      "  softfleet-evaluator --learner 127.0.0.1:7200\n\n"
      "One is enough; a second only repeats the first one's work. One that is\n"
      "killed may be started again; it ends by itself with the run.");
}

std::string Describe(const AuditRecord& record, bool recorded,
                     absl::Duration duration) {
  return absl::StrFormat(
      "step %u: return %.1f deterministic, %.1f stochastic, over %u starts in "
      "%.1f s; %s",
      record.step, record.deterministic.return_mean,
      record.stochastic.return_mean, record.panel_starts,
      absl::ToDoubleSeconds(duration),
      recorded ? "recorded" : "no longer asked for");
}

// An evaluator that has joined.
class Evaluation {
 public:
  Evaluation(const v1::JoinReply& joined, Evaluator& evaluator,
             std::shared_ptr<grpc::Channel> learner, EvaluatorMetrics& metrics,
             WaitingTimer& waiting, Clock& clock)
      : run_id_(joined.run_id()),
        config_hash_(ConfigHash(joined.config())),
        evaluator_(evaluator),
        learner_(std::move(learner)),
        metrics_(metrics),
        waiting_(waiting),
        clock_(clock),
        policies_(learner_, {.for_evaluation = true, .run_id = run_id_}) {}

  // Until the run has ended and nothing waits to be evaluated, or a stop
  // signal has come.
  absl::Status Run() {
    uint64_t have = 0;
    while (!StopRequested()) {
      SF_ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> policy,
                          Next(have));
      if (policies_.phase() == RunState::kFailed) return RunFailed(run_id_);
      if (policy != nullptr) {
        have = policy->version;
        SF_RETURN_IF_ERROR(Evaluate(policy));
      } else if (policies_.phase() == RunState::kFinished) {
        LogInfo(absl::StrCat("run ", run_id_, " is finished"));
        return absl::OkStatus();
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<std::shared_ptr<const Snapshot>> Next(uint64_t have) {
    const WaitingScope scope(waiting_, "policy");
    return policies_.WaitForNewer(have, kGlance);
  }

  absl::Status Evaluate(const std::shared_ptr<const Snapshot>& policy) {
    const absl::Duration begin = clock_.Monotonic();
    SF_ASSIGN_OR_RETURN(const EvaluationResult result,
                        evaluator_.Evaluate(policy));
    const absl::Duration duration = clock_.Monotonic() - begin;
    const AuditRecord record = MakeAuditRecord(result, *policy, config_hash_);
    metrics_.Show(record, duration);
    v1::ReportEvaluationRequest request;
    request.set_run_id(run_id_);
    request.set_version(policy->version);
    request.set_audit_json(FormatAuditJson({record}));
    request.set_seconds(absl::ToDoubleSeconds(duration));
    SF_ASSIGN_OR_RETURN(const bool recorded, Report(request));
    LogInfo(Describe(record, recorded, duration));
    return absl::OkStatus();
  }

  // Tries on while the learner is away.
  absl::StatusOr<bool> Report(const v1::ReportEvaluationRequest& request) {
    Backoff backoff;
    bool said = false;
    for (;;) {
      absl::StatusOr<bool> recorded = ReportEvaluation(learner_, request);
      if (recorded.ok()) return recorded;
      if (!IsTransient(recorded.status())) {
        return Annotate(recorded.status(), "the learner refuses the report");
      }
      if (!std::exchange(said, true)) {
        LogWarning(absl::StrCat("the report waits for the learner: ",
                                recorded.status().message()));
      }
      if (WaitForStop(backoff.Next())) {
        return absl::CancelledError("stopped with a report unsent");
      }
    }
  }

  const std::string run_id_;
  const std::string config_hash_;
  Evaluator& evaluator_;
  const std::shared_ptr<grpc::Channel> learner_;
  EvaluatorMetrics& metrics_;
  WaitingTimer& waiting_;
  Clock& clock_;
  ParameterClient policies_;
};

absl::StatusOr<v1::JoinReply> JoinRun(
    const MemberFlags& flags, const std::shared_ptr<grpc::Channel>& learner) {
  return Join(learner, {v1::ROLE_EVALUATOR, flags.name, flags.learner},
              StopRequested);
}

absl::StatusOr<v1::JoinReply> WaitToJoin(
    const MemberFlags& flags, const std::shared_ptr<grpc::Channel>& learner,
    WaitingTimer& waiting) {
  const WaitingScope scope(waiting, "policy");
  return JoinRun(flags, learner);
}

// The settings under which an evaluator joined.
struct Settings {
  std::string run_id;
  std::string config_hash;
};

// Joins and evaluates until the run has ended. FailedPrecondition when the
// learner refuses what is evaluated under `settings`, which are filled in.
absl::Status JoinAndEvaluate(const MemberFlags& flags,
                             const std::shared_ptr<grpc::Channel>& learner,
                             EvaluatorMetrics& metrics, WaitingTimer& waiting,
                             ProcessMetrics& process, Settings* settings) {
  SF_ASSIGN_OR_RETURN(const v1::JoinReply joined,
                      WaitToJoin(flags, learner, waiting));
  *settings = {joined.run_id(), ConfigHash(joined.config())};
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<Evaluator> evaluator,
                      MakeEvaluator(joined.config(), joined.panel_text(),
                                    joined.panel_source(), StopRequested));
  LogInfo(absl::StrCat("joined run ", joined.run_id(), ": ",
                       Counted(evaluator->panel().starts.size(), "start"),
                       " of ", EnvironmentId(joined.config().environment())));
  process.SetHealthy(true);
  Evaluation evaluation(joined, *evaluator, learner, metrics, waiting,
                        SystemClock());
  return evaluation.Run();
}

// Whether the learner goes on with the same run under other settings: it was
// started again with a change that is allowed.
bool SettingsChanged(const MemberFlags& flags,
                     const std::shared_ptr<grpc::Channel>& learner,
                     const Settings& settings) {
  const absl::StatusOr<v1::JoinReply> now = JoinRun(flags, learner);
  return now.ok() && now->run_id() == settings.run_id &&
         ConfigHash(now->config()) != settings.config_hash;
}

absl::Status Serve(const MemberFlags& flags) {
  Clock& clock = SystemClock();
  MetricRegistry registry;
  ProcessMetrics process(registry, kProgram);
  WaitingTimer waiting(registry, {"policy"}, clock);
  EvaluatorMetrics metrics(registry);
  SF_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> learner,
                      LearnerChannel(flags));
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<MetricsServer> server,
                      StartMetrics(flags.service, registry));
  Settings settings;
  absl::Status ended =
      JoinAndEvaluate(flags, learner, metrics, waiting, process, &settings);
  while (absl::IsFailedPrecondition(ended) &&
         SettingsChanged(flags, learner, settings)) {
    LogInfo("the run goes on with other settings: joining again");
    ended =
        JoinAndEvaluate(flags, learner, metrics, waiting, process, &settings);
  }
  process.SetHealthy(false);
  return ended;
}

}  // namespace
}  // namespace softfleet

int main(int argc, char** argv) {
  CLI::App app(
      "The evaluator of a softfleet cluster: runs the policies that the "
      "learner asks about on the run's panel, in both action modes.",
      softfleet::kProgram);
  softfleet::MemberFlags flags;
  softfleet::Describe(app, &flags);
  return softfleet::RunService(app, argc, argv, flags.service,
                               [&flags] { return softfleet::Serve(flags); });
}
