// SPDX-License-Identifier: Apache-2.0
#include "core/lost_rows.h"
#include "transport/insert_client.h"

namespace softfleet {
InsertMetrics::InsertMetrics(MetricRegistry& registry)
    : retries(registry.AddCounter(
          {.name = "sac_insert_retries_total",
           .kind = MetricKind::kCounter,
           .unit = "1",
           .help =
               "Connections to the shard that were tried after the first."})),
      buffer_bytes(registry.AddGauge(
          {.name = "sac_insert_buffer_bytes",
           .unit = "bytes",
           .help = "Serialised rows that are kept until the shard has "
                   "acknowledged them."})),
      buffer_rows(registry.AddGauge(
          {.name = "sac_insert_buffer_rows",
           .unit = "rows",
           .help = "Rows that are kept until the shard has acknowledged "
                   "them."})),
      acknowledged_rows(registry.AddCounter(
          {.name = "sac_insert_acknowledged_rows_total",
           .kind = MetricKind::kCounter,
           .unit = "rows",
           .help = "Rows that the shard has acknowledged as durable."})),
      rejected_rows(registry.AddCounter(
          {.name = "sac_insert_rejected_rows_total",
           .kind = MetricKind::kCounter,
           .unit = "rows",
           .help = "Rows that the shard has refused as wrong."})),
      lost_shard_restart(LostRows(registry, "shard_restart")),
      lost_overflow(LostRows(registry, "overflow")) {}

}  // namespace softfleet
