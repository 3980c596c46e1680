# SPDX-License-Identifier: Apache-2.0
"""Environments of a few lines, and spaces as Gymnasium's describe
themselves."""

from typing import Any

import numpy as np


class Counter:
    """An environment with the two calls and nothing else: its observation is
    the step, and every action is kept."""

    def __init__(self, length: int = 5):
        self.length = length
        self.step_in_episode = 0
        self.episodes = 0
        self.seeds: list[int | None] = []
        self.actions: list[Any] = []

    def reset(self, *, seed: int | None = None) -> tuple[Any, dict[str, Any]]:
        self.seeds.append(seed)
        self.episodes += 1
        self.step_in_episode = 0
        return self.observation(), {}

    def step(
        self, action: Any
    ) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.actions.append(action)
        self.step_in_episode += 1
        ended = self.step_in_episode == self.length
        return self.observation(), 0.5, ended, False, {}

    def observation(self) -> Any:
        return np.array([self.episodes, self.step_in_episode], np.float32)


class Space:
    """As Gymnasium's, by what a Box or a Discrete says of itself."""

    def __init__(self, **attributes: Any):
        vars(self).update(attributes)

    def __repr__(self) -> str:
        return f"Space({vars(self)})"


def box(
    *shape: int, low: float = -2, high: float = 6, dtype: Any = np.float32
) -> Space:
    return Space(
        shape=shape,
        low=np.full(shape, low),
        high=np.full(shape, high),
        dtype=np.dtype(dtype),
    )
