# SPDX-License-Identifier: Apache-2.0
"""A policy as it travels from the learner to whoever acts: an interpreted
layer list, a head, tensors, and the few numbers an audit needs. Plain values;
Policy interprets them."""

from dataclasses import dataclass, field

from softfleet.safetensors import Tensors
from softfleet.schema import Schema


@dataclass(frozen=True)
class Layer:
    """One step of the network."""

    kind: str  # "linear", "relu" or "layer_norm"
    tensors: str  # prefix of the layer's tensors; empty for relu


@dataclass(frozen=True)
class Head:
    """What the last linear layer's outputs mean."""

    # "squashed_gaussian": rows of the mean, then of log_std. "categorical":
    # logits.
    kind: str
    # squashed_gaussian: "clamp" or "bounded" to [log_std_min, log_std_max].
    log_std_mode: str
    log_std_min: float
    log_std_max: float


@dataclass(frozen=True)
class Normaliser:
    """clip((x - mean) / sqrt(variance + 1e-8), +-10) for every element."""

    count: float  # rows seen
    mean: tuple[float, ...]  # [observation elements]
    variance: tuple[float, ...]  # [observation elements]


@dataclass(frozen=True)
class Snapshot:
    """A policy and where it stands in its run."""

    run_id: str
    version: int
    step: int  # environment steps received
    updates: int  # optimisation steps done
    environment: str
    schema: Schema
    # Bounds of the environment's actions, per dimension, in its units; policy
    # space [-1, 1] maps linearly onto them. Empty for discrete actions.
    action_low: tuple[float, ...]
    action_high: tuple[float, ...]
    layers: tuple[Layer, ...]
    head: Head
    normaliser: Normaliser | None
    reward_scale: float
    alpha: float
    target_entropy: float
    entropy_offset: float
    tensors: Tensors = field(repr=False)
    # Act uniformly at random instead of by the network (before training).
    act_uniformly: bool = False
