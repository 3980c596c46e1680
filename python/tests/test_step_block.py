# SPDX-License-Identifier: Apache-2.0
"""Blocks against the rows they were made of, and the check at the door."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from tests.support.policies import schema

from softfleet import InvalidStepError, ObservationGroup, Schema
from softfleet.step_block import StepBlockBuilder
from softfleet.wire import experience


class Step(NamedTuple):
    action: Any
    reward: float
    version: int
    terminated: bool
    truncated: bool
    flags: int


def two_groups(stack: int, discrete: bool) -> Schema:
    return Schema(
        (
            ObservationGroup("state", "F32", (2,)),
            ObservationGroup("pixels", "U8", (1, 3)),
        ),
        action_dimension=0 if discrete else 2,
        num_actions=4 if discrete else 0,
        frame_stack=stack,
    )


def random_observation(rng: np.random.Generator) -> list[Any]:
    state = rng.normal(size=2).astype("<f4")
    return [state, rng.integers(0, 256, (1, 3), dtype=np.uint8)]


def column(
    block: experience.StepBlock, group: int, of: Schema
) -> np.ndarray[Any, Any]:
    spec = of.observations[group]
    data = np.frombuffer(block.observations[group], spec.numpy_dtype)
    return data.reshape(-1, *spec.shape)


@pytest.mark.parametrize("discrete", [False, True])
@pytest.mark.parametrize("stack", [1, 3])
@pytest.mark.parametrize("seed", range(20))
def test_blocks_hold_the_rows_in_order_with_what_stood_around_them(
    seed: int, stack: int, discrete: bool
) -> None:
    rng = np.random.default_rng(seed)
    of = two_groups(stack, discrete)
    most = int(rng.integers(1, 6))
    builder = StepBlockBuilder(of, environment=9, max_rows=most)
    for episode in range(4):
        first = random_observation(rng)
        # Frames before an episode repeat its first observation.
        history = [first] * stack
        builder.begin(episode, first)
        steps: list[Step] = []
        blocks: list[experience.StepBlock] = []
        for t in range(length := int(rng.integers(1, 15))):
            last = t + 1 == length
            step = Step(
                (
                    np.asarray(rng.integers(4))
                    if discrete
                    else rng.uniform(-1, 1, 2).astype("<f4")
                ),
                float(rng.normal()),
                100 + t,
                terminated=last and episode % 2 == 0,
                truncated=last and episode > 0,
                flags=int(rng.random() < 0.1),
            )
            steps.append(step)
            history.append(random_observation(rng))
            builder.append(
                step.action,
                step.reward,
                step.terminated,
                step.truncated,
                step.version,
                history[-1],
                step.flags,
            )
            if builder.finished or rng.random() < 0.2:
                block = builder.cut()
                assert block is not None
                blocks.append(block)
        assert builder.cut() is None
        check_blocks(of, episode, steps, history, blocks, most)


def check_blocks(
    of: Schema,
    episode: int,
    steps: list[Step],
    history: list[list[Any]],
    blocks: list[experience.StepBlock],
    most: int,
) -> None:
    at = 0
    context = of.frame_stack - 1
    rewards = np.array([step.reward for step in steps], "<f4")
    for block in blocks:
        rows = steps[at : at + block.rows]
        assert 1 <= block.rows == len(rows) <= most
        assert (block.environment, block.episode) == (9, episode)
        assert block.first_step == at
        assert block.first_policy_version == rows[0].version
        assert block.last_policy_version == rows[-1].version
        assert block.context == context
        np.testing.assert_array_equal(
            np.frombuffer(block.rewards, "<f4"), rewards[at : at + len(rows)]
        )
        flags = bytes(row.flags for row in rows)
        assert block.row_flags == (flags if any(flags) else b"")
        kind = "<f4" if of.continuous else "<i4"
        np.testing.assert_array_equal(
            np.frombuffer(block.actions, kind),
            np.ravel([row.action for row in rows]),
        )
        for group in range(2):
            around = history[at : at + context + len(rows) + 1]
            np.testing.assert_array_equal(
                column(block, group, of), [o[group] for o in around]
            )
        at += len(rows)
        if at < len(steps):
            assert block.end == experience.EPISODE_END_NONE
            assert (block.episode_return, block.episode_length) == (0, 0)
    assert at == len(steps)
    last = blocks[-1]
    assert last.end == (  # terminated wins
        experience.EPISODE_END_TERMINATED
        if steps[-1].terminated
        else (
            experience.EPISODE_END_TRUNCATED
            if steps[-1].truncated
            else experience.EPISODE_END_NONE
        )
    )
    if last.end:
        assert last.episode_length == len(steps)
        assert last.episode_return == pytest.approx(
            rewards.astype(np.float64).sum()
        )


STATE = np.zeros(3, "<f4")
ACTION = np.zeros(2, "<f4")


def begun() -> StepBlockBuilder:
    builder = StepBlockBuilder(schema(3, dimension=2), 9, 32)
    builder.begin(6, [STATE])
    return builder


def bad(index: int, value: float) -> np.ndarray[Any, Any]:
    state = STATE.copy()
    state[index] = value
    return state


@pytest.mark.parametrize(
    ("action", "reward", "observation", "message"),
    [
        (ACTION, np.nan, STATE, "reward is nan, not finite"),
        (ACTION, -np.inf, STATE, "reward is -inf, not finite"),
        (ACTION, 1e39, STATE, "reward is 1e+39, not finite"),
        (ACTION, 0, bad(1, np.nan), "observations.state element 1 is nan"),
        (ACTION, 0, bad(2, np.inf), "observations.state element 2 is inf"),
        (ACTION, 0, STATE[:2], "observations.state has shape [2], needs [3]"),
        (ACTION + np.float32(1.001), 0, STATE, "not [2] in [-1, 1]"),
        (ACTION * np.float32(np.nan), 0, STATE, "not [2] in [-1, 1]"),
        (ACTION[:1], 0, STATE, "not [2] in [-1, 1]"),
    ],
)
def test_a_row_that_a_shard_would_refuse_never_gets_in(
    action: Any, reward: float, observation: Any, message: str
) -> None:
    builder = begun()
    builder.append(ACTION, 0.5, False, False, 1, [STATE])
    with pytest.raises(InvalidStepError) as error:
        builder.append(action, reward, False, False, 1, [observation])
    assert message in str(error.value)
    builder.append(ACTION, 0.25, False, True, 1, [STATE])
    block = builder.cut()
    assert block is not None
    assert block.rows == 2
    assert block.episode_return == 0.75


def test_the_place_of_a_wrong_value_is_said() -> None:
    builder = begun()
    for _ in range(4):
        builder.append(ACTION, 0.5, False, False, 1, [STATE])
    with pytest.raises(InvalidStepError, match=r"\(episode 6, step 4\)"):
        builder.append(ACTION, np.nan, False, False, 1, [STATE])


@pytest.mark.parametrize("index", [-1, 4])
def test_an_index_beyond_the_actions_is_refused(index: int) -> None:
    builder = StepBlockBuilder(schema(3, num_actions=4), 9, 32)
    builder.begin(0, [STATE])
    with pytest.raises(InvalidStepError, match=rf"is {index}, not in \[0, 4\)"):
        builder.append(np.asarray(index), 0, False, False, 1, [STATE])
    builder.append(np.asarray(3), 0, False, False, 1, [STATE])
