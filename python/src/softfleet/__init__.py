# SPDX-License-Identifier: Apache-2.0
"""Softfleet in Python: read a trained policy (Policy), or act in a run
(Actor)."""

from softfleet.actor import Actor, Environment
from softfleet.channel import Tls
from softfleet.errors import (
    InvalidPolicyError,
    InvalidStepError,
    RefusedError,
    RunEndedError,
    RunFailedError,
    SoftfleetError,
)
from softfleet.insert_buffer import Counts
from softfleet.observations import FrameStack, Observation
from softfleet.policy import Policy
from softfleet.schema import ObservationGroup, Schema
from softfleet.snapshot import Head, Layer, Normaliser, Snapshot

__all__ = [
    "Actor",
    "Counts",
    "Environment",
    "FrameStack",
    "Head",
    "InvalidPolicyError",
    "InvalidStepError",
    "Layer",
    "Normaliser",
    "Observation",
    "ObservationGroup",
    "Policy",
    "RefusedError",
    "RunEndedError",
    "RunFailedError",
    "Schema",
    "Snapshot",
    "SoftfleetError",
    "Tls",
]
