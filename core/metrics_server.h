// SPDX-License-Identifier: Apache-2.0
// Serves a registry's metrics to Prometheus: GET /metrics over HTTP, in the
// text format, from threads of its own. Thread-safe.
//
// The library underneath adds three metrics of its own about the scrapes
// (exposer_transferred_bytes_total, exposer_scrapes_total,
// exposer_request_latencies).
#ifndef SOFTFLEET_CORE_METRICS_SERVER_H_
#define SOFTFLEET_CORE_METRICS_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/metrics.h"
#include "core/network.h"

namespace prometheus {
class Exposer;
}  // namespace prometheus

namespace softfleet {

class MetricsServer {
 public:
  // Listens on `address` ("127.0.0.1:9100"; port 0 takes a free one; IPv4
  // only) until destroyed. The errors name the address and what to do:
  // InvalidArgument for one that is none or is not of this machine, Unavailable
  // when its port is taken. `registry` must outlive the server.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(
      const std::string& address, MetricRegistry& registry);
  // Waits for scrapes in progress.
  ~MetricsServer();

  int port() const { return address_.port; }
  // With the port that was taken, and a number for the host.
  std::string address() const { return address_.ToString(); }

 private:
  MetricsServer(Address address, std::unique_ptr<prometheus::Exposer> exposer);

  const Address address_;
  std::unique_ptr<prometheus::Exposer> exposer_;
};

}  // namespace softfleet

#endif  // SOFTFLEET_CORE_METRICS_SERVER_H_
