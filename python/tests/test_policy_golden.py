# SPDX-License-Identifier: Apache-2.0
"""Acting with the initial parameters of every recorded update case gives the
recorded distribution and actions. SOFTFLEET_GOLDEN_DIR names another set."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.support.policies import schema, snapshot

from softfleet import Head, Layer, Policy
from softfleet.safetensors import Tensors, parse_safetensors

TOLERANCE = 1e-5
ROOT = Path(__file__).parents[2]
# The cases that the data's README lists; others found beside them are compared
# too.
REQUIRED = {
    "sac_real",
    "sac_tiny",
    "sac_tiny_bounded",
    "sac_tiny_clamp",
    "sac_tiny_delay",
    "sac_tiny_discrete",
    "sac_tiny_fixed_alpha",
    "sac_tiny_layernorm",
    "sac_tiny_nstep",
    "sac_tiny_per",
    "sac_tiny_redq",
}


def golden_folder() -> Path:
    return Path(
        os.environ.get("SOFTFLEET_GOLDEN_DIR") or ROOT / "tests/data/golden"
    )


def load_cases() -> dict[str, tuple[dict[str, Any], Tensors]]:
    folder = golden_folder()
    names = REQUIRED | {path.stem for path in folder.glob("*.json")}
    cases = {}
    for name in sorted(names):
        meta = json.loads((folder / f"{name}.json").read_text())
        config = meta.get("config", {}) if isinstance(meta, dict) else {}
        if config.get("kind") not in ("gaussian", "discrete"):
            continue
        path = folder / f"{name}.safetensors"
        cases[name] = (config, parse_safetensors(path.read_bytes(), name))
    return cases


def recorded_actor(config: dict[str, Any], arrays: Tensors) -> Policy:
    discrete = config["kind"] == "discrete"
    layers: list[Layer] = []
    tensors: Tensors = {}

    def add(kind: str, name: str, *sources: str) -> None:
        layers.append(Layer(kind, name))
        for part in (".weight", ".bias"):
            rows = [arrays[f"init/param/actor/{s}{part}"] for s in sources]
            tensors[name + part] = np.concatenate(rows).astype("<f4")

    for i in range(len(config["hidden"])):
        add("linear", f"l{i}", f"l{i}")
        if f"init/param/actor/ln{i}.weight" in arrays:
            add("layer_norm", f"ln{i}", f"ln{i}")
        layers.append(Layer("relu", ""))
    if discrete:
        add("linear", "out", "logits")
        head = Head("categorical", "", 0.0, 0.0)
        of = schema(config["obs"], num_actions=config["act"])
    else:
        # The last layer has the rows of the mean, then those of log_std.
        add("linear", "out", "mean", "log_std")
        head = Head(
            "squashed_gaussian",
            config.get("log_std_mode", "clamp"),
            config["log_std_min"],
            config["log_std_max"],
        )
        of = schema(config["obs"], dimension=config["act"])
    return Policy(
        snapshot(of, head=head, layers=tuple(layers), tensors=tensors)
    )


class Recorded(np.random.Generator):
    def __init__(self, noise: np.ndarray[Any, Any]):
        super().__init__(np.random.PCG64())
        self._noise = noise

    def standard_normal(self, size: Any = None, *_: Any, **__: Any) -> Any:
        return self._noise.reshape(size)


def compare(
    config: dict[str, Any], arrays: Tensors, phase: str, prefix: str
) -> None:
    """What update 1 recorded at the batch's states ("pi") or next states
    ("next")."""
    policy = recorded_actor(config, arrays)
    observations = arrays[f"batch/{prefix}obs"][0]
    recorded = {
        name: arrays[f"after1/{phase}/{name}"]
        for name in ("mean", "log_std", "action", "log_pi")
        if f"after1/{phase}/{name}" in arrays
    }

    def close(found: Any, expected: Any) -> None:
        np.testing.assert_allclose(
            found, expected, rtol=TOLERANCE, atol=TOLERANCE
        )

    found = policy.distribution(observations)
    if config["kind"] == "discrete":
        close(found, recorded["log_pi"])
        chosen = policy.act(observations, deterministic=True)
        best = recorded["log_pi"].max(axis=1)
        close(recorded["log_pi"][np.arange(len(best)), chosen], best)
        return
    close(found[:, : config["act"]], recorded["mean"])
    close(found[:, config["act"] :], recorded["log_std"])
    rng = Recorded(arrays[f"batch/{prefix}noise"][0])
    close(policy.act(observations, False, rng), recorded["action"])


def test_this_package_acts_as_recorded_in_every_update_case() -> None:
    for name, (config, arrays) in load_cases().items():
        print(name)
        compare(config, arrays, "next", "next_")
        # A delayed actor does not look at the batch's states in update 1.
        if config.get("policy_delay", 1) == 1:
            compare(config, arrays, "pi", "")


def test_a_missing_file_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOFTFLEET_GOLDEN_DIR", str(tmp_path))
    with pytest.raises(FileNotFoundError):
        load_cases()
