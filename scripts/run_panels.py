# SPDX-License-Identifier: Apache-2.0
"""The dashboard's panels of the run: how it stands and what it learns. Each has
title, unit, description, queries; docs/metrics.md says what the metrics mean."""
from grafana_panels import GREEN, RED, graph, stat

RUN = [
    stat(
        "State",
        "none",
        "What the run is doing: waiting (for shards and actors), warming "
        "(collecting the first rows with random actions), running, finished or "
        "failed.",
        "sac_learner_run_state == 1",
        "{{state}}",
        by_name=True,
    ),
    stat(
        "Progress",
        "percentunit",
        "Environment steps that the learner has received, as a share of "
        "total_steps.",
        "max(sac_learner_run_steps) / max(sac_learner_total_steps)",
    ),
    stat(
        "Return",
        "short",
        "Mean return of the newest evaluation with the policy's mean action.",
        'max(sac_evaluation_return_mean{mode="deterministic"})',
    ),
    stat(
        "Success",
        "percentunit",
        "Share of the newest evaluation's starts that met the criterion, with "
        "the policy's mean action. Needs a success criterion.",
        'max(sac_evaluation_success_fraction{mode="deterministic"})',
    ),
    stat(
        "Steps per second",
        "short",
        "Environment steps per second of all actors, over the last minute.",
        "cluster:sac_actor_steps:rate1m",
    ),
    stat(
        "Updates per second",
        "short",
        "Optimisation steps per second of the learner, over the last minute.",
        "cluster:sac_learner_updates:rate1m",
    ),
    stat(
        "Actors",
        "none",
        "Actors that answer.",
        'sum(up{job="actor"})',
    ),
    stat(
        "Alerts",
        "none",
        "Alerts that fire; docs/operations.md has an entry for each.",
        'count(ALERTS{alertstate="firing"}) or on () vector(0)',
        steps=[(GREEN, None), (RED, 1)],
    ),
]

LEARNING = [
    graph(
        "Return, both action modes",
        "short",
        "Mean return of each evaluation on the fixed panel of starts: "
        "deterministic acts by the policy's mean, stochastic samples. A wide "
        "gap says that the policy needs its noise, or suffers from it.",
        ("max by (mode) (sac_evaluation_return_mean)", "{{mode}}"),
    ),
    graph(
        "Regret",
        "short",
        "What the evaluation's episodes lost against the best return known "
        "from the same starts. Needs a panel with reference returns.",
        ("max by (mode) (sac_evaluation_regret_mean)", "{{mode}}"),
        low=0,
    ),
    graph(
        "Success",
        "percentunit",
        "Share of the evaluation's starts that met the success criterion.",
        ("max by (mode) (sac_evaluation_success_fraction)", "{{mode}}"),
        low=0,
        high=1,
    ),
    graph(
        "Return while training",
        "short",
        "Mean return of the newest training episodes, exploration included: as "
        "the learner received them, and as the actors report them.",
        ("max(sac_learner_episode_return)", "received by the learner"),
        ("avg(sac_actor_episode_return)", "mean of actors"),
    ),
    graph(
        "Temperature alpha",
        "short",
        "The weight of entropy against reward that the last update used.",
        ("max(sac_learner_alpha)", "alpha"),
        low=0,
    ),
    graph(
        "Entropy against its target",
        "short",
        "Mean of -log pi in nats: on the rows of the updates (what the "
        "temperature steers to its target) and over the evaluation's stochastic "
        "episodes (where the policy goes by itself; it may differ).",
        ("max(sac_learner_entropy)", "updates"),
        ("max(sac_evaluation_entropy)", "evaluation"),
        ("max(sac_learner_target_entropy)", "target"),
    ),
    graph(
        "Action spread",
        "short",
        "Mean standard deviation of an action component, after tanh, in [0, 1]: "
        "how widely the policy samples.",
        ("max(sac_learner_action_std_mean)", "updates"),
        ("max(sac_evaluation_action_std_mean)", "evaluation"),
        low=0,
    ),
    graph(
        "Actions at their bounds",
        "percentunit",
        "Share of action components beyond 0.99 of their bounds (saturated), "
        "and that the environment's bounds changed (clipped).",
        ("max(sac_learner_saturated_fraction)", "saturated, updates"),
        ("max(sac_evaluation_saturated_fraction)", "saturated, evaluation"),
        ("max(sac_evaluation_clipped_fraction)", "clipped, evaluation"),
        low=0,
        high=1,
    ),
    graph(
        "Q",
        "short",
        "Mean value that the critics give the sampled actions. Growth without "
        "growth of the return is overestimation.",
        ("max(sac_learner_q_mean)", "Q"),
    ),
    graph(
        "Critic loss and error",
        "short",
        "Mean squared loss of the critics, and the mean size of the "
        "temporal-difference error.",
        ("max(sac_learner_critic_loss)", "critic loss"),
        ("max(sac_learner_td_abs_mean)", "|TD error|"),
        low=0,
    ),
    graph(
        "Actor and temperature loss",
        "short",
        "The actor's loss is alpha log pi - Q: it falls while the policy "
        "improves. The temperature's is near 0 when the entropy is at its "
        "target.",
        ("max(sac_learner_actor_loss)", "actor loss"),
        ("max(sac_learner_alpha_loss)", "alpha loss"),
    ),
    graph(
        "Gradient norms",
        "short",
        "Euclidean norm of the gradients before Adam. Sudden growth comes "
        "before divergence.",
        ("max(sac_learner_critic_gradient_norm)", "critics"),
        ("max(sac_learner_actor_gradient_norm)", "actor"),
        low=0,
    ),
]
