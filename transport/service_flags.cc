// SPDX-License-Identifier: Apache-2.0
#include "transport/service_flags.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "core/file_system.h"
#include "core/http_get.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/network.h"
#include "core/status.h"
#include "core/stop_signal.h"
#include "core/suggest.h"
#include "core/version.h"

namespace softfleet {
namespace {

constexpr int kExitOk = 0;
constexpr int kExitFailure = 1;
constexpr int kExitBadInput = 2;
constexpr absl::Duration kProbeTimeout = absl::Seconds(5);
constexpr absl::string_view kHealthy = "sac_process_healthy 1";

std::string FlagOf(absl::string_view argument) {
  return std::string(argument.substr(0, argument.find('=')));
}

// The first flag on the command line that there is not, with the nearest one.
std::string UnknownFlag(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options(nullptr)) {
    known.push_back(option->get_name());
  }
  for (int i = 1; i < argc; ++i) {
    const std::string flag = FlagOf(argv[i]);
    if (flag == "--") break;
    if (absl::StartsWith(flag, "--") &&
        std::find(known.begin(), known.end(), flag) == known.end()) {
      return absl::StrCat("unknown flag ", flag, DidYouMean(flag, known));
    }
  }
  return "";
}

int ReportParseError(const CLI::App& app, const CLI::ParseError& error,
                     int argc, char** argv) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
  const std::string unknown = UnknownFlag(app, argc, argv);
  std::fprintf(stderr,
               "%s: %s\nRun with --help for the flags there are and an "
               "example.\n",
               app.get_name().c_str(),
               unknown.empty() ? error.what() : unknown.c_str());
  return kExitBadInput;
}

// Who asks a program's health need not say what the program works on.
void RequireNothingOfProbes(CLI::App& app, int argc, char** argv) {
  const bool probe = std::any_of(argv, argv + argc, [](const char* argument) {
    return FlagOf(argument) == "--probe";
  });
  if (!probe) return;
  for (CLI::Option* option : app.get_options()) option->required(false);
}

absl::StatusOr<std::string> AddressToProbe(absl::string_view flag,
                                           const std::string& address) {
  absl::StatusOr<Address> parsed = ParseAddress(address);
  if (!parsed.ok()) return Annotate(parsed.status(), flag);
  if (parsed->port != 0) return ProbeAddress(*std::move(parsed)).ToString();
  return absl::InvalidArgumentError(
      absl::StrCat("--probe needs ", flag,
                   " with the port that the program was started with"));
}

absl::Status ProbeMetrics(const std::string& address) {
  SF_ASSIGN_OR_RETURN(const std::string page,
                      HttpGet(address, "/metrics", kProbeTimeout));
  const std::vector<std::string> lines = absl::StrSplit(page, '\n');
  if (std::find(lines.begin(), lines.end(), kHealthy) != lines.end()) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(
      absl::StrCat(address, " does not say \"", kHealthy, "\""));
}

absl::Status Probe(const ServiceFlags& flags) {
  if (flags.listen.empty()) {
    SF_ASSIGN_OR_RETURN(
        const std::string address,
        AddressToProbe("--metrics_listen", flags.metrics_listen));
    return ProbeMetrics(address);
  }
  SF_ASSIGN_OR_RETURN(const std::string address,
                      AddressToProbe("--listen", flags.listen));
  return ProbeHealth(address, flags.security, "", kProbeTimeout);
}

int ExitCode(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kCancelled:
      return StopRequested() ? kExitOk : kExitFailure;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return kExitBadInput;
    default:
      return kExitFailure;
  }
}

absl::Status CheckFlags(const ServiceFlags& flags) {
  SF_RETURN_IF_ERROR(Annotate(ParseAddress(flags.metrics_listen).status(),
                              "--metrics_listen"));
  if (flags.listen.empty()) return absl::OkStatus();
  return Annotate(CheckAddress(flags.listen, flags.security), "--listen");
}

absl::Status Serve(const ServiceFlags& flags,
                   const std::function<absl::Status()>& serve) {
  SF_RETURN_IF_ERROR(CheckFlags(flags));
  try {
    return serve();
  } catch (const std::exception& error) {  // std::bad_alloc, above all
    return absl::InternalError(error.what());
  }
}

void Print(const CLI::App& app, const absl::Status& status) {
  std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(),
               std::string(status.message()).c_str());
}

