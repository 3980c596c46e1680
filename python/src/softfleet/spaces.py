# SPDX-License-Identifier: Apache-2.0
"""Whether a Gymnasium environment fits the run's schema, and how its action
space takes an action. By duck typing: Gymnasium need not be installed, and an
environment without spaces is only checked by what it returns."""

import logging
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from softfleet.errors import RefusedError
from softfleet.policy import Policy
from softfleet.schema import ObservationGroup, Schema

_log = logging.getLogger("softfleet")


def check_observation_space(schema: Schema, space: Any) -> None:
    """RefusedError unless observations of `space` (a Box, or a Dict of them)
    fit the schema. None fits."""
    if space is None:
        return
    groups = schema.observations
    parts = getattr(space, "spaces", None)
    if not isinstance(parts, dict):
        parts = {groups[0].name: space} if len(groups) == 1 else {}
    names = {group.name for group in groups}
    if parts.keys() != names or not all(
        _fits(group, parts[group.name]) for group in groups
    ):
        raise RefusedError(
            f"the run's rows are {schema.describe()}, but the environment's "
            f"observation space is {space}: give the actor the environment "
            "that the learner's configuration names, or configure that one"
        )


def _fits(group: ObservationGroup, space: Any) -> bool:
    shape = getattr(space, "shape", None)
    is_bytes = getattr(space, "dtype", None) == np.uint8
    return shape == group.shape and is_bytes == (group.dtype == "U8")


def action_adapter(
    policy: Policy, space: Any
) -> Callable[[npt.NDArray[Any]], Any]:
    """From actions of Policy.to_environment to what the environment's step
    takes. RefusedError unless `space` (a Box or a Discrete) fits the
    schema."""
    schema = policy.schema
    if not schema.continuous:
        actions = getattr(space, "n", schema.num_actions)
        if actions != schema.num_actions:
            raise _wrong_action(schema, space)
        start = int(getattr(space, "start", 0))
        return lambda action: int(action) + start
    shape = getattr(space, "shape", (schema.action_dimension,))
    whole = np.issubdtype(getattr(space, "dtype", np.float32), np.integer)
    if whole or math.prod(shape) != schema.action_dimension:
        raise _wrong_action(schema, space)
    _warn_of_other_bounds(policy, space)
    return lambda action: action.reshape(shape)


def _wrong_action(schema: Schema, space: Any) -> RefusedError:
    return RefusedError(
        f"the run's rows are {schema.describe()}, but the environment's action "
        f"space is {space}"
    )


def _warn_of_other_bounds(policy: Policy, space: Any) -> None:
    """A narrower configuration is possible; so is a mistake."""
    for name, ours in (
        ("low", policy.snapshot.action_low),
        ("high", policy.snapshot.action_high),
    ):
        theirs = getattr(space, name, None)
        if theirs is None or np.allclose(np.ravel(theirs), ours):
            continue
        _log.warning(
            "the environment's action space has %s %s, the run scales actions "
            "onto %s %s (environment.action_%s)",
            name,
            np.ravel(theirs),
            name,
            list(ours),
            name,
        )
