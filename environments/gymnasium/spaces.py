# SPDX-License-Identifier: Apache-2.0
"""Gymnasium's spaces as observation groups and actions.

The first half of worker.py, which makes `gymnasium` and `np` known before it
uses this.
"""


class Refused(Exception):
    """What the person who configured this has to change."""


class Group:
    """One observation group: where its value is found, how it is written."""

    def __init__(self, name, path, dtype, shape, write):
        self.name, self.path, self.dtype, self.shape = name, path, dtype, shape
        self.write = write


def write_array(shape):
    def write(view, value):
        value = np.asarray(value)
        if value.shape != shape:
            raise ValueError(
                f"an observation has shape {value.shape}, its space has {shape}"
            )
        view[...] = value.reshape(view.shape)

    return write


def write_one_hot(counts, starts):
    """Behind each other, a 1 among `count` zeros for each of the numbers."""
    ends = np.cumsum(counts)

    def write(view, value):
        indices = np.asarray(value).reshape(-1) - starts
        if indices.shape != counts.shape or not np.all(
            (indices >= 0) & (indices < counts)
        ):
            raise ValueError(f"the observation {value} is not in its space")
        view[...] = 0
        view[ends - counts + indices] = 1

    return write


def groups_of(space, name="", path=()):
    kinds = gymnasium.spaces
    if isinstance(space, (kinds.Dict, kinds.Tuple)):
        members = space.items() if isinstance(space, kinds.Dict) else enumerate(space)
        return [
            group
            for key, member in members
            for group in groups_of(member, f"{name}/{key}".lstrip("/"), (*path, key))
        ]
    if isinstance(space, (kinds.Box, kinds.MultiBinary)):
        pixels = space.dtype == np.uint8
        return [
            Group(
                name or ("pixels" if pixels else "state"),
                path,
                "uint8" if pixels else "float32",
                list(space.shape) or [1],
                write_array(space.shape),
            )
        ]
    if isinstance(space, (kinds.Discrete, kinds.MultiDiscrete)):
        counts = space.nvec if isinstance(space, kinds.MultiDiscrete) else [space.n]
        counts = np.asarray(counts).reshape(-1)
        write = write_one_hot(counts, np.asarray(space.start).reshape(-1))
        return [Group(name or "state", path, "float32", [int(counts.sum())], write)]
    raise Refused(
        f"the observation space {space} is neither Box, Discrete, MultiBinary, "
        "MultiDiscrete nor a Dict or Tuple of these; wrap the environment in a "
        "gymnasium.ObservationWrapper, register that, and name its module"
    )


class Action:
    """The action space: what the specification says of it, how an action is
    taken out of shared memory."""

    def __init__(self, space):
        self.space = space
        self.continuous = isinstance(space, gymnasium.spaces.Box) and np.issubdtype(
            space.dtype, np.floating
        )
        if not self.continuous and not isinstance(space, gymnasium.spaces.Discrete):
            raise Refused(
                f"the action space {space} is neither a Box of floats nor "
                "Discrete: Softfleet acts with one vector or one index; wrap the "
                "environment in a gymnasium.ActionWrapper that has such a space, "
                "register that, and name its module"
            )

    def describe(self):
        if not self.continuous:
            return {"num_actions": int(self.space.n)}
        return {
            "low": [repr(float(x)) for x in self.space.low.reshape(-1)],
            "high": [repr(float(x)) for x in self.space.high.reshape(-1)],
        }

    def harmless(self):
        """Nothing, or as near to it as the bounds allow."""
        if not self.continuous:
            return int(self.space.start)
        zeros = np.zeros(self.space.shape, self.space.dtype)
        return np.clip(zeros, self.space.low, self.space.high)

    def take(self, view):
        if not self.continuous:
            return int(view[0]) + int(self.space.start)
        # A copy: environments keep actions.
        return view.reshape(self.space.shape).astype(self.space.dtype)
