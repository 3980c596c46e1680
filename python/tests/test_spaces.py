# SPDX-License-Identifier: Apache-2.0
"""Whether an environment fits the run, and how its action space is met."""

import logging
from typing import Any

import numpy as np
import pytest
from tests.support.environments import Counter, Space, box
from tests.support.learners import ServedLearner, end_after
from tests.support.policies import POLICY, schema, snapshot
from tests.support.shards import ServedShard

import softfleet


@pytest.mark.parametrize(
    ("observations", "actions", "message"),
    [
        (box(3), box(1), "the environment's observation space is Space"),
        (box(2, dtype=np.uint8), box(1), "observation space is"),
        (Space(spaces={"position": box(2)}), box(1), "observation space is"),
        (Space(n=4, shape=(), dtype=np.dtype(int)), box(1), "observation sp"),
        (box(2), box(2), "the environment's action space is Space"),
        (box(2), Space(n=3, shape=(), dtype=np.dtype(int)), "action space is"),
        (box(2), box(1, dtype=np.int64), "action space is"),
    ],
)
def test_an_environment_that_does_not_fit_the_run_is_refused(
    learner: ServedLearner,
    shard: ServedShard,
    observations: Any,
    actions: Any,
    message: str,
) -> None:
    environment = Counter()
    vars(environment).update(
        observation_space=observations, action_space=actions
    )
    actor = softfleet.Actor(learner.address)
    with pytest.raises(softfleet.RefusedError, match=message) as error:
        actor.run(environment)
    assert POLICY.schema.describe() in str(error.value)
    assert shard.rows() == []


def test_an_environment_with_spaces_gets_actions_of_their_shape(
    learner: ServedLearner, shard: ServedShard, caplog: pytest.LogCaptureFixture
) -> None:
    environment = Counter()
    vars(environment).update(
        observation_space=Space(spaces={"state": box(2, dtype=np.float64)}),
        action_space=box(1, 1, low=-3),
    )
    reset, step = environment.reset, environment.step
    vars(environment).update(
        reset=lambda seed: ({"state": reset(seed=seed)[0]}, {}),
        step=lambda action: ({"state": (out := step(action))[0]}, *out[1:]),
    )
    caplog.set_level(logging.WARNING)
    actor = softfleet.Actor(learner.address)
    ending = end_after(learner, shard, 20)
    actor.run(environment)
    ending.join()
    assert environment.actions[0].shape == (1, 1)
    (warning,) = caplog.messages
    assert "action space has low [-3]" in warning
    assert "onto low [-2.0] (environment.action_low)" in warning


def test_an_index_space_may_begin_elsewhere(
    learner: ServedLearner, shard: ServedShard
) -> None:
    learner.publish(snapshot(schema(2, num_actions=3), [0.0, 0.1, 0.2]))
    environment = Counter()
    vars(environment).update(action_space=Space(n=3, start=5))
    actor = softfleet.Actor(learner.address)
    ending = end_after(learner, shard, 100)
    actor.run(environment)
    ending.join()
    assert {*environment.actions} == {5, 6, 7}
