# SPDX-License-Identifier: Apache-2.0
"""Observations as an environment gives them (an array, or one per group by
name), as rows keep them (raw, per group), and as a network reads them (float,
groups concatenated, frames oldest first)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from softfleet.errors import InvalidStepError
from softfleet.schema import ObservationGroup, Schema

# One array where the schema has one group; otherwise one per group, by name.
Observation = npt.ArrayLike | Mapping[str, npt.ArrayLike]
Groups = list[npt.NDArray[Any]]  # in the schema's order


def split_groups(schema: Schema, observation: Observation) -> Groups:
    """The groups of `observation` in their own dtypes, whatever dimensions
    stand before the groups' shapes. InvalidStepError names the group that is
    missing, too much, or not of its dtype."""
    groups = schema.observations
    if not isinstance(observation, Mapping):
        if len(groups) > 1:
            raise InvalidStepError(
                "observation is one array, but the run's observations have "
                f"the groups {', '.join(group.name for group in groups)}: "
                "give a dict"
            )
        return [_as_group(groups[0], observation)]
    for name in observation:
        if all(group.name != name for group in groups):
            raise InvalidStepError(
                f"observation has the group {name!r}, which the run's schema "
                f"({schema.describe()}) has not"
            )
    for group in groups:
        if group.name not in observation:
            raise InvalidStepError(
                f"observation has no group {group.name!r}, which the run's "
                f"schema ({schema.describe()}) has"
            )
    return [_as_group(group, observation[group.name]) for group in groups]


def _as_group(
    group: ObservationGroup, value: npt.ArrayLike
) -> npt.NDArray[Any]:
    array = np.asarray(value)
    if group.dtype == "U8" and array.dtype != np.uint8:
        raise InvalidStepError(
            f"observations.{group.name} has dtype {array.dtype}, needs uint8"
        )
    if array.dtype.kind not in "fiub":
        raise InvalidStepError(
            f"observations.{group.name} has dtype {array.dtype}, needs numbers"
        )
    with np.errstate(over="ignore"):  # infinity is found by who checks values
        return array.astype(group.numpy_dtype, copy=False)


def check_shapes(
    schema: Schema, groups: Groups, leading: Sequence[int] = ()
) -> None:
    """InvalidStepError unless every group's array is `leading` x its shape."""
    for group, array in zip(schema.observations, groups, strict=True):
        wanted = (*leading, *group.shape)
        if array.shape != wanted:
            raise InvalidStepError(
                f"observations.{group.name} has shape {list(array.shape)}, "
                f"needs {list(wanted)}"
            )


class FrameStack:
    """One environment's newest observations, as Policy.act takes them where
    the policy's schema has a frame_stack above 1 (and where it has not)."""

    def __init__(self, schema: Schema):
        self._schema = schema
        self._frames = [
            np.zeros((schema.frame_stack, *group.shape), group.numpy_dtype)
            for group in schema.observations
        ]

    def begin(self, observation: Observation) -> None:
        """An episode starts: every frame is its first observation."""
        for frames, newest in zip(
            self._frames, self._checked(observation), strict=True
        ):
            frames[:] = newest

    def push(self, observation: Observation) -> None:
        """The oldest frame goes, `observation` becomes the newest."""
        for frames, newest in zip(
            self._frames, self._checked(observation), strict=True
        ):
            frames[:-1] = frames[1:]
            frames[-1] = newest

    @property
    def observation(self) -> dict[str, npt.NDArray[Any]]:
        """Every group, with its frames in front if there is more than one."""
        one = self._schema.frame_stack == 1
        return {
            group.name: frames[0] if one else frames
            for group, frames in zip(
                self._schema.observations, self._frames, strict=True
            )
        }

    def _checked(self, observation: Observation) -> Groups:
        groups = split_groups(self._schema, observation)
        check_shapes(self._schema, groups)
        return groups


def network_inputs(
    schema: Schema, observation: Observation
) -> tuple[npt.NDArray[np.float32], bool]:
    """[n, frame_stack x observation elements], uint8 scaled by 1/255, and
    whether `observation` was a batch (and not one observation, n = 1).
    InvalidStepError for wrong shapes and what is not finite."""
    groups = split_groups(schema, observation)
    frames = (schema.frame_stack,) if schema.frame_stack > 1 else ()
    dimensions = len(frames) + len(schema.observations[0].shape)
    batched = groups[0].ndim == dimensions + 1
    leading = (groups[0].shape[0], *frames) if batched else frames
    check_shapes(schema, groups, leading)
    n = groups[0].shape[0] if batched else 1
    parts = [
        _as_floats(group, array).reshape(n, schema.frame_stack, group.elements)
        for group, array in zip(schema.observations, groups, strict=True)
    ]
    inputs = np.concatenate(parts, axis=2).reshape(n, -1)
    if not np.isfinite(inputs).all():
        row, column = np.argwhere(~np.isfinite(inputs))[0]
        raise InvalidStepError(
            f"observations row {row}, column {column} is "
            f"{inputs[row, column]}, not finite"
        )
    return inputs, batched


def _as_floats(
    group: ObservationGroup, array: npt.NDArray[Any]
) -> npt.NDArray[np.float32]:
    if group.dtype == "U8":
        return array.astype(np.float32) / np.float32(255)
    return array
