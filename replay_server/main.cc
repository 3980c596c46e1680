// SPDX-License-Identifier: Apache-2.0
// softfleet-replay-server: one shard of a cluster's replay memory.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/mutex.h"
#include "core/process_metrics.h"
#include "core/status.h"
#include "core/stop_signal.h"
#include "replay_server/incarnation.h"
#include "replay_server/replay_service.h"
#include "transport/server_host.h"
#include "transport/service_flags.h"

namespace softfleet {
namespace {

constexpr char kProgram[] = "softfleet-replay-server";
// For clients to take their last acknowledgements; below the ten seconds that
// docker and the like give a process to stop.
constexpr absl::Duration kDrainGrace = absl::Seconds(5);
// For the last bytes of ended streams to leave. Clients that are idle answer
// no farewell and are not waited for longer.
constexpr absl::Duration kGoodbyeGrace = absl::Seconds(1);

struct Flags {
  ServiceFlags service;
  std::string data_directory;
  uint64_t memory_limit = uint64_t{8} << 30;
};

// What is wrong with `text`, or nothing.
std::string CheckBytes(const std::string& text) {
  uint64_t bytes = 0;
  if (absl::SimpleAtoi(text, &bytes) && bytes > 0) return "";
  return absl::StrCat("\"", text,
                      "\" is not a number of bytes, such as 8589934592");
}

void Describe(CLI::App& app, Flags* flags) {
  AddServiceFlags(app, "127.0.0.1:7201", &flags->service);
  app.add_option("--data_dir", flags->data_directory,
                 "Directory of this shard's own: its incarnation and "
                 "endpoints.json. Without one nothing is written")
      ->type_name("DIR");
  app.add_option("--memory_limit", flags->memory_limit,
                 "Bytes that the table and waiting batches may take; a run "
                 "that needs more is refused")
      ->type_name("BYTES")
      ->capture_default_str()
      ->check(CheckBytes);
  app.footer(
      "\nExample:\n"
      "  softfleet-replay-server --listen 127.0.0.1:7201 --data_dir "
      "/tmp/shard1\n\n"
      "The learner comes to it: name its address in the learner's --shards.\n"
      "SIGTERM and Ctrl-C stop it; its rows are then lost, but not those that\n"
      "the learner has received.");
}

// Shows the health service whether the shard is attached. A learner may attach
// as soon as the server listens, which is before it is known here.
class AttachedHealth {
 public:
  void SetAttached() {
    MutexLock lock(mutex_);
    attached_ = true;
    Show();
  }
  void SetHost(ServerHost* host) {
    MutexLock lock(mutex_);
    host_ = host;
    Show();
  }

 private:
  void Show() SF_REQUIRES(mutex_) {
    if (host_ != nullptr) host_->SetServing(ReplayService::kName, attached_);
  }

  Mutex mutex_;
  ServerHost* host_ SF_GUARDED_BY(mutex_) = nullptr;
  bool attached_ SF_GUARDED_BY(mutex_) = false;
};

absl::StatusOr<std::unique_ptr<FileLock>> LockDirectory(
    const std::string& directory) {
  if (directory.empty()) return std::unique_ptr<FileLock>();
  FileSystem& files = RealFileSystem();
  SF_RETURN_IF_ERROR(files.CreateDirectories(directory));
  absl::StatusOr<std::unique_ptr<FileLock>> lock =
      files.Lock(JoinPath(directory, "lock"));
  if (lock.ok() || !absl::IsUnavailable(lock.status())) return lock;
  return Annotate(lock.status(),
                  absl::StrCat("another replay server uses --data_dir ",
                               directory, ": give each shard its own"));
}

absl::Status Serve(const Flags& flags) {
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<FileLock> lock,
                      LockDirectory(flags.data_directory));
  MetricRegistry registry;
  ProcessMetrics process(registry, kProgram);
  ReplayService::Options options;
  SF_ASSIGN_OR_RETURN(
      options.incarnation,
      NextIncarnation(RealFileSystem(), flags.data_directory, SystemClock()));
  options.memory_limit = flags.memory_limit;
  AttachedHealth attached;
  options.on_attached = [&attached] { attached.SetAttached(); };
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<ReplayService> service,
                      ReplayService::Create(options, registry));
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<MetricsServer> metrics,
                      StartMetrics(flags.service, registry));
  ServerHost::Options host;
  host.address = flags.service.listen;
  host.security = flags.service.security;
  host.services = {service.get()};
  SF_ASSIGN_OR_RETURN(const std::unique_ptr<ServerHost> server,
                      ServerHost::Start(std::move(host)));
  attached.SetHost(server.get());
  if (!flags.data_directory.empty()) {
    SF_RETURN_IF_ERROR(WriteEndpoints(flags.data_directory, kProgram,
                                      server->address(), metrics->address()));
  }
  server->SetServing("", true);
  process.SetHealthy(true);
  LogInfo(absl::StrCat(kProgram, " listens on ", server->address(),
                       ", incarnation ", options.incarnation));

  WaitForStop(absl::InfiniteDuration());
  LogInfo("stopping");
  process.SetHealthy(false);
  server->SetServing("", false);
  attached.SetHost(nullptr);
  server->SetServing(ReplayService::kName, false);
  if (!service->Drain(kDrainGrace)) {
    LogWarning("cut off clients that would not be sent to");
  }
  server->Drain(kGoodbyeGrace);
  return absl::OkStatus();
}

}  // namespace
}  // namespace softfleet

int main(int argc, char** argv) {
  CLI::App app(
      "One shard of the replay memory of a softfleet cluster. Actors write to "
      "it, the learner reads from it.",
      softfleet::kProgram);
  softfleet::Flags flags;
  softfleet::Describe(app, &flags);
  return softfleet::RunService(app, argc, argv, flags.service,
                               [&flags] { return softfleet::Serve(flags); });
}
