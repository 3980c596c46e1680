// SPDX-License-Identifier: Apache-2.0
// softfleet-actor: steps environments under the learner's newest policy and
// sends the rows to its shard.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actor/actor_config.h"
#include "actor/actor_loop.h"
#include "actor/actor_metrics.h"
#include "core/clock.h"
#include "core/cpu_list.h"
#include "core/log.h"
#include "core/plural.h"
#include "core/process_metrics.h"
#include "core/status.h"
#include "core/stop_signal.h"
#include "core/waiting_timer.h"
#include "transport/channel.h"
#include "transport/codec.h"
#include "transport/insert_client.h"
#include "transport/learner_client.h"
#include "transport/service_flags.h"

namespace softfleet {
namespace {

constexpr char kProgram[] = "softfleet-actor";
// How often a wait looks whether there is something else to do.
constexpr absl::Duration kGlance = absl::Milliseconds(100);
// For the last rows to arrive, at the run's end and after a stop signal; the
// latter below the ten seconds that docker and the like give a process.
constexpr absl::Duration kFinishGrace = absl::Seconds(10);
constexpr absl::Duration kStopGrace = absl::Seconds(5);

struct Flags : MemberFlags {
  std::string cpus;
};

void Describe(CLI::App& app, Flags* flags) {
  AddMemberFlags(app, flags);
  app.add_option("--cpus", flags->cpus,
                 "Processors for the threads that step environments "
                 "(actor.step_threads), one each in turn, e.g. 0-3,6")
      ->type_name("LIST");
  app.footer(
      "Example:\n"
      "  softfleet-actor --learner 127.0.0.1:7200\n\n"
      "Start as many as you like, before or after the learner. One that is\n"
      "killed may be started again; it ends by itself with the run.");
}

absl::StatusOr<std::vector<int>> Cpus(const Flags& flags) {
  if (flags.cpus.empty()) return std::vector<int>();
  absl::StatusOr<std::vector<int>> cpus = ParseCpuList(flags.cpus);
  if (!cpus.ok()) return Annotate(cpus.status(), "--cpus");
  return cpus;
}

absl::StatusOr<ActorOptions> OptionsFor(const Flags& flags,
                                        const v1::JoinReply& joined,
                                        Clock& clock) {
  ActorOptions options = MakeActorOptions(joined.config());
  options.first_environment = joined.first_environment();
  options.clock = &clock;
  SF_ASSIGN_OR_RETURN(options.cpus, Cpus(flags));
  if (!options.cpus.empty() && options.step_threads == 0) {
    return absl::InvalidArgumentError(
        "--cpus is for the threads that step environments, and this run has "
        "none: set actor.step_threads");
  }
  return options;
}

absl::StatusOr<EnvironmentSpec> SpecOf(const EnvironmentOptions& options) {
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<Environment> environment,
                      MakeEnvironment(options));
  return environment->spec();
}

absl::StatusOr<std::unique_ptr<InsertClient>> OpenSession(
    const MemberFlags& flags, const v1::JoinReply& joined, const Schema& schema,
    Clock& clock, InsertMetrics& metrics) {
  absl::StatusOr<std::shared_ptr<grpc::Channel>> channel =
      MakeChannel(joined.shard(), flags.service.security);
  if (!channel.ok()) {
    return Annotate(channel.status(), "the shard that the learner named");
  }
  const v1::ActorConfig& config = joined.config().actor();
  InsertClient::Options options;
  options.run_id = joined.run_id();
  options.schema = schema;
  options.client = flags.name;
  options.pending_rows = config.pending_rows();
  options.buffer_bytes = config.buffer_bytes();
  options.overflow = config.overflow() == v1::Overflow::drop
                         ? InsertClient::Overflow::kDrop
                         : InsertClient::Overflow::kWait;
  options.clock = &clock;
  return InsertClient::Create(*std::move(channel), options, metrics);
}

// The parts of an actor that has joined, and the order in which they run.
class ActorRun {
 public:
  ActorRun(ActorLoop& loop, InsertClient& session, ParameterClient& policies,
           ActorMetrics& metrics, WaitingTimer& waiting, Clock& clock)
      : loop_(loop),
        session_(session),
        policies_(policies),
        metrics_(metrics),
        waiting_(waiting),
        clock_(clock) {}

  // Until the run has ended or a stop signal has come. FailedPrecondition: the
  // learner or the shard is of another run now. Internal: an environment.
  absl::Status Run() {
    while (!StopRequested() && !RunHasEnded()) {
      SF_RETURN_IF_ERROR(session_.status());
      SF_RETURN_IF_ERROR(PolicyStatus());
      SF_RETURN_IF_ERROR(Continue());
    }
    return absl::OkStatus();
  }

  bool RunHasEnded() const {
    const RunState phase = policies_.phase();
    return phase == RunState::kFinished || phase == RunState::kFailed;
  }

  // Sends every row there is and says Bye.
  absl::Status Flush(absl::Duration grace) {
    const absl::Duration end = clock_.Monotonic() + grace;
    loop_.Stop(grace / 2);
    absl::Status cut = loop_.CutAllBlocks();
    while (absl::IsResourceExhausted(cut) && clock_.Monotonic() < end) {
      session_.WaitForRoom(end - clock_.Monotonic());
      cut = loop_.CutAllBlocks();
    }
    const absl::Status sent = session_.Finish(
        std::max(end - clock_.Monotonic(), absl::ZeroDuration()));
    return cut.ok() ? sent : cut;
  }

