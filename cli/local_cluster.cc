// SPDX-License-Identifier: Apache-2.0
#include "cli/local_cluster.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/file_system.h"
#include "core/status.h"

namespace softfleet {
namespace {

// Ports nobody listens on now, all different: each is held until all are known.
absl::StatusOr<std::vector<int>> FreePorts(size_t count) {
  std::vector<int> ports, sockets;
  absl::Status status;
  while (ports.size() < count && status.ok()) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockets.push_back(fd);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (fd < 0 || ::bind(fd, generic, size) != 0 ||
        ::getsockname(fd, generic, &size) != 0) {
      status = absl::UnavailableError(
          absl::StrCat("no free port on 127.0.0.1: ", std::strerror(errno)));
    }
    ports.push_back(ntohs(address.sin_port));
  }
  for (const int fd : sockets) {
    if (fd >= 0) ::close(fd);
  }
  if (!status.ok()) return status;
  return ports;
}

// Hands out addresses and collects what Prometheus is told.
class Addresses {
 public:
  explicit Addresses(std::vector<int> ports) : ports_(std::move(ports)) {}

  std::string Next() { return absl::StrCat("127.0.0.1:", ports_[used_++]); }
  std::string NextMetrics(const std::string& job, const std::string& process) {
    const std::string address = Next();
    targets_.push_back({{"targets", {address}},
                        {"labels", {{"job", job}, {"process", process}}}});
    return address;
  }
  std::string Targets() const { return targets_.dump(2) + "\n"; }

 private:
  std::vector<int> ports_;
  size_t used_ = 0;
  nlohmann::json targets_ = nlohmann::json::array();
};

}  // namespace

absl::StatusOr<LocalCluster> PlanLocalCluster(
    const LocalClusterOptions& options) {
  const auto shards = static_cast<size_t>(options.shards);
  const auto actors = static_cast<size_t>(options.actors);
  // A shard has two, learner two, an actor one, the evaluator one.
  SF_ASSIGN_OR_RETURN(std::vector<int> ports,
                      FreePorts(2 * shards + 2 + actors + 1));
  Addresses addresses(std::move(ports));
  LocalCluster cluster;
  const std::string folder = ClusterFolder(options.run_dir);
  const std::string logs = JoinPath(folder, "logs");
  const auto spec = [&](const std::string& program, const std::string& name,
                        std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), JoinPath(options.programs, program));
    return ProcessSpec{name, std::move(arguments),
                       JoinPath(logs, name + ".log")};
  };
  std::vector<std::string> shard_addresses;
  for (size_t i = 0; i < shards; ++i) {
    const std::string name = absl::StrCat("replay-", i);
    shard_addresses.push_back(addresses.Next());
    cluster.shards.push_back(
        spec("softfleet-replay-server", name,
             {"--listen", shard_addresses.back(), "--data_dir",
              JoinPath(folder, name), "--metrics_listen",
              addresses.NextMetrics("replay", name)}));
  }
  cluster.learner_address = addresses.Next();
  std::vector<std::string> learner = {
      "--listen",         cluster.learner_address,
      "--shards",         absl::StrJoin(shard_addresses, ","),
      "--config",         options.config,
      "--run_dir",        options.run_dir,
      "--metrics_listen", addresses.NextMetrics("learner", "learner")};
  for (const std::string& assignment : options.set) {
    learner.insert(learner.end(), {"--set", assignment});
  }
  cluster.learner = spec("softfleet-learner", "learner", std::move(learner));
  const auto member = [&](const std::string& role, const std::string& name) {
    return spec("softfleet-" + role, name,
                {"--learner", cluster.learner_address, "--name", name,
                 "--metrics_listen", addresses.NextMetrics(role, name)});
  };
  for (size_t i = 0; i < actors; ++i) {
    cluster.actors.push_back(member("actor", absl::StrCat("actor-", i)));
  }
  cluster.evaluator = member("evaluator", "evaluator");
  cluster.prometheus_targets = addresses.Targets();
  return cluster;
}

std::string ClusterFolder(const std::string& run_dir) {
  return JoinPath(run_dir, "cluster");
}

absl::StatusOr<std::string> ProgramDirectory() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    return absl::InternalError(
        absl::StrCat("read /proc/self/exe: ", error.message()));
  }
  return path.parent_path().string();
}

}  // namespace softfleet
