# SPDX-License-Identifier: Apache-2.0
"""Cuts one environment's steps into StepBlocks, the unit in which experience
travels, with the check that experience/step_block.h makes at every door: a row
that a shard would refuse never gets in."""

from typing import Any

import numpy as np
import numpy.typing as npt

from softfleet.errors import InvalidStepError
from softfleet.observations import Groups, check_shapes
from softfleet.schema import Schema
from softfleet.wire import experience

# Row flags, as in experience.proto.
TAKEN_OVER = 1  # a person or a safety layer acted instead of the policy


class StepBlockBuilder:
    """`environment` is the environment's number within the run; a block has at
    most `max_rows` rows."""

    def __init__(self, schema: Schema, environment: int, max_rows: int):
        self._schema = schema
        self._environment = environment
        self._max_rows = max_rows
        self._context = schema.frame_stack - 1
        length = self._context + max_rows + 1
        self._observations = [
            np.zeros((length, *group.shape), group.numpy_dtype)
            for group in schema.observations
        ]
        action = (schema.action_dimension,) if schema.continuous else ()
        kind = np.dtype("<f4" if schema.continuous else "<i4")
        self._actions = np.zeros((max_rows, *action), kind)
        self._rewards = np.zeros(max_rows, "<f4")
        self._flags = np.zeros(max_rows, np.uint8)
        self._versions = (0, 0)
        self._episode = 0
        self._steps = 0  # of the episode
        self._return = 0.0
        self._end: experience.EpisodeEnd = experience.EPISODE_END_NONE
        self.rows = 0  # that wait to be cut

    def begin(self, episode: int, observation: Groups) -> None:
        """Starts an episode with its first observation. No row may wait to be
        cut. InvalidStepError as append."""
        assert self.rows == 0
        self._check_observation(observation, f"episode {episode}")
        self._episode = episode
        self._steps = 0
        self._return = 0.0
        self._end = experience.EPISODE_END_NONE
        for column, first in zip(self._observations, observation, strict=True):
            column[: self._context + 1] = first

    def append(
        self,
        action: npt.NDArray[Any],
        reward: float,
        terminated: bool,
        truncated: bool,
        policy_version: int,
        next_observation: Groups,
        flags: int = 0,
    ) -> None:
        """One step: the action in policy space executed at the newest
        observation, and what followed; `next_observation` is the true one also
        where the episode ended. InvalidStepError names the field and the
        value, and nothing was taken."""
        where = f"episode {self._episode}, step {self._steps}"
        self._check_action(action, where)
        with np.errstate(over="ignore"):
            stored = np.float32(reward)
        if not np.isfinite(stored):
            raise InvalidStepError(f"reward is {reward}, not finite ({where})")
        self._check_observation(next_observation, where)
        self._actions[self.rows] = action
        self._rewards[self.rows] = stored
        self._flags[self.rows] = flags
        for column, newest in zip(
            self._observations, next_observation, strict=True
        ):
            column[self._context + self.rows + 1] = newest
        first = policy_version if self.rows == 0 else self._versions[0]
        self._versions = (first, policy_version)
        self.rows += 1
        self._steps += 1
        self._return += float(stored)
        if terminated:
            self._end = experience.EPISODE_END_TERMINATED
        elif truncated:
            self._end = experience.EPISODE_END_TRUNCATED

    @property
    def finished(self) -> bool:
        """Whether the block must be cut: it is full, or the episode ended."""
        return self.rows >= self._max_rows or self.ended

    @property
    def ended(self) -> bool:
        return self._end != experience.EPISODE_END_NONE

    def cut(self) -> experience.StepBlock | None:
        """The rows that wait, None without any. The next append continues the
        episode in a new block."""
        if self.rows == 0:
            return None
        rows = self.rows
        flags = self._flags[:rows]
        length = self._context + rows + 1
        block = experience.StepBlock(
            environment=self._environment,
            episode=self._episode,
            first_step=self._steps - rows,
            first_policy_version=self._versions[0],
            last_policy_version=self._versions[1],
            end=self._end,
            episode_return=self._return if self.ended else 0.0,
            episode_length=self._steps if self.ended else 0,
            rows=rows,
            context=self._context,
            observations=[
                column[:length].tobytes() for column in self._observations
            ],
            actions=self._actions[:rows].tobytes(),
            rewards=self._rewards[:rows].tobytes(),
            row_flags=flags.tobytes() if flags.any() else b"",
        )
        for column in self._observations:
            column[: self._context + 1] = column[rows:length]
        self.rows = 0
        return block

    def _check_observation(self, groups: Groups, where: str) -> None:
        check_shapes(self._schema, groups)
        for group, array in zip(self._schema.observations, groups, strict=True):
            if group.dtype != "F32" or np.isfinite(array).all():
                continue
            flat = array.reshape(-1)
            element = int(np.argmin(np.isfinite(flat)))
            raise InvalidStepError(
                f"observations.{group.name} element {element} is "
                f"{flat[element]}, not finite ({where})"
            )

    def _check_action(self, action: npt.NDArray[Any], where: str) -> None:
        if self._schema.continuous:
            fits = action.shape == (self._schema.action_dimension,) and bool(
                (np.abs(action) <= 1).all()  # false for NaN
            )
            rule = f"not [{self._schema.action_dimension}] in [-1, 1]"
        else:
            indices = range(self._schema.num_actions)
            fits = action.shape == () and int(action) in indices
            rule = f"not in [0, {self._schema.num_actions})"
        if not fits:
            raise InvalidStepError(f"action is {action}, {rule} ({where})")
