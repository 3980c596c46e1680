# SPDX-License-Identifier: Apache-2.0
"""Policy.load: bundles as a run writes them, and bundles that are damaged."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.support.policies import schema, snapshot, write_bundle

import softfleet

SNAPSHOT = snapshot(schema(3, dimension=2))
Json = dict[str, Any]


def load_after(folder: Path, edit: Callable[[Json], object]) -> str:
    """What loading says after `edit` of the manifest."""
    write_bundle(folder, SNAPSHOT)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    edit(manifest)
    path.write_text(json.dumps(manifest))
    with pytest.raises(softfleet.InvalidPolicyError) as error:
        softfleet.Policy.load(folder)
    assert str(path) in str(error.value)
    return str(error.value)


def test_everything_the_manifest_says_is_there(tmp_path: Path) -> None:
    write_bundle(tmp_path, SNAPSHOT)
    policy = softfleet.Policy.load(tmp_path)
    assert policy.deterministic
    found = policy.snapshot
    assert found.tensors.keys() == SNAPSHOT.tensors.keys()
    for name, tensor in SNAPSHOT.tensors.items():
        np.testing.assert_array_equal(found.tensors[name], tensor)
    assert replace(found, tensors={}) == replace(SNAPSHOT, tensors={})


def test_the_deployment_mode_is_what_act_does(tmp_path: Path) -> None:
    write_bundle(tmp_path, SNAPSHOT)
    path = tmp_path / "manifest.json"
    text = path.read_text()
    path.write_text(text.replace('"deterministic"', '"stochastic"'))
    policy = softfleet.Policy.load(tmp_path)
    actions = {policy.act(np.ones(3)).tobytes() for _ in range(10)}
    assert len(actions) == 10
    path.write_text(text)
    policy = softfleet.Policy.load(tmp_path)
    actions = {policy.act(np.ones(3)).tobytes() for _ in range(10)}
    assert len(actions) == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for name in ("manifest.json", "policy.safetensors"):
        write_bundle(tmp_path, SNAPSHOT)
        (tmp_path / name).unlink()
        with pytest.raises(FileNotFoundError, match=name):
            softfleet.Policy.load(tmp_path)


REQUIRED = [
    "format_version run_id version step updates environment deployment_mode",
    "action_low action_high reward_scale alpha target_entropy entropy_offset",
    "schema layers head normaliser parameters",
]


@pytest.mark.parametrize("key", " ".join(REQUIRED).split())
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    error = load_after(tmp_path, lambda manifest: manifest.pop(key))
    assert f"key {key} is missing" in error


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("format_version", 2, "key format_version is 2"),
        ("version", 1.5, "key version is of type float"),
        ("version", -1, "key version is -1"),
        ("step", True, "key step is of type bool"),
        ("run_id", 7, "key run_id is of type int"),
        ("alpha", "x", "key alpha is of type str"),
        ("alpha", 10**400, "key alpha is too large"),
        ("deployment_mode", "both", 'key deployment_mode is "both"'),
        ("action_low", [-1, None], "key action_low[1] is of type NoneType"),
        ("action_low", [-1], "action_low has 1 numbers"),
        ("action_high", [1, -1], "action_low[1] -1.0 is not below"),
        ("schema.frame_stack", 0, "frame_stack 0 is not in 1 to"),
        ("schema.observations", [], "no observation group"),
        ("schema.observations.0.name", "a b", 'name "a b"'),
        ("schema.observations.0.dtype", "F64", "F64 is neither"),
        ("schema.observations.0.shape", [0], "size below 1"),
        ("schema.action.kind", "both", "key schema.action.kind"),
        ("schema.action.dimension", 0, "key schema is no schema: action"),
        ("layers", {}, "key layers is of type dict"),
        ("layers", [], "the last of 0 layers is missing"),
        ("layers.1.kind", "gelu", "layer 1 (gelu): unknown layer"),
        ("layers.2.kind", "relu", "the last of 3 layers is relu"),
        ("layers.0.tensors", "a", "layer 0 (linear a): tensor a.weight is"),
        ("head.kind", "mixture", "unknown head mixture"),
        ("head.kind", "categorical", "categorical needs discrete actions"),
        ("head.log_std_mode", "wild", 'log_std_mode "wild"'),
        ("head.log_std_min", 3, "log_std_min 3.0 and log_std_max 2.0"),
        ("normaliser", {"count": 1, "mean": []}, "normaliser.variance is miss"),
        (
            "normaliser",
            {"count": 1, "mean": [0], "variance": [1]},
            "normaliser mean has 1 numbers, the schema 3",
        ),
        (
            "normaliser",
            {"count": 1, "mean": [0, 0, 0], "variance": [1, -1, 1]},
            "normaliser variance[1] is -1.0",
        ),
    ],
)
def test_a_wrong_value_is_named(
    tmp_path: Path, path: str, value: Any, message: str
) -> None:
    def edit(manifest: Any) -> None:
        *way, last = (int(p) if p.isdigit() else p for p in path.split("."))
        for part in way:
            manifest = manifest[part]
        manifest[last] = value

    assert message in load_after(tmp_path, edit)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"alpha": NaN}', "\xff"])
def test_a_manifest_that_is_no_json_object_is_refused(
    tmp_path: Path, text: str
) -> None:
    write_bundle(tmp_path, SNAPSHOT)
    (tmp_path / "manifest.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(softfleet.InvalidPolicyError, match="manifest.json: "):
        softfleet.Policy.load(tmp_path)


def test_damaged_tensors_are_noticed(tmp_path: Path) -> None:
    write_bundle(tmp_path, SNAPSHOT)
    path = tmp_path / "policy.safetensors"
    good = path.read_bytes()
    for data in (good[:-1], good[:-1] + bytes([good[-1] ^ 1]), good + b"x"):
        path.write_bytes(data)
        with pytest.raises(
            softfleet.InvalidPolicyError, match="its manifest says"
        ):
            softfleet.Policy.load(tmp_path)


def test_a_number_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    bias = SNAPSHOT.tensors["actor/l0.bias"].copy()
    bias[3] = np.nan
    tensors = {**SNAPSHOT.tensors, "actor/l0.bias": bias}
    write_bundle(tmp_path, snapshot(SNAPSHOT.schema, tensors=tensors))
    with pytest.raises(
        softfleet.InvalidPolicyError,
        match=r"layer 0 .* actor/l0.bias has a number that is not finite",
    ):
        softfleet.Policy.load(tmp_path)
