# SPDX-License-Identifier: Apache-2.0
"""The dashboard's panels of the cluster: how rows flow, who waits for whom, what
is stored, who is well. Each has title, unit, description, queries;
docs/metrics.md says what the metrics mean."""
from grafana_panels import graph


def seen(expression, legend, label=None):
    """Counts of what should not happen: before the first, "none" is at 0."""
    nothing = "vector(0)"
    if label:
        nothing = f'label_replace(vector(0), "{label}", "none", "", "")'
    return f"{expression} or on () {nothing}", legend


def share(metric, by, job=None):
    """Mean share of its time that a process spends under each `by`."""
    labels = f'{{job="{job}"}}' if job else ""
    return f"avg by ({by}) (rate({metric}{labels}[$__rate_interval]))"


def quantile(q, metric):
    return (
        f"histogram_quantile({q}, "
        f"sum by (le) (rate({metric}_bucket[$__rate_interval])))"
    )


FLOW = [
    graph(
        "Rows per second",
        "short",
        "A row's way: stepped by an actor, stored by a shard, received by the "
        "learner. In a steady state the three are equal.",
        ("sum(rate(sac_actor_steps_total[$__rate_interval]))", "stepped"),
        ("sum(rate(sac_replay_inserted_rows_total[$__rate_interval]))", "stored"),
        ("sum(rate(sac_learner_received_rows_total[$__rate_interval]))", "received"),
        low=0,
    ),
    graph(
        "Rows per second and shard",
        "short",
        "Rows stored by each shard. Actors choose the shard with the fewest "
        "sessions; an uneven share is allowed and blocks nobody.",
        (
            "sum by (instance) "
            "(rate(sac_replay_inserted_rows_total[$__rate_interval]))",
            "{{instance}}",
        ),
        stack=True,
        low=0,
    ),
    graph(
        "Updates per second",
        "short",
        "Optimisation steps of all networks per second.",
        ("sum(rate(sac_learner_updates_total[$__rate_interval]))", "updates"),
        low=0,
    ),
    graph(
        "Updates per step",
        "short",
        "Updates for each environment step after the warm-up, since the run "
        "began; over five minutes; and as configured "
        "(learner.updates_per_step).",
        ("max(sac_learner_updates_per_step)", "whole run"),
        ("cluster:sac_learner_updates_per_row:ratio5m", "last 5 minutes"),
        ("max(sac_learner_updates_per_step_target)", "target"),
        low=0,
    ),
    graph(
        "Policy lag",
        "short",
        "Updates by which a policy is behind the learner: that of the actor "
        "farthest behind, of the mean actor, and of the rows received last.",
        ("max(instance:sac_actor_policy_lag:updates)", "oldest actor"),
        ("avg(instance:sac_actor_policy_lag:updates)", "mean actor"),
        ("max(sac_learner_policy_lag_updates)", "rows received"),
        low=0,
    ),
    graph(
        "Policy age",
        "s",
        "Seconds since an actor took its policy. It takes a newer one between "
        "steps, so that an actor that waits keeps its own.",
        ("max(sac_actor_policy_age_seconds)", "oldest actor"),
        ("avg(sac_actor_policy_age_seconds)", "mean actor"),
        low=0,
    ),
    graph(
        "Time of an actor's step",
        "s",
        "One step of all of an actor's environments: acting, stepping, handing "
        "on. Half of the steps take less than the median.",
        (quantile(0.5, "sac_actor_step_seconds"), "median"),
        (quantile(0.95, "sac_actor_step_seconds"), "95th percentile"),
        low=0,
    ),
    graph(
        "Where the learner's time goes",
        "percentunit",
        "Share of the learner's time in each phase; the rest is waiting.",
        (
            "sum by (phase) "
            "(rate(sac_learner_phase_seconds_sum[$__rate_interval]))",
            "{{phase}}",
        ),
        stack=True,
        low=0,
    ),
]