 private:
  // One step, or a short wait for what it needs.
  absl::Status Continue() {
    SF_RETURN_IF_ERROR(UnlessFull(loop_.CutBlocks()));
    if (!session_.WaitForRoom(absl::ZeroDuration())) {
      const WaitingScope scope(
          waiting_, session_.connected() ? "buffer_full" : "session");
      session_.WaitForRoom(kGlance);
      return absl::OkStatus();
    }
    const absl::Duration begin = clock_.Monotonic();
    const absl::Status stepped = loop_.RunOnce();
    if (absl::IsUnavailable(stepped) && loop_.policy() == nullptr) {
      const WaitingScope scope(waiting_, "first_policy");
      return policies_.WaitForNewer(0, kGlance).status();
    }
    metrics_.AfterStep(loop_, clock_.Monotonic() - begin);
    return UnlessFull(stepped);
  }

  // OK, or what is wrong with this actor's environments. Rows that the session
  // does not take now are kept by the loop.
  absl::Status UnlessFull(const absl::Status& status) const {
    if (status.ok() || absl::IsResourceExhausted(status)) {
      return absl::OkStatus();
    }
    SF_RETURN_IF_ERROR(session_.status());
    SF_RETURN_IF_ERROR(PolicyStatus());
    return absl::InternalError(status.message());
  }

  absl::Status PolicyStatus() const {
    return policies_.Latest(std::numeric_limits<uint64_t>::max()).status();
  }

  ActorLoop& loop_;
  InsertClient& session_;
  ParameterClient& policies_;
  ActorMetrics& metrics_;
  WaitingTimer& waiting_;
  Clock& clock_;
};

// Of the loop's rows, those of which nothing is known.
uint64_t RowsLeft(const ActorLoop& loop, const InsertCounts& counts) {
  return loop.counts().steps - loop.counts().dropped_rows -
         counts.acknowledged - counts.rejected - counts.dropped;
}

// What has been sent, for the log.
std::string Summary(const ActorLoop& loop, const InsertCounts& counts) {
  return absl::StrCat(
      Counted(loop.counts().steps, "step"), ", ",
      Counted(counts.acknowledged, "row"), " acknowledged by the shard, ",
      counts.lost, " of them lost, ", counts.dropped, " dropped, ",
      counts.rejected, " rejected, ", RowsLeft(loop, counts), " left");
}

absl::Status Act(const Flags& flags, const v1::JoinReply& joined,
                 const std::shared_ptr<grpc::Channel>& learner,
                 MetricRegistry& registry, WaitingTimer& waiting,
                 ProcessMetrics& process) {
  Clock& clock = SystemClock();
  SF_ASSIGN_OR_RETURN(const ActorOptions options,
                      OptionsFor(flags, joined, clock));
  SF_ASSIGN_OR_RETURN(const EnvironmentSpec spec, SpecOf(options.environment));
  ActorMetrics metrics(registry, clock);
  InsertMetrics insert_metrics(registry);
  SF_ASSIGN_OR_RETURN(
      const std::unique_ptr<InsertClient> session,
      OpenSession(flags, joined, MakeSchema(spec, options.frame_stack), clock,
                  insert_metrics));
  ParameterClient::Options parameters;
  parameters.run_id = joined.run_id();
  ParameterClient policies(learner, parameters);
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<ActorLoop> loop,
                      ActorLoop::Create(options, *session, policies));
  LogInfo(absl::StrCat(
      "joined run ", joined.run_id(), ": ",
      Counted(static_cast<uint64_t>(options.num_environments), "environment"),
      " ", spec.name, ", numbered from ", options.first_environment,
      ", rows go to ", joined.shard()));
  process.SetHealthy(true);

  ActorRun run(*loop, *session, policies, metrics, waiting, clock);
  const absl::Status ran = run.Run();
  process.SetHealthy(false);
  const bool ended = ran.ok() && run.RunHasEnded();
  const absl::Status sent = run.Flush(ended ? kFinishGrace : kStopGrace);
  if (ran.ok() && !sent.ok()) {
    LogWarning(absl::StrCat("not acknowledged by the shard: ",
                            Counted(RowsLeft(*loop, session->counts()), "row"),
                            ": ", sent.message()));
  }
  LogInfo(absl::StrCat(ended ? "the run has ended: " : "stopping: ",
                       Summary(*loop, session->counts())));
  SF_RETURN_IF_ERROR(ran);
  if (policies.phase() == RunState::kFailed) return RunFailed(joined.run_id());
  return absl::OkStatus();
}

absl::Status Serve(const Flags& flags) {
  SF_RETURN_IF_ERROR(Cpus(flags).status());  // before there is anything to join
  MetricRegistry registry;
  ProcessMetrics process(registry, kProgram);
  WaitingTimer waiting(registry, {"first_policy", "buffer_full", "session"},
                       SystemClock());
  SF_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> learner,
                      LearnerChannel(flags));
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<MetricsServer> metrics,
                      StartMetrics(flags.service, registry));
  absl::StatusOr<v1::JoinReply> joined;
  {
    const WaitingScope scope(waiting, "session");
    joined = Join(learner, {v1::ROLE_ACTOR, flags.name, flags.learner},
                  StopRequested);
  }
  SF_RETURN_IF_ERROR(joined.status());
  switch (DecodePhase(joined->phase())) {
    case RunState::kFinished:
      LogInfo(absl::StrCat("run ", joined->run_id(), " is finished"));
      return absl::OkStatus();
    case RunState::kFailed:
      return RunFailed(joined->run_id());
    default:
      return Act(flags, *joined, learner, registry, waiting, process);
  }
}

}  // namespace
}  // namespace softfleet

int main(int argc, char** argv) {
  CLI::App app(
      "An actor of a softfleet cluster: steps environments under the newest "
      "policy and sends what happens to a replay shard.",
      softfleet::kProgram);
  softfleet::Flags flags;
  softfleet::Describe(app, &flags);
  return softfleet::RunService(app, argc, argv, flags.service,
                               [&flags] { return softfleet::Serve(flags); });
}
