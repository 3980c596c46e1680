# SPDX-License-Identifier: Apache-2.0
"""The dashboard's panels of the environments: what failed, what came too late."""
from cluster_panels import quantile, seen
from grafana_panels import graph

ENVIRONMENTS = [
    graph(
        "Environments that failed",
        "short",
        "Episodes per minute that were given up because their environment "
        "failed, by reason: error (it threw), not_finite, hang "
        "(actor.step_deadline_seconds), crash (its process died). The actor "
        "goes on with a new environment.",
        seen(
            "sum by (reason) (increase(sac_environment_failures_total[1m])) > 0",
            "{{reason}}",
            "reason",
        ),
        low=0,
    ),
    graph(
        "Rows dropped or taken over",
        "short",
        "Rows per minute that were not sent because their episode was given up, "
        "and rows in which a person or a safety layer acted instead of the "
        "policy.",
        seen("sum(increase(sac_actor_dropped_rows_total[1m]))", "dropped"),
        seen("sum(increase(sac_actor_taken_over_rows_total[1m]))", "taken over"),
        low=0,
    ),
    graph(
        "Deadlines missed",
        "short",
        "With actor.control_period_seconds, ticks per minute that were missed: "
        "policy (the safe action was executed), step (the step before still "
        "ran).",
        seen(
            "sum by (reason) (increase(sac_actor_missed_deadlines_total[1m])) > 0",
            "{{reason}}",
            "reason",
        ),
        low=0,
    ),
    graph(
        "Lateness of a tick",
        "s",
        "With actor.control_period_seconds, how long after its tick a step "
        "began; 95 % of them are earlier.",
        seen(
            quantile(0.95, "sac_actor_tick_lateness_seconds") + " >= 0",
            "95th percentile",
        ),
        low=0,
    ),
]
