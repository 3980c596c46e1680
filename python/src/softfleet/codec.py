# SPDX-License-Identifier: Apache-2.0
"""Between the wire's messages and the package's values. Decoding checks sizes
and names before it believes them: InvalidPolicyError names the field."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from softfleet.checksum import crc32c
from softfleet.errors import InvalidPolicyError, SoftfleetError
from softfleet.safetensors import DTYPES, Tensors
from softfleet.schema import ObservationGroup, Schema
from softfleet.snapshot import Head, Layer, Normaliser, Snapshot
from softfleet.wire import experience, learner

# Far above any use, as in transport/codec.
_MAX_NAME_BYTES = 256
_MAX_DIMENSIONS = 16
_MAX_GROUPS = 256
_MAX_SNAPSHOT_BYTES = 1 << 30


class DamagedError(SoftfleetError):
    """Bytes that are not what was sent: worth another try."""


class ParameterAnswer(NamedTuple):
    """What one call of GetParameters brought."""

    snapshot: bytes | None  # None: nothing new
    phase: int  # replay.RunPhase
    updates: int  # of the learner


def assemble(chunks: Iterable[learner.ParameterChunk]) -> ParameterAnswer:
    """Puts the chunks of one answer together and believes nothing that its
    length and CRC-32C do not confirm: DamagedError."""
    pieces: list[bytes] = []
    size = 0
    last: learner.ParameterChunk | None = None
    for chunk in chunks:
        if last is not None or (chunk.unchanged and pieces):
            raise DamagedError("chunks follow the end of an answer")
        pieces.append(chunk.data)
        size += len(chunk.data)
        if size > _MAX_SNAPSHOT_BYTES:
            raise DamagedError(
                f"a snapshot of more than {_MAX_SNAPSHOT_BYTES} bytes"
            )
        if chunk.unchanged or chunk.last:
            last = chunk
    if last is None:
        raise DamagedError(f"a snapshot that ends after {size} bytes")
    if last.unchanged:
        return ParameterAnswer(None, last.phase, last.updates)
    data = b"".join(pieces)
    if last.total_bytes != size:
        raise DamagedError(
            f"a snapshot of {size} bytes instead of {last.total_bytes}"
        )
    if (found := crc32c(data)) != last.crc32c:
        raise DamagedError(
            f"a snapshot of {size} bytes with CRC-32C {found:08x} instead of "
            f"{last.crc32c:08x}"
        )
    return ParameterAnswer(data, last.phase, last.updates)


def encode_schema(schema: Schema) -> experience.Schema:
    return experience.Schema(
        observations=[
            experience.ObservationGroup(
                name=group.name, dtype=group.dtype, shape=group.shape
            )
            for group in schema.observations
        ],
        action_dimension=schema.action_dimension,
        num_actions=schema.num_actions,
        frame_stack=schema.frame_stack,
    )


def decode_schema(message: experience.Schema) -> Schema:
    if len(message.observations) > _MAX_GROUPS:
        raise InvalidPolicyError(
            f"schema has {len(message.observations)} observation groups, more "
            f"than {_MAX_GROUPS}"
        )
    return Schema(
        tuple(
            ObservationGroup(
                _name("observation group name", group.name),
                group.dtype,
                _shape(group.shape),
            )
            for group in message.observations
        ),
        message.action_dimension,
        message.num_actions,
        message.frame_stack or 1,
    )


def decode_snapshot(data: bytes) -> Snapshot:
    """DamagedError when the bytes are no Snapshot."""
    try:
        message = learner.Snapshot.FromString(data)
    except Exception as error:  # protobuf's DecodeError, of any version
        raise DamagedError(
            f"these {len(data)} bytes are no snapshot: {error}"
        ) from None
    head = message.head
    return Snapshot(
        run_id=_name("run_id", message.run_id),
        version=message.version,
        step=message.step,
        updates=message.updates,
        environment=_name("environment", message.environment),
        schema=decode_schema(message.schema),
        action_low=tuple(message.bounds_low),
        action_high=tuple(message.bounds_high),
        layers=tuple(
            Layer(
                _name("layer kind", layer.kind),
                _name("layer tensors", layer.tensors),
            )
            for layer in message.layers
        ),
        head=Head(
            _name("head kind", head.kind),
            _name("head log_std_mode", head.log_std_mode),
            head.log_std_min,
            head.log_std_max,
        ),
        normaliser=_decode_normaliser(message),
        reward_scale=message.reward_scale,
        alpha=message.alpha,
        target_entropy=message.target_entropy,
        entropy_offset=message.entropy_offset,
        tensors=_decode_tensors(message.tensors),
        act_uniformly=message.act_uniformly,
    )


def _decode_normaliser(message: learner.Snapshot) -> Normaliser | None:
    if not message.HasField("normaliser"):
        return None
    normaliser = message.normaliser
    return Normaliser(
        normaliser.count, tuple(normaliser.mean), tuple(normaliser.variance)
    )


def _decode_tensors(messages: Iterable[learner.NamedTensor]) -> Tensors:
    tensors: Tensors = {}
    for message in messages:
        where = f'tensor "{_name("tensor name", message.name)}"'
        if message.name in tensors:
            raise InvalidPolicyError(f"{where} appears twice")
        if message.dtype not in DTYPES:
            raise InvalidPolicyError(
                f"{where}: unknown dtype {message.dtype!r}"
            )
        dtype, shape = DTYPES[message.dtype], _shape(message.shape)
        wanted = math.prod(shape) * dtype.itemsize
        if min(shape, default=0) < 0 or len(message.data) != wanted:
            raise InvalidPolicyError(
                f"{where}: data has {len(message.data)} bytes, "
                f"{message.dtype}{list(shape)} has {wanted}"
            )
        tensors[message.name] = np.frombuffer(message.data, dtype).reshape(
            shape
        )
    return tensors


def _name(field: str, name: str) -> str:
    """Names from outside stand in messages for people."""
    if (size := len(name.encode())) > _MAX_NAME_BYTES:
        raise InvalidPolicyError(
            f"{field} has {size} bytes, more than {_MAX_NAME_BYTES}"
        )
    return name


def _shape(sizes: Sequence[int]) -> tuple[int, ...]:
    if len(sizes) > _MAX_DIMENSIONS:
        raise InvalidPolicyError(
            f"shape has {len(sizes)} dimensions, more than {_MAX_DIMENSIONS}"
        )
    return tuple(sizes)