std::string HostName(const CLI::App& app) {
  char name[256] = {};
  return ::gethostname(name, sizeof(name) - 1) == 0 ? name : app.get_name();
}

void AddTlsFlags(CLI::App& app, ServiceFlags* flags) {
  const std::string group = "Encryption";
  TlsFiles& tls = flags->security.tls;
  app.add_option("--tls_cert", tls.certificate,
                 "This program's certificate (PEM) for mutual TLS")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--tls_key", tls.key, "The certificate's private key (PEM)")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--tls_ca", tls.authority,
                 "The authority that everybody's certificate is from (PEM)")
      ->type_name("FILE")
      ->group(group);
  app.add_flag("--insecure", flags->security.insecure,
               "Allow plaintext beyond loopback, where the network itself is "
               "trusted")
      ->group(group);
}

}  // namespace

void AddServiceFlags(CLI::App& app, const std::string& listen,
                     ServiceFlags* flags) {
  flags->listen = listen;
  if (!listen.empty()) {
    app.add_option("--listen", flags->listen,
                   "Where to serve gRPC; port 0 takes a free one")
        ->type_name("HOST:PORT")
        ->capture_default_str();
  }
  app.add_option("--metrics_listen", flags->metrics_listen,
                 "Where to serve /metrics to Prometheus; port 0 takes a free "
                 "one, which the log names")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--log_level", flags->log_level,
                 "debug, info, warning, error or off")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}))
      ->capture_default_str();
  app.add_flag("--probe", flags->probe,
               listen.empty()
                   ? "Ask the program that runs with this --metrics_listen "
                     "whether it is healthy; exit 0 or 1"
                   : "Ask the program that runs with this --listen whether it "
                     "is healthy; exit 0 or 1");
  AddTlsFlags(app, flags);
  app.set_version_flag("--version",
                       absl::StrCat(app.get_name(), " ", SoftwareVersion()),
                       "Print the version and exit");
}

void AddMemberFlags(CLI::App& app, MemberFlags* flags) {
  flags->name = HostName(app);
  app.add_option("--learner", flags->learner,
                 "Where the learner listens; it says everything else")
      ->type_name("HOST:PORT")
      ->required();
  app.add_option("--name", flags->name, "What the logs of others call it")
      ->type_name("NAME")
      ->capture_default_str();
  AddServiceFlags(app, "", &flags->service);
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> LearnerChannel(
    const MemberFlags& flags) {
  auto channel = MakeChannel(flags.learner, flags.service.security);
  if (!channel.ok()) return Annotate(channel.status(), "--learner");
  return channel;
}

int RunService(CLI::App& app, int argc, char** argv, ServiceFlags& flags,
               const std::function<absl::Status()>& serve) {
  KeepFreedMemory();
  RequireNothingOfProbes(app, argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ReportParseError(app, error, argc, argv);
  }
  SetLogLevel(*ParseLogLevel(flags.log_level));  // checked while parsing
  std::signal(SIGPIPE, SIG_IGN);  // a peer that hung up is an error of a write
  if (flags.probe) {
    const absl::Status healthy = Probe(flags);
    if (!healthy.ok()) Print(app, healthy);
    return healthy.ok() ? kExitOk : kExitFailure;
  }
  CatchStopSignals();
  const absl::Status status = Serve(flags, serve);
  const int code = ExitCode(status);
  if (code != kExitOk) Print(app, status);
  return code;
}

absl::StatusOr<std::unique_ptr<MetricsServer>> StartMetrics(
    const ServiceFlags& flags, MetricRegistry& registry) {
  absl::StatusOr<std::unique_ptr<MetricsServer>> server =
      MetricsServer::Start(flags.metrics_listen, registry);
  if (!server.ok()) return Annotate(server.status(), "--metrics_listen");
  LogInfo(absl::StrCat("metrics at http://", (*server)->address(), "/metrics"));
  return server;
}

absl::Status WriteEndpoints(const std::string& directory,
                            const std::string& program,
                            const std::string& listen,
                            const std::string& metrics) {
  const nlohmann::ordered_json endpoints = {{"program", program},
                                            {"pid", ::getpid()},
                                            {"listen", listen},
                                            {"metrics", metrics}};
  SF_RETURN_IF_ERROR(RealFileSystem().CreateDirectories(directory));
  return WriteFileAtomically(RealFileSystem(),
                             JoinPath(directory, "endpoints.json"),
                             endpoints.dump(2) + "\n");
}

}  // namespace softfleet
