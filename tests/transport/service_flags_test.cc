// SPDX-License-Identifier: Apache-2.0
#include "transport/service_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <new>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "core/network.h"
#include "core/process_metrics.h"
#include "core/stop_signal.h"
#include "core/version.h"
#include "softfleet/v1/replay.grpc.pb.h"
#include "tests/core/test_directory.h"
#include "transport/server_host.h"

namespace softfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
  bool served = false;
  ServiceFlags flags;
};

// A program with one required flag of its own, run in this process.
Outcome RunProgram(
    std::vector<std::string> arguments, bool listens,
    const std::function<absl::Status()>& serve = absl::OkStatus) {
  CLI::App app("Does nothing.", "softfleet-nothing");
  Outcome outcome;
  std::string config;
  app.add_option("--config", config, "What to do")->required();
  AddServiceFlags(app, listens ? "127.0.0.1:7201" : "", &outcome.flags);
  arguments.insert(arguments.begin(), "softfleet-nothing");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  outcome.code = RunService(app, static_cast<int>(argv.size()), argv.data(),
                            outcome.flags, [&] {
                              outcome.served = true;
                              return serve();
                            });
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

TEST(ServiceFlags, HaveTheDefaultsOfTheDocumentation) {
  const Outcome outcome = RunProgram({"--config", "f"}, true);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(outcome.served);
  EXPECT_EQ(outcome.flags.listen, "127.0.0.1:7201");
  EXPECT_EQ(outcome.flags.metrics_listen, "127.0.0.1:0");
  EXPECT_EQ(outcome.flags.log_level, "info");
  EXPECT_TRUE(outcome.flags.security.tls.empty());
  EXPECT_FALSE(outcome.flags.security.insecure);
}

TEST(ServiceFlags, ReachTheirFields) {
  const Outcome outcome =
      RunProgram({"--config=f", "--listen", "0.0.0.0:1",
                  "--metrics_listen=[::]:2", "--tls_cert=c", "--tls_key=k",
                  "--tls_ca=a", "--insecure", "--log_level", "warning"},
                 true);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.flags.listen, "0.0.0.0:1");
  EXPECT_EQ(outcome.flags.metrics_listen, "[::]:2");
  EXPECT_EQ(outcome.flags.security.tls.certificate, "c");
  EXPECT_EQ(outcome.flags.security.tls.key, "k");
  EXPECT_EQ(outcome.flags.security.tls.authority, "a");
  EXPECT_TRUE(outcome.flags.security.insecure);
}

TEST(ServiceFlags, HelpExplainsEveryFlag) {
  const Outcome outcome = RunProgram({"--help"}, true);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_FALSE(outcome.served);
  for (const std::string flag :
       {"--listen HOST:PORT", "--metrics_listen HOST:PORT", "--tls_cert FILE",
        "--tls_key FILE", "--tls_ca FILE", "--insecure", "--probe",
        "--log_level LEVEL", "--version", "--config"}) {
    EXPECT_THAT(outcome.out, HasSubstr(flag));
  }
  EXPECT_THAT(outcome.out, HasSubstr("127.0.0.1:7201"));
}

TEST(ServiceFlags, AProgramWithoutAListenerHasNoListenFlag) {
  EXPECT_THAT(RunProgram({"--help"}, false).out,
              testing::Not(HasSubstr("--listen ")));
  EXPECT_EQ(RunProgram({"--config=f", "--listen=127.0.0.1:1"}, false).code, 2);
}

TEST(ServiceFlags, VersionNamesTheProgram) {
  const Outcome outcome = RunProgram({"--version"}, false);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out,
            absl::StrCat("softfleet-nothing ", SoftwareVersion(), "\n"));
}

TEST(ServiceFlags, AMisspeltFlagNamesTheNearest) {
  for (const std::string flag : {"--metric_listen=x", "--metrics_lsten"}) {
    const Outcome outcome = RunProgram({"--config=f", flag}, true);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_FALSE(outcome.served);
    EXPECT_THAT(outcome.err,
                AllOf(StartsWith("softfleet-nothing: unknown flag --metric"),
                      HasSubstr("did you mean \"--metrics_listen\"?"),
                      HasSubstr("--help")));
  }
}

TEST(ServiceFlags, MistakesAreExitCodeTwo) {
  EXPECT_THAT(RunProgram({}, true).err, HasSubstr("--config is required"));
  EXPECT_EQ(RunProgram({}, true).code, 2);
  EXPECT_EQ(RunProgram({"--config=f", "--log_level=loud"}, true).code, 2);
  EXPECT_EQ(RunProgram({"--config=f", "surplus"}, true).code, 2);
  EXPECT_EQ(RunProgram({"--config=f", "--listen"}, true).code, 2);
}

