# SPDX-License-Identifier: Apache-2.0
"""Acting: turns a snapshot into actions, with numpy alone. Interprets exactly
the snapshot's layer list, as the C++ room `policy` does."""

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from softfleet.bundle import read_bundle
from softfleet.errors import InvalidPolicyError
from softfleet.heads import make_head
from softfleet.network import Matrix, Network
from softfleet.observations import Observation, network_inputs
from softfleet.schema import Schema
from softfleet.snapshot import Normaliser, Snapshot

# As in policy/normaliser.cc: keeps an element that never changed from being
# divided by zero; and how far from the mean an element may stand.
_VARIANCE_EPSILON = 1e-8
_CLIP = 10.0


class Policy:
    """Of a bundle (`Policy.load(directory)`) or of a snapshot. Immutable but
    for its default random generator.

    Every tensor's presence, dtype and shape is checked against the layer list,
    the schema and the head; InvalidPolicyError names what does not fit.
    """

    def __init__(self, snapshot: Snapshot, deterministic: bool = False):
        """`deterministic` is what `act` does unless it is told."""
        schema = snapshot.schema
        elements = schema.observation_elements
        self.snapshot = snapshot
        self.deterministic = deterministic
        self._head = make_head(snapshot.head, schema)
        self._network = Network(
            snapshot.layers, snapshot.tensors, schema.frame_stack * elements
        )
        if self._network.outputs != self._head.inputs:
            raise InvalidPolicyError(
                f"layer {len(snapshot.layers) - 1} (linear "
                f"{snapshot.layers[-1].tensors}) has {self._network.outputs} "
                f"outputs, head {snapshot.head.kind} needs {self._head.inputs}"
            )
        self._low, self._half_range = _check_bounds(snapshot)
        self._mean, self._scale = _check_normaliser(
            snapshot.normaliser, elements, schema.frame_stack
        )
        self._rng = np.random.default_rng()

    @classmethod
    def load(cls, directory: str | os.PathLike[str]) -> "Policy":
        """Reads a run's `policy/` folder: policy.safetensors and
        manifest.json, whose deployment_mode becomes `deterministic`."""
        bundle = read_bundle(directory)
        try:
            return cls(bundle.snapshot, bundle.deterministic)
        except InvalidPolicyError as error:
            raise InvalidPolicyError(f"{bundle.manifest}: {error}") from None

    @property
    def schema(self) -> Schema:
        return self.snapshot.schema

    def act(
        self,
        observation: Observation,
        deterministic: bool | None = None,
        rng: np.random.Generator | None = None,
    ) -> npt.NDArray[Any]:
        """The action in policy space: float32 [dimension] in [-1, 1], or an
        index (an integer array without dimensions).

        `observation`: an array of the group's shape, or a dict of them by
        name; raw, as the environment gives it. Where the schema has a
        frame_stack above 1, the frames are the first dimension, oldest first
        (FrameStack makes that). A batch has one more dimension in front, here
        and in the result.

        deterministic: tanh(mean) / the most probable index; otherwise a sample,
        drawn from `rng` (default: a generator of the policy's own).
        InvalidStepError: an observation that does not fit or is not finite.
        """
        outputs, batched = self._outputs(observation)
        noise = None
        if not (self.deterministic if deterministic is None else deterministic):
            noise = self._head.draw_noise(rng or self._rng, len(outputs))
        actions = self._head.act(outputs, noise)
        return actions if batched else np.asarray(actions[0])

    def distribution(self, observation: Observation) -> npt.NDArray[np.float64]:
        """The head's numbers at `observation` (one or a batch, as in `act`):
        mean and log_std within its limits [2 dimension], or log-probabilities
        [num_actions]."""
        outputs, batched = self._outputs(observation)
        numbers = self._head.distribution(outputs)
        return numbers if batched else numbers[0]

    def to_environment(self, action: npt.ArrayLike) -> npt.NDArray[Any]:
        """An action of `act` in the environment's units, float32; an index is
        left as it is."""
        if not self.schema.continuous:
            return np.asarray(action)
        up = np.asarray(action, np.float64) + 1
        return np.asarray(self._low + up * self._half_range, np.float32)

    def from_environment(self, action: npt.ArrayLike) -> npt.NDArray[Any]:
        """The inverse of `to_environment`; what lies beyond the bounds counts
        as the bound."""
        if not self.schema.continuous:
            return np.asarray(action)
        up = (np.asarray(action, np.float64) - self._low) / self._half_range
        return np.asarray(np.clip(up - 1, -1, 1), np.float32)

    def _outputs(self, observation: Observation) -> tuple[Matrix, bool]:
        inputs, batched = network_inputs(self.schema, observation)
        if self.snapshot.normaliser is not None:
            normalised = (inputs - self._mean) * self._scale
            inputs = normalised.clip(-_CLIP, _CLIP).astype(np.float32)
        outputs = self._network(inputs)
        if not np.isfinite(outputs).all():
            raise InvalidPolicyError(
                f"policy version {self.snapshot.version} gives an output that "
                "is not finite"
            )
        return outputs, batched


_Doubles = npt.NDArray[np.float64]


def _check_bounds(snapshot: Snapshot) -> tuple[_Doubles, _Doubles]:
    """Low bounds and half ranges, per dimension."""
    low = np.asarray(snapshot.action_low, np.float64)
    high = np.asarray(snapshot.action_high, np.float64)
    dimension = snapshot.schema.action_dimension
    if low.shape != (dimension,) or high.shape != (dimension,):
        raise InvalidPolicyError(
            f"action_low has {low.size} numbers and action_high {high.size}, "
            f"the action {dimension} dimensions"
        )
    for i in range(dimension):
        if not low[i] < high[i]:
            raise InvalidPolicyError(
                f"action_low[{i}] {low[i]} is not below action_high[{i}] "
                f"{high[i]}"
            )
    return low, (high - low) / 2


def _check_normaliser(
    normaliser: Normaliser | None, elements: int, frames: int
) -> tuple[_Doubles, _Doubles]:
    """Means and 1 / standard deviations of all frames' elements."""
    if normaliser is None:
        return np.zeros(0), np.zeros(0)
    if not (np.isfinite(normaliser.count) and normaliser.count >= 0):
        raise InvalidPolicyError(f"normaliser count is {normaliser.count}")
    mean = np.asarray(normaliser.mean, np.float64)
    variance = np.asarray(normaliser.variance, np.float64)
    for name, values, lowest in (
        ("mean", mean, -np.inf),
        ("variance", variance, 0),
    ):
        if values.shape != (elements,):
            raise InvalidPolicyError(
                f"normaliser {name} has {values.size} numbers, the schema "
                f"{elements} elements"
            )
        for i, value in enumerate(values):
            if not (np.isfinite(value) and value >= lowest):
                raise InvalidPolicyError(f"normaliser {name}[{i}] is {value}")
    scale = 1 / np.sqrt(variance + _VARIANCE_EPSILON)
    return np.tile(mean, frames), np.tile(scale, frames)
