# SPDX-License-Identifier: Apache-2.0
"""Snapshots with known or random weights, and bundles on disk, for tests."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from softfleet import Head, Layer, ObservationGroup, Schema, Snapshot
from softfleet.safetensors import DTYPES, Tensors

NAMES = {dtype: name for name, dtype in DTYPES.items()}


def schema(
    *shape: int, dimension: int = 0, num_actions: int = 0, stack: int = 1
) -> Schema:
    """One float group "state" of that shape."""
    group = ObservationGroup("state", "F32", shape)
    return Schema((group,), dimension, num_actions, stack)


def snapshot(
    of: Schema, outputs: list[float] | None = None, **fields: Any
) -> Snapshot:
    """One hidden layer of 8 with random weights; or, with `outputs`, a
    network that always gives these."""
    rng = np.random.default_rng(1)
    inputs = of.frame_stack * of.observation_elements
    wanted = 2 * of.action_dimension or of.num_actions
    layers: tuple[Layer, ...]
    if outputs is None:
        layers = (
            Layer("linear", "actor/l0"),
            Layer("relu", ""),
            Layer("linear", "actor/out"),
        )
        tensors = {
            "actor/l0.weight": rng.normal(size=(8, inputs)),
            "actor/l0.bias": rng.normal(size=8),
            "actor/out.weight": rng.normal(size=(wanted, 8)),
            "actor/out.bias": rng.normal(size=wanted),
        }
    else:
        layers = (Layer("linear", "actor/out"),)
        tensors = {
            "actor/out.weight": np.zeros((wanted, inputs)),
            "actor/out.bias": np.asarray(outputs),
        }
    kind = "squashed_gaussian" if of.continuous else "categorical"
    values: dict[str, Any] = {
        "run_id": "run-1",
        "version": (7 << 32) + 5,
        "step": 12345,
        "updates": 12000,
        "environment": "Pendulum-v1",
        "schema": of,
        "action_low": (-1.0,) * of.action_dimension,
        "action_high": (1.0,) * of.action_dimension,
        "layers": layers,
        "head": Head(kind, "clamp", -20.0, 2.0),
        "normaliser": None,
        "reward_scale": 0.1,
        "alpha": 0.018,
        "target_entropy": -1.0,
        "entropy_offset": 0.0,
        "tensors": {
            name: value.astype("<f4") for name, value in tensors.items()
        },
    }
    return Snapshot(**{**values, **fields})


def safetensors_bytes(
    tensors: Tensors, metadata: dict[str, str] | None = None
) -> bytes:
    """A file as the format describes it, made without the package."""
    header: dict[str, Any] = {}
    if metadata is not None:
        header["__metadata__"] = metadata
    data = b""
    for name, tensor in tensors.items():
        end = len(data) + tensor.nbytes
        header[name] = {
            "dtype": NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [len(data), end],
        }
        data += tensor.tobytes()
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def slow_crc32c(data: bytes) -> int:
    """Bit by bit, as the polynomial defines it."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


def manifest_of(of: Snapshot, data: bytes) -> dict[str, Any]:
    """As policy/bundle.h lists its keys."""
    action: dict[str, Any] = (
        {"kind": "continuous", "dimension": of.schema.action_dimension}
        if of.schema.continuous
        else {"kind": "discrete", "num_actions": of.schema.num_actions}
    )
    return {
        "format_version": 1,
        "software": "softfleet test",
        "run_id": of.run_id,
        "version": of.version,
        "step": of.step,
        "updates": of.updates,
        "environment": of.environment,
        "deployment_mode": "deterministic",
        "action_low": list(of.action_low),
        "action_high": list(of.action_high),
        "reward_scale": of.reward_scale,
        "alpha": of.alpha,
        "target_entropy": of.target_entropy,
        "entropy_offset": of.entropy_offset,
        "schema": {
            "observations": [
                {
                    "name": group.name,
                    "dtype": group.dtype,
                    "shape": list(group.shape),
                }
                for group in of.schema.observations
            ],
            "action": action,
            "frame_stack": of.schema.frame_stack,
        },
        "layers": [
            {"kind": layer.kind, "tensors": layer.tensors}
            for layer in of.layers
        ],
        "head": vars(of.head),
        "normaliser": None,
        "parameters": {"size": len(data), "crc32c": slow_crc32c(data)},
    }


def write_bundle(folder: Path, of: Snapshot) -> None:
    data = safetensors_bytes(of.tensors)
    folder.mkdir(exist_ok=True)
    (folder / "policy.safetensors").write_bytes(data)
    (folder / "manifest.json").write_text(json.dumps(manifest_of(of, data)))


# Acts between bounds that are not symmetric.
POLICY = snapshot(
    schema(2, dimension=1),
    [0.1, -1.0],
    action_low=(-2.0,),
    action_high=(6.0,),
)
