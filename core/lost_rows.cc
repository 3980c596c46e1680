// SPDX-License-Identifier: Apache-2.0
#include "core/lost_rows.h"

namespace softfleet {

Counter& LostRows(MetricRegistry& registry, const std::string& reason) {
  return registry.AddCounter(
      {.name = "sac_rows_lost_total",
       .kind = MetricKind::kCounter,
       .unit = "rows",
       .help = "Rows that were made and are gone: shard_restart "
               "(acknowledged, then gone with the shard's memory, also "
               "those that the learner had read before), overflow "
               "(dropped by an actor whose buffer was full), overtaken "
               "(overwritten at the shard before the learner read "
               "them).",
       .labels = {"reason"}},
      {reason});
}

}  // namespace softfleet
