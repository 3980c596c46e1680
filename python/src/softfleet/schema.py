# SPDX-License-Identifier: Apache-2.0
"""What a row of experience looks like: named observation groups and one
action. A run's schema comes from its learner; everybody has to fit it."""

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from softfleet.errors import InvalidPolicyError
from softfleet.safetensors import DTYPES

# Elements of a group, and size of an action: far above any use.
_MAX_ELEMENTS = 1 << 28
_MAX_FRAME_STACK = 1024
_NAME = re.compile(r"[A-Za-z0-9_\-./]+", re.ASCII)


@dataclass(frozen=True)
class ObservationGroup:
    """One part of an observation, stored in its own column."""

    name: str
    dtype: str  # "F32" or "U8"
    shape: tuple[int, ...]  # of one unstacked observation

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        return DTYPES[self.dtype]


@dataclass(frozen=True)
class Schema:
    """Checked when it is made: InvalidPolicyError names what is wrong."""

    observations: tuple[ObservationGroup, ...]
    # Exactly one of the two is positive.
    action_dimension: int = 0  # continuous, policy space [-1, 1]
    num_actions: int = 0  # discrete
    # A policy sees the last `frame_stack` observations, oldest first.
    frame_stack: int = 1

    def __post_init__(self) -> None:
        if not self.observations:
            raise InvalidPolicyError("schema has no observation group")
        for group in self.observations:
            _check_group(group)
        names = [group.name for group in self.observations]
        for name in names:
            if names.count(name) > 1:
                raise InvalidPolicyError(
                    f'observation group "{name}" appears twice'
                )
        sizes = sorted((self.action_dimension, self.num_actions))
        if sizes[0] != 0 or not 1 <= sizes[1] <= _MAX_ELEMENTS:
            raise InvalidPolicyError(
                f"action: dimension {self.action_dimension} and num_actions "
                f"{self.num_actions} are neither a continuous action nor a "
                "discrete one"
            )
        if not 1 <= self.frame_stack <= _MAX_FRAME_STACK:
            raise InvalidPolicyError(
                f"frame_stack {self.frame_stack} is not in 1 to "
                f"{_MAX_FRAME_STACK}"
            )

    @property
    def continuous(self) -> bool:
        return self.action_dimension > 0

    @property
    def observation_elements(self) -> int:
        """Of all groups together, unstacked."""
        return sum(group.elements for group in self.observations)

    def describe(self) -> str:
        """The same text as the other programs' messages have:
        "state:F32[3] action:continuous[1] stack:1"."""
        groups = " ".join(
            f"{group.name}:{group.dtype}[{','.join(map(str, group.shape))}]"
            for group in self.observations
        )
        action = (
            f"continuous[{self.action_dimension}]"
            if self.continuous
            else f"discrete[{self.num_actions}]"
        )
        return f"{groups} action:{action} stack:{self.frame_stack}"


def _check_group(group: ObservationGroup) -> None:
    if not _NAME.fullmatch(group.name):
        raise InvalidPolicyError(
            f'observation group name "{group.name}" is not made of letters, '
            "digits and _ - . /"
        )
    where = f'observation group "{group.name}"'
    if group.dtype not in ("F32", "U8"):
        raise InvalidPolicyError(
            f"{where}: dtype {group.dtype} is neither F32 nor U8"
        )
    if any(size < 1 for size in group.shape):
        raise InvalidPolicyError(
            f"{where}: shape {list(group.shape)} has a size below 1"
        )
    if group.elements > _MAX_ELEMENTS:
        raise InvalidPolicyError(
            f"{where}: shape {list(group.shape)} has more than "
            f"{_MAX_ELEMENTS} elements"
        )