WAITING = [
    graph(
        "Actors wait for",
        "percentunit",
        "Share of an actor's time: first_policy (none has come yet), "
        "buffer_full (shards admit no more: the learner sets the pace), session "
        "(no shard or learner answers).",
        (share("sac_waiting_seconds_total", "reason", "actor"), "{{reason}}"),
        stack=True,
        low=0,
    ),
    graph(
        "The learner waits for",
        "percentunit",
        "Share of the learner's time: rows (actors are slower than updates), "
        "shards (none answers), evaluation (the last one, at the end).",
        (share("sac_waiting_seconds_total", "reason", "learner"), "{{reason}}"),
        stack=True,
        low=0,
    ),
    graph(
        "The evaluator waits for",
        "percentunit",
        "Share of the evaluator's time without a new policy to evaluate.",
        (
            share("sac_waiting_seconds_total", "reason", "evaluator"),
            "{{reason}}",
        ),
        stack=True,
        low=0,
    ),
    graph(
        "Shards let nothing in",
        "percentunit",
        "Share of a shard's time with its gate closed: unattached and "
        "no_learner (no learner has come, or it has gone), slack and pacing "
        "(the learner is not to fall behind).",
        (share("sac_replay_gate_closed_seconds_total", "reason"), "{{reason}}"),
        stack=True,
        low=0,
    ),
]

STORAGE = [
    graph(
        "Rows",
        "short",
        "Rows held by each shard and in the learner's mirror; capacity is that "
        "of all shards together.",
        ("sum by (instance) (sac_replay_rows)", "{{instance}}"),
        ("max(sac_learner_mirror_rows)", "learner's mirror"),
        ("sum(sac_replay_capacity_rows)", "capacity"),
        low=0,
    ),
    graph(
        "Bytes",
        "bytes",
        "Memory of the tables of each shard and of the learner's mirror.",
        ("sum by (instance) (sac_replay_bytes)", "{{instance}}"),
        ("max(sac_learner_mirror_bytes)", "learner's mirror"),
        low=0,
    ),
    graph(
        "Sessions and followers",
        "none",
        "Actors that write into a shard, and readers that follow it.",
        ("sum by (instance) (sac_replay_sessions)", "{{instance}} sessions"),
        ("sum by (instance) (sac_replay_followers)", "{{instance}} followers"),
        low=0,
    ),
    graph(
        "Follower lag",
        "short",
        "Rows that the slowest reader of a shard has not been sent yet. At the "
        "shard's capacity it is overtaken and loses rows.",
        ("max by (instance) (sac_replay_follower_lag_rows)", "{{instance}}"),
        low=0,
    ),
    graph(
        "Buffers and queues",
        "bytes",
        "Rows on their way: in all actors' insert buffers (sent or not, and "
        "not yet acknowledged), and decoded in the shards' queues.",
        ("sum(sac_insert_buffer_bytes)", "actors' buffers"),
        ("sum(sac_replay_queued_bytes)", "shards' queues"),
        low=0,
    ),
    graph(
        "Rows acknowledged",
        "short",
        "Rows per second that shards acknowledged to actors; the learner's side "
        "of the same flow: rows sent to followers.",
        (
            "sum(rate(sac_insert_acknowledged_rows_total[$__rate_interval]))",
            "acknowledged",
        ),
        (
            "sum(rate(sac_replay_followed_rows_total[$__rate_interval]))",
            "sent to followers",
        ),
        low=0,
    ),
    graph(
        "Rows refused or repeated",
        "short",
        "Rows per minute that shards rejected (bad data), and that came twice "
        "and were stored once (a batch sent again after a reconnection).",
        seen("sum(increase(sac_replay_rejected_rows_total[1m]))", "rejected"),
        seen("sum(increase(sac_replay_duplicate_rows_total[1m]))", "repeated"),
        low=0,
    ),
    graph(
        "Rows lost",
        "short",
        "Rows lost since the processes started, by reason: shard_restart (the "
        "durability level allows it), overflow (dropped by configuration), "
        "overtaken (the learner read too slowly).",
        seen("sum by (reason) (sac_rows_lost_total)", "{{reason}}", "reason"),
        low=0,
    ),
]

