# SPDX-License-Identifier: Apache-2.0
"""What the network's outputs mean: turns one row of them per state into
actions. Randomness comes in as noise, so that a head can be compared with
another implementation."""

import math
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from softfleet.errors import InvalidPolicyError
from softfleet.network import Matrix
from softfleet.schema import Schema
from softfleet.snapshot import Head

Numbers = npt.NDArray[Any]


class ActionHead(Protocol):
    """One per kind of head."""

    inputs: int  # numbers per row that the network must give

    def draw_noise(self, rng: np.random.Generator, n: int) -> Numbers: ...

    def act(self, outputs: Matrix, noise: Numbers | None) -> Numbers:
        """[n, inputs] -> actions in policy space, [n, dimension] float32, or
        indices, [n]. Without noise: tanh(mean), or the most probable index
        (the lowest one on ties)."""

    def distribution(self, outputs: Matrix) -> Numbers:
        """Mean and log_std [n, 2 dimension], or log-probabilities
        [n, num_actions]."""


class SquashedGaussian:
    """a = tanh(u), u = mean + exp(log_std) noise (Haarnoja et al. 2018b,
    appendix C). A row of outputs is mean, then log_std."""

    def __init__(self, head: Head, dimension: int):
        self.inputs = 2 * dimension
        self._dimension = dimension
        if head.log_std_mode not in ("clamp", "bounded"):
            raise InvalidPolicyError(
                f'log_std_mode "{head.log_std_mode}" is neither clamp nor '
                "bounded"
            )
        self._bounded = head.log_std_mode == "bounded"
        low, high = head.log_std_min, head.log_std_max
        if not (math.isfinite(low) and math.isfinite(high) and low <= high):
            raise InvalidPolicyError(
                f"log_std_min {low} and log_std_max {high} are not an interval"
            )
        self._low, self._high = low, high

    def draw_noise(self, rng: np.random.Generator, n: int) -> Numbers:
        return rng.standard_normal((n, self._dimension))

    def act(self, outputs: Matrix, noise: Numbers | None) -> Numbers:
        mean, log_std = self._parameters(outputs)
        if noise is not None:
            mean = mean + np.exp(log_std) * noise
        actions: Numbers = np.tanh(mean).astype(np.float32)
        return actions

    def distribution(self, outputs: Matrix) -> Numbers:
        return np.concatenate(self._parameters(outputs), axis=1)

    def _parameters(self, outputs: Matrix) -> tuple[Numbers, Numbers]:
        values = outputs.astype(np.float64)
        mean, raw = values[:, : self._dimension], values[:, self._dimension :]
        low, high = self._low, self._high
        if self._bounded:
            return mean, low + (high - low) * (np.tanh(raw) + 1) / 2
        return mean, np.clip(raw, low, high)


class Categorical:
    """A row of outputs is one logit per action."""

    def __init__(self, num_actions: int):
        self.inputs = num_actions

    def draw_noise(self, rng: np.random.Generator, n: int) -> Numbers:
        return rng.random(n)

    def act(self, outputs: Matrix, noise: Numbers | None) -> Numbers:
        if noise is None:
            best: Numbers = outputs.argmax(axis=1)
            return best
        probabilities = np.exp(self.distribution(outputs))
        above = probabilities.cumsum(axis=1) > noise[:, None]
        # Rounding may leave the sum below the noise: then the last action that
        # can happen.
        last = self.inputs - 1 - (probabilities > 0)[:, ::-1].argmax(axis=1)
        chosen: Numbers = np.where(
            above.any(axis=1), above.argmax(axis=1), last
        )
        return chosen

    def distribution(self, outputs: Matrix) -> Numbers:
        logits = outputs.astype(np.float64)
        logits -= logits.max(axis=1, keepdims=True)
        result: Numbers = logits - np.log(
            np.exp(logits).sum(axis=1, keepdims=True)
        )
        return result


def make_head(head: Head, schema: Schema) -> ActionHead:
    """InvalidPolicyError names an unknown head or log_std_mode, one that does
    not fit the schema's actions, or wrong log_std limits."""
    kinds = {"squashed_gaussian": True, "categorical": False}
    if head.kind not in kinds:
        raise InvalidPolicyError(
            f"unknown head {head.kind} (squashed_gaussian and categorical are "
            "known)"
        )
    if kinds[head.kind] != schema.continuous:
        needs = "continuous" if kinds[head.kind] else "discrete"
        raise InvalidPolicyError(f"head {head.kind} needs {needs} actions")
    if schema.continuous:
        return SquashedGaussian(head, schema.action_dimension)
    return Categorical(schema.num_actions)
