// SPDX-License-Identifier: Apache-2.0
// The flags and the first moves that the four programs of a cluster share, so
// that they look and fail alike.
#ifndef SOFTFLEET_TRANSPORT_SERVICE_FLAGS_H_
#define SOFTFLEET_TRANSPORT_SERVICE_FLAGS_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/metrics.h"
#include "core/metrics_server.h"
#include "transport/channel.h"

namespace softfleet {

struct ServiceFlags {
  std::string listen;  // empty where a program has no listener
  std::string metrics_listen = "127.0.0.1:0";
  Security security;
  bool probe = false;
  std::string log_level = "info";
};

// Adds --metrics_listen, --tls_cert, --tls_key, --tls_ca, --insecure, --probe,
// --log_level and --version; and --listen with `listen` as default where that
// is not empty. `app` has its name already ("softfleet-actor"); the program
// adds its own flags and a footer with an example.
void AddServiceFlags(CLI::App& app, const std::string& listen,
                     ServiceFlags* flags);

// Of a program that joins a learner's run.
struct MemberFlags {
  ServiceFlags service;
  std::string learner;
  std::string name;  // the host's, unless the user says another
};

// Adds --learner and --name, and what AddServiceFlags adds without a listener.
void AddMemberFlags(CLI::App& app, MemberFlags* flags);

// The channel to flags.learner. An address that is wrong names the flag.
absl::StatusOr<std::shared_ptr<grpc::Channel>> LearnerChannel(
    const MemberFlags& flags);

// Runs a program: parses the command line (exit 2 with the nearest flag on a
// mistake), answers --help and --version, for --probe asks the running program
// (health service at --listen, else sac_process_healthy at --metrics_listen;
// exit 0 or 1; the program's required flags are not asked for), sets the log
// level, catches SIGTERM and SIGINT, refuses listeners' addresses that
// are none or need TLS, naming the flag, then calls `serve` and turns its
// status into the exit code (0, 1, or 2 for InvalidArgument, NotFound,
// FailedPrecondition and OutOfRange), printing "program: message". Cancelled
// after a stop signal is a clean stop. Call first thing in main.
int RunService(CLI::App& app, int argc, char** argv, ServiceFlags& flags,
               const std::function<absl::Status()>& serve);

// Serves /metrics at flags.metrics_listen and prints the address in the log.
absl::StatusOr<std::unique_ptr<MetricsServer>> StartMetrics(
    const ServiceFlags& flags, MetricRegistry& registry);

// {"program", "pid", "listen", "metrics"} as <directory>/endpoints.json.
absl::Status WriteEndpoints(const std::string& directory,
                            const std::string& program,
                            const std::string& listen,
                            const std::string& metrics);

}  // namespace softfleet

#endif  // SOFTFLEET_TRANSPORT_SERVICE_FLAGS_H_