HEALTH = [
    graph(
        "Processes that answer",
        "none",
        "Processes of each kind that Prometheus reaches.",
        ("sum by (job) (up)", "{{job}}"),
        low=0,
    ),
    graph(
        "Build",
        "none",
        "Processes of each program and version. More than one version together "
        "is for the time of an upgrade.",
        ("count by (program, version) (sac_build_info)", "{{program}} {{version}}"),
        stack=True,
        low=0,
    ),
    graph(
        "Restarts",
        "none",
        "Starts within the last 15 minutes beyond the first, of each process "
        "that keeps its name.",
        (
            "max by (instance) (changes(sac_process_start_time_seconds"
            '{job=~"replay|learner|evaluator"}[15m]))',
            "{{instance}}",
        ),
        low=0,
        high=3,
    ),
    graph(
        "Shards and sessions of the learner",
        "none",
        "Shards that the learner is attached to, of those it was told, and the "
        "sessions it knows (actors and evaluators).",
        ("max(sac_learner_shards_attached)", "shards attached"),
        ("max(sac_learner_sessions)", "sessions"),
        ("max(sac_learner_shards)", "target"),
        low=0,
    ),
    graph(
        "Retries and closed streams",
        "short",
        "Per minute: connections that actors tried again, and streams into "
        "shards that ended, by reason (bye: the actor was done).",
        seen("sum(increase(sac_insert_retries_total[1m]))", "retries"),
        seen(
            "sum by (reason) (increase(sac_replay_streams_closed_total[1m])) > 0",
            "closed: {{reason}}",
            "reason",
        ),
        low=0,
    ),
    graph(
        "Guards against numbers that are not finite",
        "none",
        "Updates and snapshots refused because they contained an infinity or "
        "NaN, since the learner started. Anything above 0 is a diverged run.",
        seen("sum by (what) (sac_learner_nonfinite_total)", "{{what}}", "what"),
        low=0,
        high=1,
    ),
    graph(
        "Snapshots",
        "s",
        "Seconds that the newest snapshot of the policy took to publish.",
        ("max(sac_learner_snapshot_publish_seconds)", "publish time"),
        low=0,
    ),
    graph(
        "Age of snapshot and checkpoint",
        "s",
        "Seconds since the newest snapshot and the newest checkpoint. What lies "
        "after the checkpoint is repeated if the learner dies.",
        ("time() - max(sac_learner_snapshot_timestamp_seconds)", "snapshot"),
        (
            "time() - max(sac_learner_checkpoint_timestamp_seconds > 0)",
            "checkpoint",
        ),
        low=0,
    ),
    graph(
        "Evaluations",
        "short",
        "Evaluations per minute, and those skipped because a newer policy had "
        "come.",
        ("sum(increase(sac_evaluations_total[1m]))", "done"),
        seen("sum(increase(sac_evaluations_skipped_total[1m]))", "skipped"),
        low=0,
    ),
    graph(
        "Time of an evaluation",
        "s",
        "Mean duration of an evaluation, over the last five minutes.",
        (
            "sum(rate(sac_evaluation_seconds_sum[5m])) / "
            "(sum(rate(sac_evaluation_seconds_count[5m])) > 0)",
            "evaluation",
        ),
        low=0,
    ),
    graph(
        "Processor",
        "none",
        "Cores in use by all processes of a kind.",
        (
            "sum by (job) "
            "(rate(sac_process_cpu_seconds_total[$__rate_interval]))",
            "{{job}}",
        ),
        stack=True,
        low=0,
    ),
    graph(
        "Memory",
        "bytes",
        "Resident memory of all processes of a kind.",
        ("sum by (job) (sac_process_resident_bytes)", "{{job}}"),
        stack=True,
        low=0,
    ),
]