TEST(RunService, TurnsAStatusIntoAnExitCodeAndALine) {
  const std::pair<absl::Status, int> cases[] = {
      {absl::InvalidArgumentError("the reason"), 2},
      {absl::FailedPreconditionError("the reason"), 2},
      {absl::NotFoundError("the reason"), 2},
      {absl::UnavailableError("the reason"), 1},
      {absl::InternalError("the reason"), 1},
      {absl::CancelledError("the reason"), 1},
  };
  for (const auto& [status, code] : cases) {
    const Outcome outcome =
        RunProgram({"--config=f"}, true, [status = status] { return status; });
    EXPECT_EQ(outcome.code, code) << status;
    EXPECT_EQ(outcome.err, "softfleet-nothing: the reason\n");
  }
}

TEST(RunService, AnExceptionIsAFailureAndNotACrash) {
  const Outcome outcome = RunProgram(
      {"--config=f"}, true, []() -> absl::Status { throw std::bad_alloc(); });
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("bad_alloc"));
}

// In a process of its own: a stop signal cannot be taken back.
TEST(RunService, BeingCancelledByAStopSignalIsACleanStop) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(RunProgram({"--config=f"}, true, [] {
              std::raise(SIGTERM);
              return StopRequested() ? absl::CancelledError("stopped")
                                     : absl::InternalError("no signal");
            }).code);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Probe, AsksTheHealthServiceOfAProgramThatListens) {
  v1::ReplayService::CallbackService service;
  ServerHost::Options options;
  options.address = "0.0.0.0:0";
  options.security.insecure = true;
  options.services = {&service};
  const auto host = ServerHost::Start(options);
  ASSERT_TRUE(host.ok()) << host.status();
  const std::string listen = "--listen=" + (*host)->address();

  const Outcome loading = RunProgram({"--probe", listen}, true);
  EXPECT_EQ(loading.code, 1);
  EXPECT_FALSE(loading.served);
  EXPECT_THAT(loading.err, HasSubstr("NOT_SERVING"));
  (*host)->SetServing("", true);
  EXPECT_EQ(RunProgram({"--probe", listen}, true).code, 0);
  (*host)->Drain(absl::ZeroDuration());
  EXPECT_EQ(RunProgram({"--probe", listen}, true).code, 1);
}

TEST(Probe, AsksTheMetricsOfAProgramThatDoesNotListen) {
  MetricRegistry registry;
  ProcessMetrics process(registry, "softfleet-nothing");
  ServiceFlags flags;
  const auto metrics = StartMetrics(flags, registry);
  ASSERT_TRUE(metrics.ok()) << metrics.status();
  const std::string listen = "--metrics_listen=" + (*metrics)->address();

  const Outcome unhealthy = RunProgram({"--probe", listen}, false);
  EXPECT_EQ(unhealthy.code, 1);
  EXPECT_FALSE(unhealthy.served);
  EXPECT_THAT(unhealthy.err, HasSubstr("sac_process_healthy"));
  process.SetHealthy(true);
  EXPECT_EQ(RunProgram({"--probe", listen}, false).code, 0);
}

TEST(Probe, NeedsThePort) {
  const Outcome outcome = RunProgram({"--probe"}, false);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("--metrics_listen with the port"));
}

TEST(StartMetrics, ATakenPortNamesTheFlag) {
  MetricRegistry registry;
  ServiceFlags flags;
  const auto first = StartMetrics(flags, registry);
  ASSERT_TRUE(first.ok()) << first.status();
  flags.metrics_listen = (*first)->address();
  EXPECT_THAT(
      std::string(StartMetrics(flags, registry).status().message()),
      AllOf(StartsWith("--metrics_listen: "), HasSubstr(flags.metrics_listen)));
}

TEST(WriteEndpoints, TellsProgramProcessAndAddresses) {
  const TestDirectory directory;
  const std::string path = directory / "new";
  ASSERT_EQ(WriteEndpoints(path, "softfleet-learner", "127.0.0.1:7200",
                           "127.0.0.1:9100"),
            absl::OkStatus());
  const auto text = RealFileSystem().Read(JoinPath(path, "endpoints.json"));
  ASSERT_TRUE(text.ok()) << text.status();
  const nlohmann::json expected = {{"program", "softfleet-learner"},
                                   {"pid", ::getpid()},
                                   {"listen", "127.0.0.1:7200"},
                                   {"metrics", "127.0.0.1:9100"}};
  EXPECT_EQ(nlohmann::json::parse(*text), expected);
}

}  // namespace
}  // namespace softfleet
