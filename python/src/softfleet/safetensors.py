# SPDX-License-Identifier: Apache-2.0
"""A strict reader of the safetensors format: 8-byte little-endian header
length, JSON header, raw little-endian data
(https://github.com/huggingface/safetensors, "Format").

Strict means: a header longer than the file or than 100 MB, a tensor whose byte
count is not shape x dtype, offsets that overlap, leave gaps or leave the file,
unknown dtypes, names that come twice and bytes that are left over are errors
that name the tensor.
"""

import json
import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from softfleet.errors import InvalidPolicyError

Tensors = dict[str, npt.NDArray[Any]]

DTYPES: dict[str, np.dtype[Any]] = {
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
    "U8": np.dtype("u1"),
    "I32": np.dtype("<i4"),
    "I64": np.dtype("<i8"),
    "U32": np.dtype("<u4"),
    "U64": np.dtype("<u8"),
}

_LENGTH_BYTES = 8
# The limit of the reference implementation.
_MAX_HEADER_BYTES = 100_000_000
_METADATA = "__metadata__"


class _Entry(NamedTuple):
    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    end: int


def parse_safetensors(data: bytes, source: str) -> Tensors:
    """The tensors in `data`; `source` names them in errors (a path)."""
    try:
        return _parse(data)
    except InvalidPolicyError as error:
        raise InvalidPolicyError(f"{source}: {error}") from None


def _parse(data: bytes) -> Tensors:
    if len(data) < _LENGTH_BYTES:
        raise InvalidPolicyError(f"a file of {len(data)} bytes has no header")
    size = int.from_bytes(data[:_LENGTH_BYTES], "little")
    follow = len(data) - _LENGTH_BYTES
    if size > min(follow, _MAX_HEADER_BYTES):
        raise InvalidPolicyError(
            f"the header says it has {size} bytes, {follow} follow and "
            f"{_MAX_HEADER_BYTES} are allowed"
        )
    header = _parse_header(data[_LENGTH_BYTES : _LENGTH_BYTES + size])
    content = memoryview(data)[_LENGTH_BYTES + size :]
    entries = [
        _parse_entry(name, value, len(content))
        for name, value in header.items()
        if name != _METADATA
    ]
    _check_coverage(entries, len(content))
    return {
        entry.name: np.frombuffer(
            content[entry.begin : entry.end], entry.dtype
        ).reshape(entry.shape)
        for entry in entries
    }


def _parse_header(text: bytes) -> dict[str, Any]:
    if not text.startswith(b"{"):
        raise InvalidPolicyError("the header does not begin with {")
    try:
        header: dict[str, Any] = json.loads(
            text.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError) as error:
        if isinstance(error, InvalidPolicyError):
            raise
        raise InvalidPolicyError(f"the header is not JSON: {error}") from None
    metadata = header.get(_METADATA, {})
    if not isinstance(metadata, dict) or not all(
        isinstance(value, str) for value in metadata.values()
    ):
        raise InvalidPolicyError(f"{_METADATA} is not an object of strings")
    return header


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    names = [name for name, _ in pairs]
    twice = next(name for name in names if names.count(name) > 1)
    raise InvalidPolicyError(f'the header names "{twice}" twice')


def _refuse_constant(name: str) -> Any:
    raise InvalidPolicyError(f"the header is not JSON: {name}")


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _parse_entry(name: str, value: Any, data_size: int) -> _Entry:
    def fail(what: str) -> InvalidPolicyError:
        return InvalidPolicyError(f'tensor "{name}": {what}')

    keys = {"dtype", "shape", "data_offsets"}
    if not isinstance(value, dict) or value.keys() != keys:
        raise fail(
            "its entry is not an object of dtype, shape and data_offsets"
        )
    kind, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(kind, str) or kind not in DTYPES:
        raise fail(f"unknown dtype {kind!r}")
    if not isinstance(shape, list) or not all(map(_is_size, shape)):
        raise fail(f"shape {shape} is not an array of sizes")
    if (
        not isinstance(offsets, list)
        or len(offsets) != 2
        or not all(map(_is_size, offsets))
        or not offsets[0] <= offsets[1] <= data_size
    ):
        raise fail(
            f"data_offsets {offsets} are not within the {data_size} bytes of "
            "data"
        )
    wanted = math.prod(shape) * DTYPES[kind].itemsize
    if wanted != offsets[1] - offsets[0]:
        raise fail(
            f"{kind} {shape} takes {wanted} bytes, data_offsets hold "
            f"{offsets[1] - offsets[0]}"
        )
    return _Entry(name, DTYPES[kind], tuple(shape), offsets[0], offsets[1])


def _check_coverage(entries: list[_Entry], data_size: int) -> None:
    """The entries cover the data exactly once."""
    covered = 0
    for entry in sorted(entries, key=lambda entry: (entry.begin, entry.end)):
        if entry.begin != covered:
            raise InvalidPolicyError(
                f'tensor "{entry.name}" begins at byte {entry.begin}, the '
                f"tensor before it ends at {covered}"
            )
        covered = entry.end
    if covered != data_size:
        raise InvalidPolicyError(
            f"{data_size - covered} bytes follow the last tensor"
        )
