# SPDX-License-Identifier: Apache-2.0
"""The policy bundle: a directory with policy.safetensors and manifest.json, as
a run writes it (policy/bundle.h lists the manifest's keys). Checked as the C++
reader does: sizes and checksum, every key's presence and type; unknown keys are
ignored."""

import dataclasses
import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from softfleet.checksum import crc32c
from softfleet.errors import InvalidPolicyError
from softfleet.safetensors import parse_safetensors
from softfleet.schema import ObservationGroup, Schema
from softfleet.snapshot import Head, Layer, Normaliser, Snapshot

_FORMAT_VERSION = 1
_MODES = ("deterministic", "stochastic")

_T = TypeVar("_T")


class Bundle(NamedTuple):
    snapshot: Snapshot
    deterministic: bool  # how the policy is meant to be deployed
    manifest: Path  # for messages


def read_bundle(directory: str | os.PathLike[str]) -> Bundle:
    """FileNotFoundError names a file that is not there, InvalidPolicyError the
    file that is damaged or the key that is missing or wrong."""
    path = Path(directory) / "manifest.json"
    tensors_path = Path(directory) / "policy.safetensors"
    text = path.read_bytes()
    data = tensors_path.read_bytes()
    try:
        root = _Field(_parse_json(text), "")
        if (version := root["format_version"].whole()) != _FORMAT_VERSION:
            raise InvalidPolicyError(
                f"key format_version is {version}, this program reads "
                f"{_FORMAT_VERSION}"
            )
        mode = root["deployment_mode"].choice(_MODES)
        digest = root["parameters"]
        expected = (digest["size"].whole(), digest["crc32c"].whole())
        snapshot = _read_snapshot(root)
    except InvalidPolicyError as error:
        raise InvalidPolicyError(f"{path}: {error}") from None
    found = (len(data), crc32c(data))
    if found != expected:
        raise InvalidPolicyError(
            f"{tensors_path} has {found[0]} bytes and checksum {found[1]}, its "
            f"manifest says {expected[0]} and {expected[1]}"
        )
    tensors = parse_safetensors(data, str(tensors_path))
    snapshot = dataclasses.replace(snapshot, tensors=tensors)
    return Bundle(snapshot, mode == "deterministic", path)


def _parse_json(text: bytes) -> Any:
    def refuse(name: str) -> Any:
        raise ValueError(f"{name} is no number of JSON")

    try:
        return json.loads(text.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise InvalidPolicyError(f"not JSON: {error}") from None


class _Field:
    """One value of the document with its path, for errors:
    "head.log_std_min"."""

    def __init__(self, value: Any, path: str):
        self._value = value
        self._path = path

    def error(self, what: str) -> InvalidPolicyError:
        return InvalidPolicyError(f"key {self._path} {what}")

    def __getitem__(self, key: str) -> "_Field":
        path = f"{self._path}.{key}" if self._path else key
        if not isinstance(self._value, dict):
            if not self._path:
                raise InvalidPolicyError("not a JSON object")
            raise self._wrong_type("an object")
        if key not in self._value:
            raise InvalidPolicyError(f"key {path} is missing")
        return _Field(self._value[key], path)

    def __iter__(self) -> Iterator["_Field"]:
        if not isinstance(self._value, list):
            raise self._wrong_type("an array")
        for i, value in enumerate(self._value):
            yield _Field(value, f"{self._path}[{i}]")

    def is_null(self) -> bool:
        return self._value is None

    def text(self) -> str:
        return self._of_type(str, "a string")

    def number(self) -> float:
        if type(self._value) not in (int, float):
            raise self._wrong_type("a number")
        try:
            value = float(self._value)
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            raise self.error("is too large for a number")
        return value

    def whole(self) -> int:
        value = self._of_type(int, "a whole number >= 0")
        if not 0 <= value < 2**64:
            raise self.error(f"is {value}, not a whole number of 64 bits")
        return value

    def numbers(self) -> tuple[float, ...]:
        return tuple(item.number() for item in self)

    def choice(self, choices: tuple[str, ...]) -> str:
        value = self.text()
        if value not in choices:
            raise self.error(f'is "{value}", needs {" or ".join(choices)}')
        return value

    def _of_type(self, kind: type[_T], wanted: str) -> _T:
        if type(self._value) is not kind:  # a bool is no int here
            raise self._wrong_type(wanted)
        return self._value

    def _wrong_type(self, wanted: str) -> InvalidPolicyError:
        kind = type(self._value).__name__
        return self.error(f"is of type {kind}, needs {wanted}")


def _read_schema(root: _Field) -> Schema:
    groups = tuple(
        ObservationGroup(
            group["name"].text(),
            group["dtype"].text(),
            tuple(size.whole() for size in group["shape"]),
        )
        for group in root["observations"]
    )
    action = root["action"]
    kind = action["kind"].choice(("continuous", "discrete"))
    dimension = action["dimension"].whole() if kind == "continuous" else 0
    num_actions = action["num_actions"].whole() if kind == "discrete" else 0
    frame_stack = root["frame_stack"].whole()
    try:
        return Schema(groups, dimension, num_actions, frame_stack)
    except InvalidPolicyError as error:
        raise root.error(f"is no schema: {error}") from None


def _read_head(root: _Field) -> Head:
    return Head(
        root["kind"].text(),
        root["log_std_mode"].text(),
        root["log_std_min"].number(),
        root["log_std_max"].number(),
    )


def _read_normaliser(root: _Field) -> Normaliser | None:
    if root.is_null():
        return None
    return Normaliser(
        root["count"].number(),
        root["mean"].numbers(),
        root["variance"].numbers(),
    )


def _read_snapshot(root: _Field) -> Snapshot:
    """Without tensors."""
    return Snapshot(
        run_id=root["run_id"].text(),
        version=root["version"].whole(),
        step=root["step"].whole(),
        updates=root["updates"].whole(),
        environment=root["environment"].text(),
        schema=_read_schema(root["schema"]),
        action_low=root["action_low"].numbers(),
        action_high=root["action_high"].numbers(),
        layers=tuple(
            Layer(layer["kind"].text(), layer["tensors"].text())
            for layer in root["layers"]
        ),
        head=_read_head(root["head"]),
        normaliser=_read_normaliser(root["normaliser"]),
        reward_scale=root["reward_scale"].number(),
        alpha=root["alpha"].number(),
        target_entropy=root["target_entropy"].number(),
        entropy_offset=root["entropy_offset"].number(),
        tensors={},
    )
